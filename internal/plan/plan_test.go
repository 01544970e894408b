package plan_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/plan"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/web/webtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func urls(list ...string) []*fetcher.Request {
	var reqs []*fetcher.Request
	for _, u := range list {
		reqs = append(reqs, &fetcher.Request{URL: u})
	}
	return reqs
}

// many are n requests to a host, each to a path of its own.
func many(host string, n int) []*fetcher.Request {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("http://%s/%d", host, i+1))
	}
	return urls(list...)
}

func post(url, body string) *fetcher.Request {
	return &fetcher.Request{Method: "POST", URL: url, Length: int64(len(body)),
		Body: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }}
}

func rate(events float64, per time.Duration, burst int) fetcher.Rate {
	return fetcher.Rate{Events: events, Per: per, Burst: burst}
}

func made(o plan.Options, list ...*fetcher.Request) plan.Report {
	p := plan.New(o)
	for _, req := range list {
		p.Add(req)
	}
	return p.Finish()
}

func TestTime(t *testing.T) {
	fiveASecond := fetcher.Limit{Rates: []fetcher.Rate{rate(5, time.Second, 0)}}
	due := many("a", 2)
	due[1].Due = 2500 * time.Millisecond
	for _, tt := range []struct {
		name  string
		o     plan.Options
		list  []*fetcher.Request
		floor float64 // milliseconds
		bound string
		host  string
	}{
		{"nothing to do", plan.Options{Total: fiveASecond, Assume: time.Second}, nil, 0, "", ""},
		{"no rate", plan.Options{}, many("a", 100), 0, "", ""},
		{"a rate", plan.Options{Total: fiveASecond}, many("a", 51), 10_000, "rate", ""},
		{"a burst", plan.Options{Total: fetcher.Limit{Rates: []fetcher.Rate{rate(5, time.Second, 26)}}}, many("a", 51), 5_000, "rate", ""},
		{"two windows", plan.Options{Total: fetcher.Limit{Rates: []fetcher.Rate{rate(5, time.Second, 0), rate(60, time.Minute, 0)}}}, many("a", 51), 50_000, "rate", ""},
		{"one request", plan.Options{Total: fiveASecond}, many("a", 1), 0, "", ""},
		{"hosts by themselves", plan.Options{PerHost: fiveASecond}, append(many("a", 51), many("b:8080", 101)...), 20_000, "host_rate", "b:8080"},
		{"a host's own", plan.Options{PerHost: fiveASecond, Host: func(h string) (fetcher.Limit, bool) {
			return fetcher.Limit{Rates: []fetcher.Rate{rate(1, time.Second, 0)}}, h == "a:80"
		}}, append(many("a", 51), many("b", 101)...), 50_000, "host_rate", "a:80"},
		{"assumed", plan.Options{Assume: 500 * time.Millisecond}, many("a", 101), 5_500, "slots", ""},
		{"assumed, few", plan.Options{Assume: 500 * time.Millisecond}, many("a", 7), 500, "longest_request", ""},
		{"assumed, fewer slots", plan.Options{Assume: 500 * time.Millisecond, Slots: 50, Total: fetcher.Limit{InFlight: 2}}, many("a", 7), 2_000, "slots", ""},
		{"assumed, a host's slots", plan.Options{Assume: 500 * time.Millisecond, PerHost: fetcher.Limit{InFlight: 1}}, append(many("a", 7), many("b", 2)...), 3_500, "host_slots", "a:80"},
		{"assumed, a rate", plan.Options{Assume: 500 * time.Millisecond, Slots: 50, Total: fiveASecond}, many("a", 51), 10_500, "rate", ""},
		{"due", plan.Options{Assume: 500 * time.Millisecond}, due, 3_000, "due", ""},
	} {
		got := made(tt.o, tt.list...).Time
		if got.Floor.Milliseconds() != tt.floor || got.Bound != tt.bound || got.Host != tt.host {
			t.Errorf("%s: %v ms by %q of %q, want %v by %q of %q", tt.name, got.Floor.Milliseconds(), got.Bound, got.Host, tt.floor, tt.bound, tt.host)
		}
	}
}

