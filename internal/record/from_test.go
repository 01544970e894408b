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
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web/webtest"

	"github.com/google/go-cmp/cmp"
)

// canary stands for every secret.
const canary = "s3cr3t-canary"

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
	res.Request.Tag = &secret.Origin{Rules: secret.NewRules("API key")}
	res.Request.Row = fetcher.Row{{Column: "q", Value: "see C[C@H](O)C"}, {Column: "API key", Value: "x" + canary}}
	res.Request.Header = http.Header{"Authorization": {"Bearer " + canary}}
	res.FinalURL = "http://i.test/?x=" + canary + "&y=Bearer%20" + canary
	res.Header = http.Header{"Etag": {`"` + canary + `"`}, "Content-Type": {"text/" + canary}}
	res.Err = &fetcher.Error{Kind: fetcher.KindConnReset, URL: url, Err: errors.New(`Get "` + url + `": ` + canary)}
	res.Attempts[0].Err = res.Err.(*fetcher.Error)
	r := record.From(res)
	if line := string(record.AppendLine(nil, r)); strings.Contains(line, canary) {
		t.Error(line)
	}
	if r.Class != "conn_reset" || r.Error != `Get "http://u:***@h.test/a?token=***": ***` {
		t.Errorf("class %q, error %q", r.Class, r.Error)
	}
	if r.Row[0].Value != "see C[C@H](O)C" {
		t.Errorf("data was changed to %q", r.Row[0].Value)
	}
	if got := res.Request.Row[1].Value; got != "x"+canary {
		t.Errorf("the request's own row was changed to %q", got)
	}
	if r.ID != record.ID(res.Request) {
		t.Error("the id of the record is not that of the request")
	}
}

