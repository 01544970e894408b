package record_test

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestAppendJSON(t *testing.T) {
	res := oneHop("http://127.0.0.1:8000/2")
	res.Request.Name = "ethanol"
	res.Request.Row = fetcher.Row{{Column: "z", Value: "1"}, {Column: "a", Value: "2"}}
	res.Value = "46.07"
	res.Notes = []string{fetcher.NoteUnverifiedLength}
	r := record.From(res)
	r.ID = "0123456789abcdef01234567"
	const want = `{"v":1,"seq":17,"page":1,"id":"0123456789abcdef01234567","name":"ethanol","row":{"z":"1","a":"2"},"method":"GET",` +
		`"url":"http://127.0.0.1:8000/2","final_url":"http://127.0.0.1:8000/2","host":"127.0.0.1:8000",` +
		`"ok":true,"status":200,"class":"","error":"",` +
		`"attempts":[{"start_ms":1.234,"status":200,"class":"","error":"","backoff_ms":0,` +
		`"hops":[{"url":"http://127.0.0.1:8000/2","host":"127.0.0.1:8000","status":200,"start_ms":1.234,"queue_ms":0,"limiter_ms":0,` +
		`"proto":"HTTP/1.1","remote":"127.0.0.1:8000","reused":true,` +
		`"phases_ms":{"blocked":0,"dns":0,"connect":0,"tls":0,"send":0.012,"wait":2,"receive":0}}]}],` +
		`"due_ms":0,"queue_ms":1.5,"limiter_ms":0.002,"service_ms":2.012,"backoff_ms":0,"response_ms":3.514,` +
		`"bytes":20,"wire_bytes":20,"content_type":"application/json","value":"46.07","notes":["unverified_length"]}` + "\n"
	if got := string(record.AppendLine(nil, r)); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestAppendJSONEscapes(t *testing.T) {
	r := &record.Record{
		Name:   "a\x1b[31m\u009b1m\x7f\"\\\n\t\u202e\u2066\u2028é世\U0001f600\xff\xc3",
		Values: []json.RawMessage{json.RawMessage("{ \"a\" :\n\"\u202e\u009bé\xff\" }")},
	}
	line := string(record.AppendJSON(nil, r))
	for _, want := range []string{
		`"name":"a\u001b[31m\u009b1m\u007f\"\\\n\t\u202e\u2066\u2028é世😀` + "\ufffd\ufffd" + `"`,
		`"value":{ "a" :"\u202e\u009bé` + "\ufffd" + `" }`,
	} {
		if !strings.Contains(line, want) {
			t.Errorf("no %s in %s", want, line)
		}
	}
	r.Values = []json.RawMessage{json.RawMessage("not\nJSON")}
	if line := record.AppendJSON(nil, r); !json.Valid(line) || bytes.ContainsAny(line, "\n\x1b") {
		t.Errorf("%s", line)
	}
}

// genRecord draws any record that can be written, hostile strings included.
func genRecord(t *rapid.T) *record.Record {
	str := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "a\x1b[0m\u202e", "\"\\\u2028", "=1+1"}))
	ms := rapid.Map(rapid.Int64Range(0, 1<<50), func(n int64) record.Micros { return record.Micros(n) })
	num := rapid.Int64()
	r := &record.Record{
		Seq: num.Draw(t, "seq"), Page: rapid.Int().Draw(t, "page"), ID: str.Draw(t, "id"), Name: str.Draw(t, "name"), Method: str.Draw(t, "method"),
		URL: str.Draw(t, "url"), FinalURL: str.Draw(t, "final"), Host: str.Draw(t, "host"), OK: rapid.Bool().Draw(t, "ok"),
		Status: rapid.Int().Draw(t, "status"), Class: str.Draw(t, "class"), Error: str.Draw(t, "error"), ErrorBody: str.Draw(t, "error_body"),
		Due: ms.Draw(t, "due"), Queue: ms.Draw(t, "queue"), Limiter: ms.Draw(t, "limiter"), Service: ms.Draw(t, "service"),
		Backoff: ms.Draw(t, "backoff"), Response: ms.Draw(t, "response"), Bytes: num.Draw(t, "bytes"), WireBytes: num.Draw(t, "wire"),
		ContentType: str.Draw(t, "type"), ETag: str.Draw(t, "etag"), Digest: str.Draw(t, "digest"), SHA256: str.Draw(t, "sha"), File: str.Draw(t, "file"),
		Notes: rapid.SliceOf(str).Draw(t, "notes"), More: rapid.Bool().Draw(t, "more"), KeyedID: rapid.Bool().Draw(t, "keyed"), EarlierAttempts: rapid.IntRange(0, 5).Draw(t, "earlier"),
	}
	for range rapid.IntRange(0, 3).Draw(t, "cells") {
		r.Row = append(r.Row, fetcher.Cell{Column: str.Draw(t, "column"), Value: str.Draw(t, "cell")})
	}
	r.Values = genValues(t)
	for range rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(t, "rows") {
		a := record.Answer{OK: rapid.Bool().Draw(t, "ok"), Error: str.Draw(t, "error"), Values: genValues(t)}
		for range rapid.IntRange(0, 2).Draw(t, "cells") {
			a.Row = append(a.Row, fetcher.Cell{Column: str.Draw(t, "column"), Value: str.Draw(t, "cell")})
		}
		r.Rows = append(r.Rows, a)
	}
	for range rapid.IntRange(0, 3).Draw(t, "attempts") {
		a := record.Attempt{Start: ms.Draw(t, "start"), Class: str.Draw(t, "class"), Error: str.Draw(t, "error"), Backoff: ms.Draw(t, "backoff"),
			RetryAfter: ms.Draw(t, "retry after"), Requeued: rapid.Bool().Draw(t, "requeued")}
		for range rapid.IntRange(0, 2).Draw(t, "hops") {
			a.Hops = append(a.Hops, record.Hop{
				URL: str.Draw(t, "url"), Host: str.Draw(t, "host"), Status: 200, Start: ms.Draw(t, "start"), Queue: ms.Draw(t, "queue"),
				Proto: str.Draw(t, "proto"), Remote: str.Draw(t, "remote"), Reused: rapid.Bool().Draw(t, "reused"),
				Phases: record.Phases{Blocked: ms.Draw(t, "blocked"), DNS: 1, Connect: 2, TLS: 3, Send: 4, Wait: ms.Draw(t, "wait"), Receive: 5},
			})
		}
		r.Attempts = append(r.Attempts, a)
	}
	return r
}