func TestDuplicates(t *testing.T) {
	with := func(seq int64, req *fetcher.Request) *fetcher.Request { req.Seq = seq; return req }
	r := made(plan.Options{},
		with(11, &fetcher.Request{URL: "http://h/?token=secret"}),
		with(12, &fetcher.Request{URL: "http://h/?token=other"}),
		with(13, &fetcher.Request{URL: "http://h/?token=secret", Method: "GET"}),
		with(14, &fetcher.Request{URL: "http://h/?token=secret", Method: "HEAD"}),
		with(15, post("http://h/", "a")), with(16, post("http://h/", "b")), with(17, post("http://h/", "a")),
		with(18, &fetcher.Request{URL: "http://h/", Method: "POST"}),
		with(19, &fetcher.Request{URL: "http://h/?token=secret"}),
	)
	want := plan.Repeated{N: 3, Groups: 2, Examples: []plan.Example{
		{N: 3, Method: "GET", URL: "http://h/?token=***", Seqs: []int64{11, 13, 19}},
		{N: 2, Method: "POST", URL: "http://h/", Seqs: []int64{15, 17}},
	}}
	if diff := cmp.Diff(want, r.Duplicates); diff != "" {
		t.Error(diff)
	}
	spelled := made(plan.Options{}, urls("http://h", "http://H:80/#x", "https://h/", "http://h/%7Ea?b", "http://h/~a?b", "http://h/%2Fa?b")...)
	if d := spelled.Duplicates; d.N != 2 || d.Groups != 2 {
		t.Errorf("one URL in other spellings: %+v", d)
	}
	if r.Bodies.N != 3 || r.Bodies.Bytes != 3 {
		t.Errorf("bodies: %+v", r.Bodies)
	}

	// More than are shown, and a table that has to grow.
	p := plan.New(plan.Options{})
	for range 3 {
		for i := range 20_000 {
			p.Add(&fetcher.Request{URL: fmt.Sprint("http://h/", i)})
		}
	}
	d := p.Finish().Duplicates
	if d.N != 40_000 || d.Groups != 20_000 || len(d.Examples) != 10 || d.Examples[0].N != 3 {
		t.Errorf("%+v", d)
	}
	if diff := cmp.Diff([]int64{1, 20_001, 40_001}, d.Examples[0].Seqs); diff != "" {
		t.Error(diff)
	}
}

// segments names files after the last segment of their URLs, as a *store.Names does.
func segments() func(*fetcher.Request) (string, bool) {
	taken := map[string]int{}
	return func(req *fetcher.Request) (string, bool) {
		name := path.Base(req.URL)
		taken[strings.ToLower(name)]++
		if n := taken[strings.ToLower(name)]; n > 1 {
			return fmt.Sprintf("%s-%d", name, n), true
		}
		return name, false
	}
}

func TestCollisions(t *testing.T) {
	r := made(plan.Options{FileName: segments()}, urls("http://h/a", "http://h/b", "http://i/A", "http://j/a?key=secret")...)
	want := plan.Collisions{N: 1, Examples: []plan.Example{{N: 1, URL: "http://i/A", File: "A-2", Seqs: []int64{3}}}}
	if diff := cmp.Diff(want, r.Collisions); diff != "" {
		t.Error(diff)
	}
	if r.Files != 4 {
		t.Errorf("%d files", r.Files)
	}
}