// Data stays data, whatever it looks like, also where it equals a secret of the request.
func TestFromKeepsData(t *testing.T) {
	cells := []string{"C[C@H](O)C", "pkg:npm/lodash@4", "a.b@example.org", "10 @ 5 EUR", "pass=3/fail=4", "p-value=0.05; sig=yes", "http://u:p@h/?key=1", "water", "geheim"}
	res := oneHop("http://h/x")
	res.Request.Header = http.Header{"Authorization": {"Basic dGVzdDpnZWhlaW0="}} // test:geheim
	res.Request.Name = strings.Join(cells, " ")
	for _, name := range []string{"sig_level", "session_no", "pass_rate", "Session Date", "gene signature", "token_count", "pass/fail", "cookie_type", "password"} {
		for _, cell := range cells {
			res.Request.Row = append(res.Request.Row, fetcher.Cell{Column: name, Value: cell})
		}
	}
	r := record.From(res)
	if r.Name != res.Request.Name {
		t.Errorf("the name became %q", r.Name)
	}
	if diff := cmp.Diff(res.Request.Row, r.Row); diff != "" {
		t.Error(diff)
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
	for _, c := range webtest.Cases {
		if r := record.From(&fetcher.Result{Request: &fetcher.Request{URL: c.URL}}); r.Host != c.Host {
			t.Errorf("%q: host %q, want %q", c.URL, r.Host, c.Host)
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
	base := fetcher.Request{URL: "http://h/?a=a", Header: http.Header{"Accept": {"text/csv"}, "Authorization": {"Bearer a"}}}
	same := fetcher.Request{Seq: 5, Method: "GET", URL: "http://h/?a=a", Header: http.Header{"Accept": {"text/csv"}, "X-Api-Key": {"q"}}}
	if id(base) != id(same) {
		t.Error("the id depends on credentials of the command line, on the place in the list, or on the default method's being written out")
	}
	if len(id(base)) != 24 {
		t.Errorf("id %q", id(base))
	}
	rules := secret.NewRules("pw")
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	of := func(o secret.Origin, token string) string {
		o.Rules = rules
		return id(fetcher.Request{
			URL: "http://h/?token=" + token, Header: http.Header{"Content-Type": form["Content-Type"], "X-Token": {token}}, Body: body("a=1&password=" + token), Tag: &o,
		})
	}
	if common := (secret.Origin{}); of(common, "x") != of(common, "y") {
		t.Error("the id depends on credentials that the whole list has")
	}
	for _, own := range []secret.Origin{{OwnURL: true}, {OwnBody: true}, {OwnHeader: http.Header{"X-Token": nil}}} {
		if x, again := of(own, "x"), of(own, "x"); x == of(own, "y") || x != again {
			t.Errorf("the id does not depend on a credential of the entry: %+v", own)
		}
	}
	row := func(r *secret.Rules) string {
		return id(fetcher.Request{Row: fetcher.Row{{Column: "pw", Value: "1234"}}, Tag: &secret.Origin{Rules: r}})
	}
	one, another := row(secret.NewRules("pw")), row(secret.NewRules("pw"))
	if row(rules) == row(secret.NewRules()) || one == another {
		t.Error("the id of a row with a secret can be found out without a key")
	}
	// Ids are in journals: they must stay what they are.
	if got, want := id(fetcher.Request{URL: "http://h/1", Row: fetcher.Row{{Column: "a", Value: "b"}}}), "8056e19f058a25a631607e5e"; got != want {
		t.Errorf("the id is %s now, and was %s", got, want)
	}
	seen := map[string]int{}
	for i, r := range []fetcher.Request{
		base, {}, {URL: "a"}, {Name: "a"}, {Method: "POST"}, {Row: fetcher.Row{{Column: "a"}}}, {Row: fetcher.Row{{Value: "a"}}},
		{Rows: []fetcher.Row{{{Column: "a"}}}}, {Rows: []fetcher.Row{{{Column: "a"}}, {{Column: "a"}}}}, {Rows: []fetcher.Row{{{Column: "a"}, {Column: "a"}}}},
		{Rows: []fetcher.Row{nil}}, {Row: fetcher.Row{{Column: "a"}}, Rows: []fetcher.Row{{{Column: "a"}}}},
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
		r := record.From(&fetcher.Result{Value: tt.v})
		var got []byte
		if len(r.Values) > 0 {
			got = r.Values[0]
		}
		if string(got) != tt.want || len(r.Values) > 1 {
			t.Errorf("%v: %s, want %s", tt.v, r.Values, tt.want)
		}
	}
}

// kept is a Keeper of tests.
type kept struct {
	file   string
	values []json.RawMessage
	rows   []record.Answer
}

func (k *kept) Keep(r *record.Record) {
	r.File, r.SHA256, r.Values = k.file, "abc", k.values
	if k.rows != nil {
		r.Rows = k.rows
	}
}

func TestKeeper(t *testing.T) {
	res := oneHop("http://h.test/")
	res.Value = &kept{file: "out/ethanol.json", values: []json.RawMessage{json.RawMessage(`46.070`), json.RawMessage("\"a\u202e\xff\""), json.RawMessage("{")}}
	r := record.From(res)
	if r.File != "out/ethanol.json" || r.SHA256 != "abc" || len(r.Values) != 3 || string(r.Values[0]) != "46.070" || r.Rows != nil {
		t.Errorf("%+v", r)
	}
	var back record.Record
	if err := json.Unmarshal(record.AppendLine(nil, r), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, &back); diff != "" {
		t.Errorf("stored and read again: %s", diff)
	}
	if a := r.Answers(); len(a) != 1 || !a[0].OK || len(a[0].Values) != 3 || a[0].Row != nil || r.HasRows() {
		t.Errorf("%+v", a)
	}
}

func TestBatch(t *testing.T) {
	res := batchOf(2)
	if a := record.From(res).Answers(); len(a) != 2 || !a[0].OK || a[0].Error != "" || a[1].Row[0].Value != "2" {
		t.Errorf("without a keeper: %+v", a)
	}
	res.Value = &kept{}
	if a := record.From(res).Answers(); len(a) != 2 || !a[1].OK {
		t.Errorf("with one that says nothing of rows: %+v", a)
	}
	one := []json.RawMessage{json.RawMessage("1")}
	rows := []record.Answer{{Row: res.Request.Rows[0], OK: true, Values: one}, {Row: res.Request.Rows[1], Error: "no answer for cid 2"}}
	res.Value = &kept{rows: rows}
	r := record.From(res)
	if diff := cmp.Diff(rows, r.Answers()); diff != "" || !r.OK || !r.HasRows() {
		t.Error(diff)
	}
	res.Err = &fetcher.Error{Kind: fetcher.KindExpect, Err: errors.New("exit status 1")}
	if a := record.From(res).Answers(); a[0].OK || a[0].Error != "exit status 1" || a[0].Values != nil || a[1].Error != "no answer for cid 2" {
		t.Errorf("of a request that failed after all: %+v", a)
	}
	res.Value = nil
	if a := record.From(res).Answers(); len(a) != 2 || a[0].OK || a[1].OK || a[1].Error != "exit status 1" {
		t.Errorf("of a request that failed: %+v", a)
	}
	if !rows[0].OK {
		t.Error("what the keeper holds was changed")
	}
}

func TestBatchKeepsNoSecret(t *testing.T) {
	res := batchOf(2)
	res.Request.Tag = &secret.Origin{Rules: secret.NewRules("api_key")}
	res.Request.Header = http.Header{"Authorization": {"Bearer h" + canary}}
	for i, row := range res.Request.Rows {
		res.Request.Rows[i] = append(row, fetcher.Cell{Column: "api_key", Value: canary + row[0].Value})
	}
	row := res.Request.Rows[1]
	res.FinalURL = "http://127.0.0.1:8000/?x=" + canary + "1"
	res.Value = &kept{rows: []record.Answer{{Row: row, Error: "no result for " + canary + "2, h" + canary}}}
	for range 2 {
		r := record.From(res)
		if line := string(record.AppendLine(nil, r)); strings.Contains(line, canary) {
			t.Error(line)
		}
		res.Value = nil
		res.Err = &fetcher.Error{Kind: fetcher.KindProtocol, Err: errors.New(canary + "1 and " + canary + "2")}
	}
	if row[2].Value != canary+"2" {
		t.Errorf("the request's own row was changed to %q", row)
	}
}

func BenchmarkFromBatch(b *testing.B) {
	res := batchOf(100)
	rows := make([]record.Answer, 100)
	for i, row := range res.Request.Rows {
		rows[i] = record.Answer{Row: row, OK: true, Values: []json.RawMessage{json.RawMessage(`{"MolecularFormula":"C2H6O","MolecularWeight":"46.07"}`)}}
	}
	res.Value = &kept{rows: rows}
	b.ReportAllocs()
	for b.Loop() {
		record.From(res)
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
