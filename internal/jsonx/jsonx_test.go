package jsonx_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"example.com/fetch/internal/jsonx"
)

// texts are what a reader may stumble over, JSON and not.
func texts() []string {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	return []string{
		``, ` `, `null`, `true`, ` false `, `nul`, `truex`, `"a"`, `""`, `"a`, `"`, "7", `{}`, `[]`, `{`, `]`, `[1,]`, `[,1]`, `[1 2]`, `[1}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{1:1}`,
		`{"a":1}x`, `{"a":1},`, `{} {}`, `1 2`, "{}\x00", "\x00{}", "\ufeff{}", "\u00a01", "\v1", "\n\r\t [ 1 ,\t2\n] \r", `{"a":[1,{"b":"]}"}],"c":null}`,
		`0`, `-0`, `-`, `01`, `1.`, `.5`, `1e`, `1e+`, `+1`, `0x1`, `NaN`, `-0.5E-7`, `1e400`, `9223372036854775808`, `123456789012345678901234567890.10`, strings.Repeat("9", 9_999),
		`{"a":1,"a":{"b":[]},"A":2,"":3,"":4}`, `{"\u0061":1,"a":2}`,
		`"\"\\\/\b\f\n\r\t\u0000\uABCD\ufffd"`, `"\x"`, `"\u12"`, `"\u12g4"`, "\"\\u\x10\x11\x12\x13\"", `"\`, `"\"`, "\"\n\"", "\"\x00\"", "\"\x7f\u2028\"",
		`"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ude00\ud83d"`, `"\ud83d\ud83d\ude00"`, `"\ud83d\u0041"`, `"\ud83d\n"`, `{"\ud83d":1}`,
		"\"\xff\xc3\x28é\xed\xa0\x80\xe2\x82\"", "\"\\\xff\"", "{\"\xff\":\"\xff\\n\"}",
		nested(100), nested(jsonx.MaxDepth), nested(jsonx.MaxDepth + 1), strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 100_000),
	}
}

// standard is what encoding/json makes of a text that is one value.
func standard(text []byte) (v any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return v, json.Valid(text) && d.Decode(&v) == nil
}

// pieces are the tokens of a text, as encoding/json reads them.
func pieces(t *testing.T, text []byte) (all []any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, token)
	}
}

// walk appends the same by the methods of a Reader.
func walk(r *jsonx.Reader, all []any) []any {
	switch r.Kind() {
	case '{':
		all = append(all, json.Delim('{'))
		for key := range r.Object() {
			all = walk(r, append(all, string(key)))
		}
		return append(all, json.Delim('}'))
	case '[':
		all = append(all, json.Delim('['))
		for range r.Array() {
			all = walk(r, all)
		}
		return append(all, json.Delim(']'))
	case '"':
		return append(all, r.String())
	case '0':
		return append(all, json.Number(r.Number()))
	case 't', 'f':
		return append(all, r.Bool())
	}
	if !r.Null() {
		r.Skip() // which tells why
	}
	return append(all, nil)
}

// read calls f with a Reader of a text.
func read(text []byte, f func(*jsonx.Reader)) error {
	r := jsonx.NewReader(text)
	f(&r)
	return r.End()
}

// sameAsStandard fails if encoding/json sees something else in a text.
func sameAsStandard(t *testing.T, text []byte) {
	t.Helper()
	want, ok := standard(text)
	if valid := jsonx.Valid(text); valid != ok {
		t.Fatalf("%.80q: valid is %v", text, valid)
	}
	var got any
	var all []any
	for name, f := range map[string]func(*jsonx.Reader){
		"Any": func(r *jsonx.Reader) { got = r.Any() }, "walk": func(r *jsonx.Reader) { all = walk(r, nil) }, "Skip": (*jsonx.Reader).Skip,
	} {
		given := bytes.Clone(text)
		err := read(given, f)
		for i := range given {
			given[i] = 'x' // what was read must not see it
		}
		var bad *jsonx.Error
		switch {
		case errors.Is(err, jsonx.ErrLongNumber):
			return
		case (err == nil) != ok:
			t.Fatalf("%s of %.80q: %v", name, text, err)
		case err != nil && (!errors.As(err, &bad) || bad.Offset < 0 || bad.Offset > int64(len(text))):
			t.Fatalf("%s of %.80q: %#v", name, text, err)
		}
	}
	compact := jsonx.Compact(text)
	streamed := sameStreamed(t, text, ok)
	if !ok {
		if !bytes.Equal(compact, text) {
			t.Fatalf("%.80q became %.80q", text, compact)
		}
		return
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%.80q is read as %#v, not %#v", text, got, want)
	}
	if want := pieces(t, text); !reflect.DeepEqual(all, want) {
		t.Fatalf("%.80q is read as %#v, not %#v", text, all, want)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil || !bytes.Equal(compact, b.Bytes()) {
		t.Fatalf("%.80q became %.80q, not %.80q", text, compact, b.Bytes())
	}
	if trimmed := bytes.Trim(text, " \t\r\n"); !bytes.Equal(streamed, trimmed) {
		t.Fatalf("%.80q is streamed as %.80q", text, streamed)
	}
	if members, err := jsonx.Members(text); (err == nil) != (streamed[0] == '{') {
		t.Fatalf("%.80q has members %v, %v", text, members, err)
	}
}

// sameStreamed reads a text as a stream, byte by byte, and returns what it is.
func sameStreamed(t *testing.T, text []byte, ok bool) []byte {
	t.Helper()
	limit := len(bytes.Trim(text, " \t\r\n"))
	var got []byte
	for _, read := range []func(*jsonx.Stream){
		(*jsonx.Stream).Skip,
		func(s *jsonx.Stream) {
			value, err := s.Value(limit)
			if got = bytes.Clone(value); err != nil {
				t.Fatalf("%.80q: %v", text, err)
			}
		},
		func(s *jsonx.Stream) {
			if _, err := s.Value(limit - 1); ok && err != jsonx.ErrLongValue {
				t.Fatalf("%.80q is within %d bytes: %v", text, limit-1, err)
			}
		},
	} {
		s := jsonx.NewStream(oneByte{bytes.NewReader(text)})
		read(s)
		if err := s.End(); (err == nil) != ok {
			t.Fatalf("%.80q, streamed: %v", text, err)
		}
	}
	return got
}

// oneByte gives a byte at a time.
type oneByte struct{ io.Reader }

func (r oneByte) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(1, len(p))]) }

