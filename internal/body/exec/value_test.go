package exec

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func TestValue(t *testing.T) {
	for _, test := range []struct{ output, want string }{
		{"", `""`},
		{"\n", `""`},
		{"12\n", `12`},
		{"      12\n", `12`},
		{"46.070\n", `46.070`},
		{"9007199254740993", `9007199254740993`},
		{"007\n", `"007"`},
		{"abc\r\n", `"abc"`},
		{"abc\n\n", `"abc\n"`},
		{"a\r", `"a\r"`},
		{"{\n  \"a\": [1, 2]\n}\n", `{"a":[1,2]}`},
		{"{\"a\": \"<\"}\n", `{"a":"<"}`},
		{"<b>\n", `"<b>"`},
		{"null\n", `null`},
		{"\"a\xff\"\n", "\"a\uFFFD\""},
		{"a\xffb", "\"a\uFFFDb\""},
		{"1\n2\n", `"1\n2"`},
	} {
		got, whole := Value([]byte(test.output))
		if string(got) != test.want || whole != utf8.ValidString(test.output) {
			t.Errorf("%q: got %s, whole %v, want %s", test.output, got, whole, test.want)
		}
	}
}

func FuzzValue(f *testing.F) {
	for _, seed := range []string{"", "12\n", "{\"a\": 1.50}\r\n", "a\xffb", "\x1b[31m", "[1,"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, output []byte) {
		v, _ := Value(output)
		if !json.Valid(v) || !utf8.Valid(v) {
			t.Errorf("%q became %q", output, v)
		}
	})
}
