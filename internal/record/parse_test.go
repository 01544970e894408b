package record_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// reference reads a record by encoding/json.
func reference(data []byte) (*record.Record, error) {
	type plain record.Record // without its methods
	in := struct {
		V int64 `json:"v"`
		*plain
		Row  referenceRow      `json:"row"`
		Rows []referenceAnswer `json:"rows"`
		referenceValues
	}{plain: (*plain)(&record.Record{})}
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, err
	}
	if in.V != record.Version {
		return nil, errors.New("another version")
	}
	r := (*record.Record)(in.plain)
	r.Row = fetcher.Row(in.Row)
	r.Values = in.all()
	if in.Rows != nil {
		r.Rows = make([]record.Answer, len(in.Rows))
		for i, a := range in.Rows {
			r.Rows[i] = record.Answer{Row: fetcher.Row(a.Row), OK: a.OK, Error: a.Error, Values: a.all()}
		}
	}
	return r, nil
}

type referenceAnswer struct {
	Row   referenceRow `json:"row"`
	OK    bool         `json:"ok"`
	Error string       `json:"error"`
	referenceValues
}

type referenceValues struct {
	One     json.RawMessage   `json:"value"`
	Several []json.RawMessage `json:"values"`
}

func (v *referenceValues) all() []json.RawMessage {
	if v.One != nil {
		return []json.RawMessage{v.One}
	}
	return v.Several
}

type referenceRow fetcher.Row

func (r *referenceRow) UnmarshalJSON(data []byte) error {
	*r = nil
	if string(data) == "null" {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return errors.New("row is not an object")
	}
	for dec.More() {
		column, err := dec.Token()
		if err != nil {
			return err
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		value := string(raw)
		if raw[0] == '"' {
			if err := json.Unmarshal(raw, &value); err != nil {
				return err
			}
		}
		name, _ := column.(string)
		*r = append(*r, fetcher.Cell{Column: name, Value: value})
	}
	return nil
}

// ambiguous reports whether encoding/json has a way of its own with an object in data: a key is there twice, or is one of
// ours but for the case of its letters.
func ambiguous(data []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(data))
	type object struct {
		keys  map[string]bool // nil: an array
		value bool            // next comes a value
	}
	var open []object
	for {
		t, err := dec.Token()
		if err == io.EOF {
			return false
		}
		if err != nil {
			return false // refused by both
		}
		var in *object
		if len(open) > 0 {
			in = &open[len(open)-1]
		}
		if key, ok := t.(string); ok && in != nil && in.keys != nil && !in.value {
			if in.keys[key] || slices.ContainsFunc(names(), func(n string) bool { return n != key && strings.EqualFold(n, key) }) {
				return true
			}
			in.keys[key] = true
			in.value = true
			continue
		}
		if t == json.Delim('}') || t == json.Delim(']') {
			open = open[:len(open)-1]
			continue
		}
		if in != nil {
			in.value = false
		}
		switch t {
		case json.Delim('{'):
			open = append(open, object{keys: map[string]bool{}})
		case json.Delim('['):
			open = append(open, object{})
		}
	}
}

func names() []string {
	return strings.Fields(`v seq page id name row method url final_url host ok status class error error_body attempts earlier_attempts due_ms queue_ms
		limiter_ms service_ms backoff_ms response_ms bytes wire_bytes content_type etag more digest sha256 file value values rows notes start_ms hops
		proto remote reused phases_ms blocked dns connect tls send wait receive`)
}

// sameAsReference fails if Parse and encoding/json do not see the same in data.
func sameAsReference(t testing.TB, data []byte) {
	t.Helper()
	if ambiguous(data) {
		return
	}
	want, wantErr := reference(data)
	given := bytes.Clone(data)
	var got record.Record
	err := record.Parse(given, &got)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%q: %v; encoding/json: %v", data, err, wantErr)
	}
	if err != nil {
		want = &record.Record{}
	}
	for i := range given {
		given[i] = 'x' // the record must not see it
	}
	if diff := cmp.Diff(want, &got); diff != "" {
		t.Fatalf("%q: %s", data, diff)
	}
}