// genValues draws what may have been taken from a body: nothing, one value, or several.
func genValues(t *rapid.T) []json.RawMessage {
	var values []json.RawMessage
	for range rapid.IntRange(0, 3).Draw(t, "values") {
		value, _ := json.Marshal(rapid.SampledFrom([]any{nil, 1.5, "x\u202e", []any{}, map[string]any{"a": "b"}}).Draw(t, "value"))
		values = append(values, record.AppendValue(nil, value))
	}
	return values
}

func roundTrip(t *rapid.T) {
	want := genRecord(t)
	line := record.AppendLine(nil, want)
	if !json.Valid(line) || bytes.Count(line, []byte("\n")) != 1 {
		t.Fatalf("not a line of JSON: %q", line)
	}
	var got record.Record
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatal(diff)
	}
	if again := record.AppendLine(nil, &got); !bytes.Equal(line, again) {
		t.Fatalf("written again\n%s\nis\n%s", line, again)
	}
}

func TestRoundTrip(t *testing.T) { rapid.Check(t, roundTrip) }
func FuzzRoundTrip(f *testing.F) { f.Fuzz(rapid.MakeFuzz(roundTrip)) }

// FuzzDecode: what can be read at all is written and read again as the same.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"v":1,"seq":1}`))
	f.Add([]byte(`{"v":1,"row":{"a":1,"a":"x","b":null},"value":null,"attempts":[{"hops":[{}]}],"due_ms":0.0015}`))
	f.Add([]byte(`{"v":2}`))
	f.Add([]byte(`{"v":1,"row":[]}`))
	f.Add([]byte("{\"v\":1,\"value\":\"\xff\"}"))
	f.Add([]byte(`{"v":1,"values":[1,null,"a"],"rows":[{"row":{"a":"1","b":"2"},"ok":true,"error":"","value":{"x":1}},{"values":[]},null]}`))
	f.Add([]byte(`{"v":1,"value":1,"values":[2,3],"rows":[]}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var r, again record.Record
		if json.Unmarshal(data, &r) != nil {
			return
		}
		line := record.AppendJSON(nil, &r)
		if err := json.Unmarshal(line, &again); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if second := record.AppendJSON(nil, &again); !bytes.Equal(line, second) {
			t.Errorf("written\n%s\nthen\n%s", line, second)
		}
	})
}

func TestDecodeErrors(t *testing.T) {
	for in, want := range map[string]string{
		`{"v":2}`: "version 2", `{"seq":1}`: "version 0", `[]`: "not a record", `{"v":1,"row":[]}`: "not an object", `{"v":1,"due_ms":"x"}`: "not a number",
	} {
		var r record.Record
		if err := json.Unmarshal([]byte(in), &r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
}

func TestAppendJSONForms(t *testing.T) {
	raw := func(values ...string) []json.RawMessage {
		var all []json.RawMessage
		for _, v := range values {
			all = append(all, json.RawMessage(v))
		}
		return all
	}
	for _, tt := range []struct {
		r    record.Record
		want string
	}{
		{record.Record{}, `"wire_bytes":0}`},
		{record.Record{Attempts: []record.Attempt{}, EarlierAttempts: 3}, `"attempts":[],"earlier_attempts":3,"due_ms":0,"queue_ms":0,"limiter_ms":0,` +
			`"service_ms":0,"backoff_ms":0,"response_ms":0,"bytes":0,"wire_bytes":0}`},
		{record.Record{ETag: "x", More: true, Digest: "d:1", SHA256: "00"}, `"etag":"x","more":true,"digest":"d:1","sha256":"00"}`},
		{record.Record{Values: raw("null")}, `"wire_bytes":0,"value":null}`},
		{record.Record{Values: raw("1.50", `{"a":[]}`)}, `"wire_bytes":0,"values":[1.50,{"a":[]}]}`},
		{record.Record{Rows: []record.Answer{
			{Row: fetcher.Row{{Column: "cid", Value: "1"}}, OK: true, Values: raw("7")}, {Error: "no answer", Values: raw("1", "2")},
		}, Notes: []string{"a"}},
			`"rows":[{"row":{"cid":"1"},"ok":true,"error":"","value":7},{"row":{},"ok":false,"error":"no answer","values":[1,2]}],"notes":["a"]}`},
	} {
		if line := string(record.AppendJSON(nil, &tt.r)); !strings.HasSuffix(line, tt.want) {
			t.Errorf("%s does not end in %s", line, tt.want)
		}
	}
}

func TestAppendJSONAllocatesNothing(t *testing.T) {
	r := record.From(batchOf(3))
	r.Rows[1].Values = []json.RawMessage{json.RawMessage(`{"a":"b"}`)}
	dst := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { record.AppendJSON(dst, r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// batchOf is the result of a batch of n rows.
func batchOf(n int) *fetcher.Result {
	res := oneHop("http://127.0.0.1:8000/batch")
	for i := range n {
		res.Request.Rows = append(res.Request.Rows, fetcher.Row{{Column: "cid", Value: strconv.Itoa(i + 1)}, {Column: "source", Value: "a list"}})
	}
	return res
}

func BenchmarkAppendJSON(b *testing.B) {
	r := record.From(oneHop("http://127.0.0.1:8000/bytes/1024/00012345"))
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		record.AppendJSON(dst, r)
	}
}