func TestHosts(t *testing.T) {
	r := made(plan.Options{},
		&fetcher.Request{URL: "https://H/x", Header: http.Header{"Authorization": {"Bearer abc"}}},
		&fetcher.Request{URL: "https://h:443/y?api_key=abc"}, &fetcher.Request{URL: "http://me:pw@h/"},
		&fetcher.Request{URL: "http://[::1]/"}, &fetcher.Request{URL: "http://[::1]:8080/"}, &fetcher.Request{URL: "http://%zz/"},
		&fetcher.Request{URL: "https://h/?q=1", Header: http.Header{"Accept": {"*/*"}}})
	got := map[string][2]int64{}
	for _, h := range r.PerHost {
		got[h.Host] = [2]int64{h.N, h.Credentials}
	}
	want := map[string][2]int64{"h:443": {3, 2}, "h:80": {1, 1}, "[::1]:80": {1, 0}, "[::1]:8080": {1, 0}, "": {1, 0}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, c := range webtest.Cases {
		if r := made(plan.Options{}, &fetcher.Request{URL: c.URL}); len(r.PerHost) != 1 || r.PerHost[0].Host != c.Host {
			t.Errorf("the hosts of %q are %v, want %q", c.URL, r.PerHost, c.Host)
		}
	}

	p := plan.New(plan.Options{})
	for i := range 1500 {
		p.Add(&fetcher.Request{URL: fmt.Sprintf("http://h%d/", i), Method: fmt.Sprint("M", i)})
	}
	r = p.Finish()
	if len(r.PerHost) != 1000 || r.Hosts != 1000 || r.Others != 500 || len(r.Methods) != 21 || r.Methods["(others)"] != 1480 {
		t.Errorf("%d hosts, %d in others, methods %v", len(r.PerHost), r.Others, r.Methods)
	}
}

func TestContentOfUnknownSize(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	unknown := post("http://h/", long)
	unknown.Length = -1
	broken := &fetcher.Request{URL: "http://h/", Body: func() (io.ReadCloser, error) { return nil, os.ErrNotExist }}
	r := made(plan.Options{}, unknown, broken, post("http://h/", long), post("http://h/", long+"x"))
	if want := (plan.Bodies{N: 4, Bytes: 200_001, Unknown: 1}); r.Bodies != want {
		t.Errorf("%+v, want %+v", r.Bodies, want)
	}
	if r.Duplicates.N != 0 {
		t.Errorf("contents of different length are the same: %+v", r.Duplicates)
	}
}

func TestText(t *testing.T) {
	pubchem := fetcher.Limit{Rates: []fetcher.Rate{rate(5, time.Second, 1), rate(400, time.Minute, 1)}, InFlight: 5}
	var batches []*fetcher.Request
	for i := range 3 {
		rows := make([]fetcher.Row, 100-i*20)
		batches = append(batches, &fetcher.Request{URL: fmt.Sprintf("http://pubchem.test/rest/pug/compound/cid/%d/JSON", i), Rows: rows})
	}
	var crowd []*fetcher.Request
	for i := range 1200 {
		crowd = append(crowd, &fetcher.Request{URL: fmt.Sprintf("http://host-%04d.example.test/index.html", i)})
	}
	hostile := urls("http://h/\x1b[31m\u202e", "http://h/\x1b[31m\u202e", "http://"+strings.Repeat("long.", 40)+"test/",
		"http://h/"+strings.Repeat("väldigt/", 20), "http://h/"+strings.Repeat("väldigt/", 20), "http://h/界\x1b", "http://i/界\x1b")
	for _, tt := range []struct {
		name string
		o    plan.Options
		list []*fetcher.Request
	}{
		{"empty", plan.Options{}, nil},
		{"plain", plan.Options{}, many("example.test", 10)},
		{"short", plan.Options{}, many("a.test", 10)},
		{"batches", plan.Options{Host: func(h string) (fetcher.Limit, bool) { return pubchem, h == "pubchem.test:80" }, Assume: 2 * time.Second},
			append(batches, many("fingertips.test", 7)...)},
		{"rate", plan.Options{PerHost: fetcher.Limit{Rates: []fetcher.Rate{rate(1, time.Minute, 1)}}, FileName: segments()},
			append(append(many("one.test:8080", 300), many("two.test", 4)...), &fetcher.Request{URL: "http://one.test:8080/1"}, post("http://me:pw@two.test/form", "a=1"))},
		{"crowd", plan.Options{Total: fetcher.Limit{Rates: []fetcher.Rate{rate(2, time.Second, 1)}}}, crowd},
		{"hostile", plan.Options{FileName: segments()}, hostile},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := made(tt.o, tt.list...)
			got := report.Plan(&r)
			name := filepath.Join("testdata", tt.name+".txt")
			if *update {
				if err := os.WriteFile(name, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
			for line := range strings.Lines(string(got)) {
				if n := utf8.RuneCountInString(line) - 1; n > 80 {
					t.Errorf("%d columns: %s", n, line)
				}
			}
			if bytes.ContainsAny(got, "\x1b\u202e") {
				t.Error("a terminal would obey this")
			}
		})
	}
}

func TestJSON(t *testing.T) {
	r := made(plan.Options{Total: fetcher.Limit{Rates: []fetcher.Rate{rate(5, time.Second, 1)}}},
		urls("http://h/<a>\u202e", "http://h/b", "http://h/<a>\u202e")...)
	got := string(r.AppendJSON(nil))
	want := `{"v":1,"requests":3,"unsendable":0,"methods":{"GET":3},"hosts":1,"per_host":[{"host":"h:80","n":3,"credentials":0,"floor_ms":0}],"others":0,` +
		`"rows":0,"batches":{"n":0,"smallest":0,"largest":0},"bodies":{"n":0,"bytes":0,"unknown":0},` +
		`"duplicates":{"n":1,"groups":1,"examples":[{"n":2,"method":"GET","url":"http://h/<a>\u202e","seqs":[1,3]}]},` +
		`"files":0,"collisions":{"n":0},` +
		`"time":{"floor_ms":400,"bound":"rate","assumed_ms":0,"unknown":["how long each response takes (see --assume)",` +
		`"retries, redirects and further pages","servers that are slower than their limits, or ask to slow down"]}}` + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !json.Valid([]byte(got)) {
		t.Error("not JSON")
	}
	empty := made(plan.Options{})
	if got := string(empty.AppendJSON(nil)); !strings.Contains(got, `"per_host":[]`) {
		t.Error(got)
	}
}

// TestMemory: a plan takes no more than some bytes for each request, whatever their URLs are.
func TestMemory(t *testing.T) {
	const n = 300_000
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	p := plan.New(plan.Options{})
	for i := range n {
		p.Add(&fetcher.Request{URL: fmt.Sprintf("http://h/%d", i)})
	}
	if each := int64(heap()-before) / n; each > 25 {
		t.Errorf("%d bytes for each request", each)
	}
	runtime.KeepAlive(p)
}

func BenchmarkAdd(b *testing.B) {
	p := plan.New(plan.Options{})
	req := &fetcher.Request{URL: "http://pubchem.test/rest/pug/compound/cid/2244/property/MolecularFormula/JSON"}
	b.ReportAllocs()
	for b.Loop() {
		p.Add(req)
	}
}