// oddities are lines that a parser may stumble over.
func oddities() []string {
	all := []string{
		``, ` `, `null`, `[]`, `1`, `"v"`, `{`, `{}`, `{"v"`, `{"v":`, `{"v":1`, `{"v":1,`, `{"v":1,}`, `{"v":1}`, ` { "v" : 1 } ` + "\r\n\t", `{"v":1}x`,
		`{"v":1}{"v":1}`, `{"v":2}`, `{"v":2`, `{"v":null}`, `{"v":1.0}`, `{"v":"1"}`, `{v:1}`, `{"v":1;"seq":2}`, "{\"v\":1}\x00", "\x00{\"v\":1}", "\ufeff{\"v\":1}",
		`{"seq":5,"v":1}`, `{"seq":"x","v":2}`, `{"x":{"a":[1,{"b":null}],"":true},"v":1,"y":[[],{},"",-0.1e+2,false]}`,
	}
	values := []string{
		`null`, `true`, `false`, `nul`, `tru`, `truex`, `0`, `-0`, `-`, `01`, `1.`, `.5`, `1.5`, `1e3`, `1E-3`, `1e`, `1e+`, `+1`, `-1`, `0x1`, `NaN`, `Infinity`,
		`9223372036854775807`, `9223372036854775808`, `-9223372036854775808`, `-9223372036854775809`, `999999999999999999`, `1000000000000000000`,
		`2251799813685248`, `2251799813685.248`, `2251799813685.249`, `1e400`, `1e-400`, `0.0005`, `0.0004`, `1.2345`, `-1.5`, `123456789012.5`,
		`""`, `"a`, `"`, `"\`, `"\"`, `"\x"`, `"\u12"`, `"\u12g4"`, `"\u"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ude00\ud83d"`, `"\ud83d\ud83d\ude00"`, `"\ud83d\u0041"`,
		`"\ud83d\n"`, `"\"\\\/\b\f\n\r\t\u0000\uABCD\ufffd"`, "\"\x00\"", "\"\t\"", "\"\x7f\"", "\"\xff\xc3\"", "\"\xed\xa0\x80é\xe2\x82\"", "\"\u2028\"", `"é世😀"`, "\"\\\xff\"",
		`[]`, `{}`, `[null]`, `["a",null]`, `[1]`, `[1,]`, `[,1]`, `[1 2]`, `[{}]`, `[[]]`, `[{"hops":[{}]}]`, `[{"hops":null},{"hops":[]},{"hops":[null,{"url":"x"}]},null]`,
		`{"a":1}`, `{"a":"x","b":null,"c":["\u0061"],"\u0064":"\n"}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{1:1}`, `{"a":[}`, `[{"row":{"a":"1"},"ok":true,"value":[ 1 ]},null,{"values":[1,{}]}]`,
		`[{"row":[]}]`, `[{"phases_ms":null}]`, `[{"hops":[{"phases_ms":{"wait":0.25,"x":1}}]}]`, `[{"hops":[{"phases_ms":[]}]}]`, "[\n1 ,\t2\r]", "\u00a01",
	}
	for _, name := range names()[1:] {
		for _, v := range values {
			all = append(all, `{"v":1,"`+name+`":`+v+`}`)
		}
	}
	for _, v := range values {
		all = append(all, `{"v":1,"unknown":`+v+`}`)
	}
	for _, n := range []int{9998, 9999, 10000, 10001} { // with the record, and the object in it
		all = append(all, `{"v":1,"value":`+strings.Repeat("[", n)+strings.Repeat("]", n)+`}`,
			`{"v":1,"x":{"y":`+strings.Repeat(`{"z":`, n)+"1"+strings.Repeat("}", n)+`}}`)
	}
	long := strings.Repeat("x", 20<<10)
	return append(all, `{"v":1,"name":"`+long+`","value":"`+long+`","row":{"a":"`+long+`\n","`+long+`":""},"url":"http://h/"}`,
		`{"v":1,"notes":["a","\u0062",""],"s\u0065q":7,"\u0076":1,"value":1,"values":[2]}`)
}

func TestParseIsStandard(t *testing.T) {
	for _, line := range oddities() {
		sameAsReference(t, []byte(line))
	}
	rapid.Check(t, func(rt *rapid.T) {
		line := record.AppendLine(nil, genRecord(rt))
		sameAsReference(t, line)
		sameAsReference(t, line[:rapid.IntRange(0, len(line)).Draw(rt, "cut")])
	})
}

func FuzzParse(f *testing.F) {
	for i, line := range oddities() {
		if i < 50 || i%41 == 0 && len(line) < 1000 { // of the many, values of every kind for names of every kind
			f.Add([]byte(line))
		}
	}
	f.Add(record.AppendLine(nil, record.From(oneHop("http://127.0.0.1:8000/2"))))
	f.Fuzz(func(t *testing.T, data []byte) { sameAsReference(t, data) })
}

// Where encoding/json has a way of its own, ours is this one.
func TestParseAmbiguous(t *testing.T) {
	const line = `{"v":1,"seq":1,"seq":2,"Seq":3,"attempts":[{"status":1,"error":"x"},{}],"attempts":[{"status":2}],"row":{"a":"1","a":"2"}}`
	want := record.Record{Seq: 2, Attempts: []record.Attempt{{Status: 2}}, Row: fetcher.Row{{Column: "a", Value: "1"}, {Column: "a", Value: "2"}}}
	var got record.Record
	if err := record.Parse([]byte(line), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseErrors(t *testing.T) {
	for line, want := range map[string]string{
		`{"v":3,"seq":"new"`:        "a record of version 3, and only version 1 can be read",
		`{"seq":1}`:                 "a record of version 0, and only version 1 can be read",
		`[]`:                        "not a record: at byte 1: not an object",
		`{"v":1,"seq":"x"}`:         "not a record: at byte 14: not a number",
		`{"v":1,"due_ms":"secret"}`: "not a record: at byte 17: not a number",
		`{"v":1,"due_ms":1e99}`:     "not a record: at byte 17: duration out of range",
		`{"v":1,"url":5}`:           "not a record: at byte 14: not a string",
		`{"v":1,"url":"\q"}`:        "not a record: at byte 16: 'q' after a backslash",
		"{\"v\":1,\"url\":\"a\n\"}": `not a record: at byte 16: '\n' within a string`,
		`{"v":1,"url":"http://h/`:   "not a record: at byte 24: the text ends too early",
		`{"v":1 "seq":1}`:           `not a record: at byte 8: '"' where a comma or } is due`,
		`{"v":1}}`:                  "not a record: at byte 8: more follows after the value",
		`{"v":1,"value":}`:          "not a record: at byte 16: '}' where a value is due",
		`{"v":1,"ok":1}`:            "not a record: at byte 13: neither true nor false",
		`{"v":1,"row":{"a" 1}}`:     "not a record: at byte 19: '1' where a colon is due",
	} {
		r := record.Record{Seq: 7}
		if err := record.Parse([]byte(line), &r); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", line, err, want)
		}
		if diff := cmp.Diff(record.Record{}, r); diff != "" {
			t.Errorf("%s left %s", line, diff)
		}
	}
}

// A record that was read replaces all that r held before.
func TestParseReplaces(t *testing.T) {
	var r record.Record
	for _, line := range []string{
		`{"v":1,"seq":1,"more":true,"earlier_attempts":2,"row":{"a":"b"},"rows":[{}],"values":[1,2],"notes":["x"],"attempts":[{"hops":[{"url":"u"}]}]}`,
		`{"v":1,"seq":2}`,
	} {
		if err := record.Parse([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(record.Record{Seq: 2}, r); diff != "" {
		t.Error(diff)
	}
}

func TestMicrosRoundTrip(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, m record.Micros) {
		text, _ := m.AppendText(nil)
		var got record.Micros
		if err := got.UnmarshalJSON(text); err != nil || got != m {
			t.Fatalf("%s: %d, %v; want %d", text, got, err, m)
		}
	}
	for _, m := range []record.Micros{0, 1, 10, 100, 999, 1000, 1 << 50, 1<<50 + 1, 1<<51 - 1, 1 << 51, -1, -1 << 51} {
		check(t, m)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, record.Micros(rapid.Int64Range(-1<<51, 1<<51).Draw(t, "m"))) })
	rapid.Check(t, func(t *rapid.T) { // whatever else is a number
		text := rapid.StringMatching(`(0|[1-9][0-9]{0,9})(\.[0-9]{1,8})?(e-?[0-9])?`).Draw(t, "number")
		ms, _ := strconv.ParseFloat(text, 64)
		want := math.Round(ms * 1000)
		var got record.Micros
		if err := got.UnmarshalJSON([]byte(text)); (err == nil) != (want <= 1<<51) || err == nil && float64(got) != want {
			t.Fatalf("%s: %d, %v; want %v", text, got, err, want)
		}
	})
}

func TestParseAllocates(t *testing.T) {
	line := record.AppendLine(nil, record.From(oneHop("http://127.0.0.1:8000/2")))
	var r record.Record
	if n := testing.AllocsPerRun(100, func() { _ = record.Parse(line, &r) }); n > 2 {
		t.Errorf("%v allocations: one for the strings and one for the attempt are enough", n)
	}
}

func BenchmarkParse(b *testing.B) {
	line := record.AppendLine(nil, record.From(oneHop("http://127.0.0.1:8000/bytes/1024/00012345")))
	var r record.Record
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if err := record.Parse(line, &r); err != nil {
			b.Fatal(err)
		}
	}
}
