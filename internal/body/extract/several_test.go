package extract

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"example.com/fetch/fetcher"
)

func TestDecodeAll(t *testing.T) {
	for body, want := range map[string]string{
		`{"a":1}`:                        `[{"a":1}]`,
		"{\"a\":1}\n{\"a\":2}\n":         `[{"a":1},{"a":2}]`,
		"{}\r\n\r\n{}":                   `[{},{}]`,
		"\xef\xbb\xbf1\n2":               `[1,2]`,
		"1 2\t3\n":                       `[1,2,3]`,
		`{}{}[]"a""b"{}`:                 `[{},{},[],"a","b",{}]`,
		"\x1e{\"a\":1}\n\x1e{\"a\":2}\n": `[{"a":1},{"a":2}]`,
		"\x1e1\n\x1e\x1etrue\n":          `[1,true]`,
		"[1]\x1e[2]":                     `[[1],[2]]`,
		"null\nfalse\n46.070\n1e400":     `[null,false,46.070,1e400]`,
		"\"a\u2028\"\n":                  `["a` + "\u2028" + `"]`,
	} {
		all, err := DecodeAll([]byte(body))
		if got := string(encoded(all)); err != nil || got != want {
			t.Errorf("%q: got %s, %v, want %s", body, got, err, want)
		}
	}
	for body, want := range map[string]string{
		"":                                   "an empty body instead of JSON",
		" \n":                                "an empty body instead of JSON",
		"\x1e":                               "an empty body instead of JSON",
		"{\"a\":1}\n{\"a\":":                 "not JSON: it ends too early, after 13 bytes",
		"{\"a\":1}\n{\"a\":2":                "not JSON: it ends too early, after 14 bytes",
		"[1]\n\"ab":                          "not JSON: it ends too early, after 7 bytes",
		"1\ntru":                             "not JSON: it ends too early, after 5 bytes",
		"\x1e{\"a\":1\n\x1e{}\n":             "not JSON: it ends too early, after 8 bytes",
		"\x1e{}\n\x1e{\"a\"":                 "not JSON: it ends too early, after 9 bytes",
		"01":                                 "not JSON at byte 2: '1' where the body should end: it holds more than one value",
		"{}1":                                "not JSON at byte 3: '1' where the body should end: it holds more than one value",
		"truefalse":                          "not JSON at byte 5: 'f' where the body should end: it holds more than one value",
		"[1],[2]":                            "not JSON at byte 4: ",
		"{}\nsorry":                          "not JSON at byte 4: ",
		"<html>\x1e{}":                       "an HTML page instead of JSON",
		"{}\n" + strings.Repeat("[", 20_000): "JSON that cannot be read at byte 10004: values nested deeper than 10000",
	} {
		all, err := DecodeAll([]byte(body))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40q: got %v, %v, want %s", body, all, err, want)
		}
	}
}

// TestSeveralValues: what runs on each of the values of a body, and what is one for all.
func TestSeveralValues(t *testing.T) {
	const body = "{\"n\":1,\"l\":[1,2]}\n{\"n\":2,\"l\":[3]}\n{\"next\":\"/2\",\"n\":3,\"l\":[]}\n"
	for _, tt := range []struct {
		name    string
		e       Extractor
		values  string
		next    string
		problem string
	}{
		{"select", Extractor{Select: compiled(t, ".n")}, "1 2 3", "", ""},
		{"split", Extractor{Split: compiled(t, ".l[]")}, "1 2 3", "", ""},
		{"split and select", Extractor{Split: compiled(t, ".l[]"), Select: compiled(t, ".*10")}, "10 20 30", "", ""},
		{"next", Extractor{Next: compiled(t, ".next"), Select: compiled(t, "empty")}, "", "/2", ""},
		{"expect", Extractor{Expect: []*Query{compiled(t, ".n")}, Select: compiled(t, ".n")}, "1 2 3", "", ""},
		{"not as expected", Extractor{Expect: []*Query{compiled(t, ".n<2")}}, "", "", "not as expected: .n<2 is false for"},
		{"select fails on one", Extractor{Select: compiled(t, ".l[0]+.n|if .==5 then error(\"x\") else . end")}, "", "", "select: x"},
		{"one value expected", Extractor{Type: JSON, Select: compiled(t, ".n")}, "", "", "not JSON at byte 19: "},
	} {
		x, err := tt.e.Extract(t.Context(), nil, &fetcher.Request{}, "application/x-ndjson", []byte(body))
		if tt.problem != "" {
			if e, ok := errors.AsType[*fetcher.Error](err); !ok || e.Kind != fetcher.KindExpect || !strings.Contains(err.Error(), tt.problem) {
				t.Errorf("%s: got %v, want %s", tt.name, err, tt.problem)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := string(bytes.Join(rawBytes(x.Values), []byte(" "))); got != tt.values || x.Next != tt.next {
			t.Errorf("%s: values %s, next %q", tt.name, got, x.Next)
		}
	}
}

func rawBytes(values []json.RawMessage) [][]byte {
	var all [][]byte
	for _, v := range values {
		all = append(all, v)
	}
	return all
}

// FuzzDecodeAll: what is read is what encoding/json reads, and a body of one value is that value.
func FuzzDecodeAll(f *testing.F) {
	for _, seed := range []string{"{}\n{}", "1 2", "01", "\x1e{}\n", "[1][2]", "\"a\"\"b\"", "{}\n{\"a\":"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		all, err := DecodeAll(body)
		if one, oneErr := Decode(body); oneErr == nil && (err != nil || !reflect.DeepEqual(all, []any{one})) {
			t.Fatalf("%q is one value, got %v, %v", body, all, err)
		}
		if err != nil {
			return
		}
		d := json.NewDecoder(bytes.NewReader(bytes.ReplaceAll(bytes.TrimPrefix(body, byteOrderMark), []byte(recordSeparator), []byte(" "))))
		d.UseNumber()
		for i := 0; ; i++ {
			var v any
			err := d.Decode(&v)
			if err == io.EOF && i == len(all) {
				return
			}
			if err != nil || i >= len(all) || !reflect.DeepEqual(v, all[i]) {
				t.Fatalf("%q: got %v, the standard library %v, %v", body, all, v, err)
			}
		}
	})
}
