package record_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"

	"github.com/google/go-cmp/cmp"
)

func oneHop(url string) *fetcher.Result {
	return &fetcher.Result{
		Seq: 17, Page: 1, Request: &fetcher.Request{Seq: 17, URL: url}, Status: 200, FinalURL: url,
		Header: http.Header{"Content-Type": {"application/json"}},
		Attempts: []fetcher.Attempt{{Start: 1234567, Status: 200, Hops: []fetcher.Hop{{
			URL: url, Host: "127.0.0.1:8000", Status: 200, Start: 1234567, Proto: "HTTP/1.1", Remote: "127.0.0.1:8000", Reused: true,
			Phases: fetcher.Phases{Send: 12_345, Wait: 2_000_999, Receive: 999},
		}}}},
		Queue: 1_500_400, Limiter: 2_999, Service: 2_014_343, Response: 3_517_742, Bytes: 20, WireBytes: 20,
	}
}

func TestFromTimes(t *testing.T) {
	r := record.From(oneHop("http://127.0.0.1:8000/2"))
	if want := record.Micros(12 + 2000 + 0); r.Service != want {
		t.Errorf("service %d, want %d: the sum of what the hops say", r.Service, want)
	}
	if r.Response != r.Queue+r.Limiter+r.Service+r.Backoff || r.Queue != 1500 || r.Limiter != 2 {
		t.Errorf("times do not sum: %+v", r)
	}
	if r.Host != "127.0.0.1:8000" || r.Method != "GET" || !r.OK || r.ContentType != "application/json" {
		t.Errorf("%+v", r)
	}
	if r.FirstByte() != 2012 {
		t.Errorf("first byte %d", r.FirstByte())
	}
}

func TestFromKeepsNoSecret(t *testing.T) {
	url := "http://u:" + canary + "@h.test/a?token=" + canary
	res := oneHop(url)
	res.Request.Name = "with " + canary
	res.Request.Row = fetcher.Row{{Column: "q", Value: "see " + url}, {Column: "API key", Value: "x" + canary}}
	res.Request.Header = http.Header{"Authorization": {"Bearer " + canary}}
	res.FinalURL = "http://i.test/?sig=" + canary
	res.Err = &fetcher.Error{Kind: fetcher.KindConnReset, URL: url, Err: errors.New(`Get "` + url + `": ` + canary)}
	res.Attempts[0].Err = res.Err.(*fetcher.Error)
	r := record.From(res)
	if line := string(record.AppendLine(nil, r)); strings.Contains(line, canary) {
		t.Error(line)
	}
	if r.Class != "conn_reset" || r.Error != `Get "http://***@h.test/a?token=***": ***` {
		t.Errorf("class %q, error %q", r.Class, r.Error)
	}
	if got := res.Request.Row[1].Value; got != "x"+canary {
		t.Errorf("the request's own row was changed to %q", got)
	}
}

func TestFromIsWhatIsStored(t *testing.T) {
	bad := "a\xffb"
	res := oneHop("http://h/" + bad)
	res.Request.Name, res.FinalURL, res.Header = bad, "http://h/2"+bad, http.Header{"Content-Type": {bad}, "Etag": {bad}}
	res.Request.Row = fetcher.Row{{Column: bad, Value: bad}}
	res.Err = &fetcher.Error{Kind: fetcher.KindProtocol, Err: errors.New(bad)}
	res.Value = map[string]any{"a": bad + "\u202e"}
	want := record.From(res)
	var got record.Record
	if err := json.Unmarshal(record.AppendLine(nil, want), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &got); diff != "" {
		t.Error(diff)
	}
}

func TestFromWithoutHops(t *testing.T) {
	for url, want := range map[string]string{
		"https://Example.COM/a": "example.com:443", "http://[::1]/": "[::1]:80", "http://h:99": "h:99", "http://u:p w@h:x/": "", "": "",
	} {
		r := record.From(&fetcher.Result{Seq: 1, Page: 1, Request: &fetcher.Request{URL: url}, Err: &fetcher.Error{Kind: fetcher.KindInput}})
		if r.Host != want || r.Class != "input" || r.Error != "input" {
			t.Errorf("%q: host %q, class %q, error %q", url, r.Host, r.Class, r.Error)
		}
	}
	record.From(&fetcher.Result{}) // must not panic
}

