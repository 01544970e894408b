package extract

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"example.com/fetch/internal/jsonx"
)

// decodedByStandard is what encoding/json makes of a body that is one value.
func decodedByStandard(body []byte) (any, bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if !json.Valid(body) || d.Decode(&v) != nil {
		return nil, false
	}
	return v, true
}

func TestDecodeError(t *testing.T) {
	for _, test := range []struct{ body, want string }{
		{"", "an empty body instead of JSON"},
		{" \r\n\t", "an empty body instead of JSON"},
		{"\xef\xbb\xbf", "an empty body instead of JSON"},
		{"<!DOCTYPE html>\n<html><title>503</title>", "an HTML page instead of JSON"},
		{"  <!-- x --><HTML lang=en>", "an HTML page instead of JSON"},
		{`<?xml version="1.0"?><Fault/>`, "XML or HTML instead of JSON"},
		{"\x1f\x8b\x08\x00", "a gzip file instead of JSON"},
		{"PK\x03\x04", "a zip file instead of JSON"},
		{"\xff\xfe{\x00", "text in UTF-16 instead of JSON"},
		{"CID,Name\n1,a\n", `not JSON at byte 1: 'C' where a value is due`},
		{`{"a":1`, "not JSON: it ends too early, after 6 bytes"},
		{`{"a`, "not JSON: it ends too early, after 3 bytes"},
		{`["\u12`, "not JSON at byte 4: 'u' without four hexadecimal digits after it"},
		{`tru`, "not JSON: it ends too early, after 3 bytes"},
		{`{"a":1,}`, `not JSON at byte 8: '}' where a key in quotes is due`},
		{`{'a':1}`, `not JSON at byte 2: '\'' where a key in quotes is due`},
		{`{"a" 1}`, `not JSON at byte 6: '1' where a colon is due`},
		{`[1 2]`, `not JSON at byte 4: '2' where a comma or ] is due`},
		{`[1}`, `not JSON at byte 3: '}' where a comma or ] is due`},
		{`[NaN]`, `not JSON at byte 2: 'N' where a value is due`},
		{`nul!`, `not JSON at byte 4: '!' in what should be null`},
		{`01`, `not JSON at byte 2: '1' where the body should end: it holds more than one value`},
		{"{}\n{}\n", `not JSON at byte 4: '{' where the body should end: it holds more than one value`},
		{"\xef\xbb\xbf[1,]", `not JSON at byte 7: ']' where a value is due`},
		{`1.`, "not JSON: it ends too early, after 2 bytes"},
		{`-x`, `not JSON at byte 2: 'x' where a digit is due`},
		{`1e+]`, `not JSON at byte 4: ']' where a digit is due`},
		{"\"a\nb\"", `not JSON at byte 3: '\n' within a string`},
		{`"\x"`, `not JSON at byte 3: 'x' after a backslash`},
		{strings.Repeat("[", 20_000), "JSON that cannot be read at byte 10001: values nested deeper than 10000"},
		{strings.Repeat("9", 20_000), "JSON that cannot be read at byte 1: a number of more than 10000 characters"},
	} {
		v, err := Decode([]byte(test.body))
		if err == nil || err.Error() != test.want {
			t.Errorf("%.40q:\n got %v, %v\nwant %s", test.body, v, err, test.want)
		}
	}
}

func TestDecodeLikeStandard(t *testing.T) {
	for _, body := range []string{
		"null", "true", " false ", `""`, `"a"`, "0", "-0.5e-7", "[]", "{}", "[ ]", "{ }", "[1,[2,{}]]",
		`{"a":{"b":[1,2.50,"x"]},"a":2}`, `{"":0}`,
		`"\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00\uD83D\u0041\udE00\ud83d"`,
		"\"\xff\xc3\x28é\xed\xa0\x80\"", "\"\xff\\n\xff\"", "\"\u2028\x7f\"",
		strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000),
		ethanol,
	} {
		want, ok := decodedByStandard([]byte(body))
		got, err := Decode([]byte(body))
		if !ok || err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%.60q: got %v, %v; want %v", body, got, err, want)
		}
	}
	if v, err := Decode([]byte("\xef\xbb\xbf{}")); err != nil || !reflect.DeepEqual(v, map[string]any{}) {
		t.Errorf("with a byte order mark: %v, %v", v, err)
	}
}

func TestTooDeep(t *testing.T) {
	v := any(1)
	for range jsonx.MaxDepth {
		v = []any{v}
	}
	left := newBudget(maxValues)
	if _, err := left.encode([]any{v}); err != nil {
		t.Error(err)
	}
	if _, err := left.encode([]any{[]any{v}}); err == nil || err.Error() != "a value nested deeper than 10000" || !left.exceeded {
		t.Error(err)
	}
}

// numbers are the texts of all numbers in a body, in order, that encoding/json has read.
func numbers(t *testing.T, body []byte) []string {
	t.Helper()
	var all []string
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err != nil {
			return all
		}
		if n, ok := token.(json.Number); ok {
			all = append(all, n.String())
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		ethanol, "", "<html>", `[46.070, 9007199254740993, 1e400, -0]`, `{"a":1,"a":{"b":[]}}`, `"\ud83d\ude00\ud83d\u0041"`, "\"\xff\"",
		`{"Fault":{"Code":"PUGREST.NotFound","Details":["x"]}}`, `{"Waiting":{"ListKey":3141592653589793238}}`, "[1,", "1 2", "\xef\xbb\xbf{}",
	} {
		f.Add([]byte(seed))
	}
	queries := []*Query{compiled(f, "."), compiled(f, weights), compiled(f, `type == "object" and (.Fault | not)`), compiled(f, ".. | numbers + 1"), compiled(f, "[.. | tostring] | sort | unique")}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := Decode(body)
		want, ok := decodedByStandard(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
		switch {
		case err != nil && ok && !strings.HasPrefix(err.Error(), "JSON that cannot be read"):
			t.Fatalf("%q is JSON, but %v", body, err)
		case err == nil && !reflect.DeepEqual(v, want):
			t.Fatalf("%q: got %v, want %v", body, v, want)
		case err != nil:
			return
		}
		for _, q := range queries {
			all, err := q.Run(t.Context(), v)
			if err != nil && len(err.Error()) > maxMessage+10 {
				t.Errorf("%s: %d bytes of error", q, len(err.Error()))
			}
			for _, output := range all {
				if text := encoded(output); !json.Valid(text) {
					t.Errorf("%s: got %q", q, text)
				}
			}
		}
		// Decoded, selected and encoded, every number still is what it was: those of the text that was read again must
		// be, too, whatever the order of the keys.
		text := encoded(v)
		again, err := Decode(text)
		if err != nil || !reflect.DeepEqual(again, want) {
			t.Errorf("%q became %q, %v", body, text, err)
		}
		if _, isArray := v.([]any); isArray && !bytes.ContainsRune(body, '{') {
			if a, b := numbers(t, bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))), numbers(t, text); !reflect.DeepEqual(a, b) {
				t.Errorf("numbers %q became %q", a, b)
			}
		}
	})
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{"", weights, ".a | | .b", "$ENV", `"\(1)`, "def f: f; f", "{(1):2}", ".a-b", "é", `include "a"; .`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Compile(text)
		if err != nil {
			if message := err.Error(); strings.ContainsAny(message, "\r\n") || len(message) > 2*around+maxMessage+200 {
				t.Errorf("%q: %q", text, message)
			}
			return
		}
		q.Columns()
	})
}