func TestReadIsStandard(t *testing.T) {
	for _, text := range texts() {
		sameAsStandard(t, []byte(text))
	}
}

// FuzzRead compares every way to read a text with encoding/json.
func FuzzRead(f *testing.F) {
	for _, text := range texts() {
		if len(text) < 1000 {
			f.Add([]byte(text))
		}
	}
	f.Fuzz(sameAsStandard)
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		text string
		f    func(*jsonx.Reader)
		want string
	}{
		{``, walkAll, "at byte 1: the text ends too early"},
		{`{"secret":{"a" 1}}`, walkAll, "at byte 16: '1' where a colon is due"},
		{`["a`, walkAll, "at byte 4: the text ends too early"},
		{`["\q"]`, walkAll, "at byte 4: 'q' after a backslash"},
		{`{}}`, walkAll, "at byte 3: more follows after the value"},
		{`{},`, walkAll, "at byte 3: more follows after the value"},
		{`{} x`, walkAll, "at byte 4: more follows after the value"},
		{` "x"`, func(r *jsonx.Reader) { r.Int64() }, "at byte 2: not a number"},
		{` 1.5`, func(r *jsonx.Reader) { r.Int64() }, "at byte 2: not a whole number, or one that is too large"},
		{`9223372036854775808`, func(r *jsonx.Reader) { r.Int64() }, "at byte 1: not a whole number, or one that is too large"},
		{`1`, func(r *jsonx.Reader) { _ = r.String() }, "at byte 1: not a string"},
		{`1`, func(r *jsonx.Reader) { r.Bool() }, "at byte 1: neither true nor false"},
		{`{"a": [] , "b" : 1}`, func(r *jsonx.Reader) {
			for range r.Object() {
				for range r.Array() {
				}
			}
		}, "at byte 18: not an array"},
		{`[]`, func(r *jsonx.Reader) {
			for range r.Object() {
			}
		}, "at byte 1: not an object"},
		{`null`, func(r *jsonx.Reader) { r.Open('{') }, "at byte 1: not an object"},
		{`[7]`, func(r *jsonx.Reader) {
			for range r.Array() {
				r.Number()
				r.Fail(errors.New("too odd"))
			}
		}, "at byte 2: too odd"},
		{`[7]`, func(r *jsonx.Reader) { r.Stop(io.ErrClosedPipe) }, io.ErrClosedPipe.Error()},
		{strings.Repeat("[", 20_000), func(r *jsonx.Reader) { r.Any() }, "at byte 10001: values nested deeper than 10000"},
		{"[" + strings.Repeat("9", 10_001) + "]", func(r *jsonx.Reader) { r.Any() }, "at byte 2: a number of more than 10000 characters"},
	} {
		if err := read([]byte(test.text), test.f); err == nil || err.Error() != test.want {
			t.Errorf("%.40q:\n got %v\nwant %s", test.text, err, test.want)
		}
	}
}

func walkAll(r *jsonx.Reader) { walk(r, nil) }