func TestFingerprint(t *testing.T) {
	body := func(s string) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }
	}
	id := func(r fetcher.Request) string {
		return record.From(&fetcher.Result{Request: &r}).ID
	}
	base := fetcher.Request{URL: "http://h/?token=a", Header: http.Header{"Accept": {"text/csv"}, "Authorization": {"Bearer a"}}}
	same := fetcher.Request{Seq: 5, Method: "GET", URL: "http://h/?token=b", Header: http.Header{"Accept": {"text/csv"}, "X-Api-Key": {"q"}}}
	if id(base) != id(same) {
		t.Error("the id depends on secrets, on the place in the list, or on the default method's being written out")
	}
	if len(id(base)) != 24 {
		t.Errorf("id %q", id(base))
	}
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	if id(fetcher.Request{Header: form, Body: body("a=1&password=x")}) != id(fetcher.Request{Header: form, Body: body("a=1&password=y")}) {
		t.Error("the id depends on a password in a form")
	}
	seen := map[string]int{}
	for i, r := range []fetcher.Request{
		base, {}, {URL: "a"}, {Name: "a"}, {Method: "POST"}, {Row: fetcher.Row{{Column: "a"}}}, {Row: fetcher.Row{{Value: "a"}}},
		{Header: http.Header{"A": {"b"}}}, {Header: http.Header{"A": {"b", "c"}}}, {Body: body("")}, {Body: body("x")},
		{Body: body(strings.Repeat("x", 64<<10)), Length: 64 << 10}, {Body: body(strings.Repeat("x", 65<<10)), Length: 65 << 10},
		{Body: func() (io.ReadCloser, error) { return nil, errors.New("gone") }},
	} {
		if j, ok := seen[id(r)]; ok {
			t.Errorf("requests %d and %d have one id", i, j)
		}
		seen[id(r)] = i
	}
}

func TestFromValue(t *testing.T) {
	for _, tt := range []struct {
		v    any
		want string
	}{
		{nil, ""}, {"<a>", `"<a>"`}, {map[string]any{"a": 1}, `{"a":1}`}, {json.RawMessage(" [1,\n2]"), "[1,2]"}, {json.RawMessage("null"), "null"},
		{complex(1, 2), `"(1+2i)"`},
	} {
		if r := record.From(&fetcher.Result{Value: tt.v}); string(r.Value) != tt.want {
			t.Errorf("%v: %s, want %s", tt.v, r.Value, tt.want)
		}
	}
}

func BenchmarkFrom(b *testing.B) {
	res := oneHop("http://127.0.0.1:8000/bytes/1024/00012345")
	b.ReportAllocs()
	for b.Loop() {
		record.From(res)
	}
}

func BenchmarkFromWithQuery(b *testing.B) {
	res := oneHop("http://127.0.0.1:8000/all_data?indicator_ids=1234&child_area_type_id=102&token=abc")
	for b.Loop() {
		record.From(res)
	}
}

func TestMicros(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0", 1500 * time.Microsecond: "1.5", time.Microsecond: "0.001", 999: "0", 9 * time.Second: "9000", -1500 * time.Microsecond: "-1.5",
		10 * time.Microsecond: "0.01", 1_000_100_000: "1000.1",
	} {
		m := record.MicrosOf(d)
		text, _ := m.AppendText(nil)
		if string(text) != want {
			t.Errorf("%v is %s, want %s", d, text, want)
		}
		var back record.Micros
		if err := back.UnmarshalJSON(text); err != nil || back != m {
			t.Errorf("%s came back as %d: %v", text, back, err)
		}
	}
	var m record.Micros
	for _, bad := range []string{`"1"`, "1e300", "NaN", "x", ""} {
		if m.UnmarshalJSON([]byte(bad)) == nil {
			t.Errorf("%s was read", bad)
		}
	}
}