// What is null is zero, wherever something else is wanted.
func TestNull(t *testing.T) {
	for name, zero := range map[string]func(*jsonx.Reader) bool{
		"String": func(r *jsonx.Reader) bool { return r.String() == "" },
		"Cell":   func(r *jsonx.Reader) bool { return r.Cell() == "" },
		"Bool":   func(r *jsonx.Reader) bool { return !r.Bool() },
		"Number": func(r *jsonx.Reader) bool { return r.Number() == nil },
		"Int64":  func(r *jsonx.Reader) bool { return r.Int64() == 0 },
		"Int":    func(r *jsonx.Reader) bool { return r.Int() == 0 },
		"Any":    func(r *jsonx.Reader) bool { return r.Any() == nil },
		"Null":   (*jsonx.Reader).Null,
		"Object": func(r *jsonx.Reader) bool {
			for range r.Object() {
				return false
			}
			return true
		},
		"Array": func(r *jsonx.Reader) bool {
			for range r.Array() {
				return false
			}
			return true
		},
	} {
		r := jsonx.NewReader([]byte(" null "))
		if !zero(&r) || r.End() != nil {
			t.Errorf("%s: %v", name, r.End())
		}
		r = jsonx.NewReader([]byte(" nul"))
		if zero(&r); r.End() == nil {
			t.Errorf("%s reads nul", name)
		}
	}
}

// Several values, one after the other, are read until there are no more.
func TestSeveralValues(t *testing.T) {
	var all []any
	values := func(r *jsonx.Reader) {
		for all = nil; r.Kind() != jsonx.Nothing; {
			all = append(all, r.Any())
		}
	}
	err := read([]byte("{\"a\":1}\n[]\r\n \"x\" \n"), values)
	if want := []any{map[string]any{"a": json.Number("1")}, []any{}, "x"}; err != nil || !reflect.DeepEqual(all, want) {
		t.Errorf("%v, %v", all, err)
	}
	for text, want := range map[string]error{"{}\n{\"a\":": jsonx.ErrEnd, "1,2": jsonx.ErrMore, "[] x": jsonx.ErrMore} {
		if err := read([]byte(text), values); !errors.Is(err, want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestCell(t *testing.T) {
	for value, want := range map[string]string{
		`"a\nb"`: "a\nb", `""`: "", `null`: "", `true`: "true", `1.50`: "1.50", `[1, "a b"]`: `[1,"a b"]`, "{ \"\\u0061\":\t[ ] }": `{"\u0061":[]}`, "\"\xff\"": "\ufffd",
	} {
		var cell string
		err := read([]byte(value), func(r *jsonx.Reader) { cell = r.Cell() })
		if got := jsonx.Cell([]byte(value)); got != want || cell != want || err != nil {
			t.Errorf("%s: got %q and %q, %v; want %q", value, got, cell, err, want)
		}
	}
}

// What is kept holds no more than it must, and what is given can be appended to.
func TestMemory(t *testing.T) {
	text := []byte(`["short","` + strings.Repeat("x", 1<<20) + `"]`)
	var kept []string
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 50 {
		r := jsonx.NewReader(text)
		r.Open('[')
		r.More(']')
		kept = append(kept, r.String())
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if after.HeapAlloc > before.HeapAlloc+1<<20 {
		t.Errorf("%d strings hold %d bytes", len(kept), after.HeapAlloc-before.HeapAlloc)
	}
	runtime.KeepAlive(kept)

	text = []byte(`[1,2]`)
	members := jsonx.NewReader(text)
	members.Open('[')
	members.More(']')
	_ = append(members.Value(), "xxx"...)
	if string(text) != `[1,2]` {
		t.Errorf("became %s", text)
	}
}

func TestSeek(t *testing.T) {
	r := jsonx.NewReader([]byte(`{"at":1,"x":"\",\"at\":2","y":["at",{"z":0,"at":"3"}],"not at":4,"at" :5,"at":6,"last":7}`))
	var found []string
	for r.Seek(`,"at":`) {
		found = append(found, string(r.Value()))
	}
	if want := []string{`"3"`, "6"}; !slices.Equal(found, want) || !errors.Is(r.Err(), jsonx.ErrEnd) {
		t.Errorf("found %q, %v", found, r.Err())
	}
}

func TestField(t *testing.T) {
	r := jsonx.NewReader([]byte(`{"a":1,"b":2, "c":3}`))
	if r.Field(`,"a":`) {
		t.Error("it begins before the object does")
	}
	r.Open('{')
	if r.Field(`,"b":`) || !r.Field(`,"a":`) || r.Int() != 1 {
		t.Error("the first member is not found")
	}
	if r.Field(`,"a":`) || !r.Field(`,"b":`) || r.Int() != 2 {
		t.Error("the second member is not found")
	}
	if r.Field(`,"c":`) || !r.More('}') || string(r.Key()) != "c" || r.Int() != 3 {
		t.Error("the third member has a space before it")
	}
	if r.Field(`,"d":`) || r.More('}') || r.End() != nil {
		t.Error("the end is not found", r.Err())
	}
}
