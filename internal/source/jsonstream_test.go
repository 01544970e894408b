package source

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

// FuzzJSONStream checks that any JSON value is read and passed over whole, however small the buffer is.
func FuzzJSONStream(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,{"b":"]}"}],"c":null}`, `"\""`, `"\\"`, `"\\\""`, `-1.5e+3`, `[]`, `"` + strings.Repeat(`\\`, 20) + `"`, `"0123456789abcdef\\\"x"`, ` true `, `{`, `]`, `"\`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		stream := func() *jsonStream {
			return &jsonStream{reader: bufio.NewReaderSize(strings.NewReader(text+"\n7"), 16)}
		}
		j := stream()
		got, err := j.value(len(text))
		if !json.Valid([]byte(text)) {
			return // it must have come to an end
		}
		if want := strings.TrimSpace(text); err != nil || string(got) != want {
			t.Fatalf("%q is read as %q, %v", text, got, err)
		}
		if c, err := j.peek(); err != nil || c != '7' {
			t.Errorf("after %q comes %q, %v", text, c, err)
		}
		j = stream()
		if err := j.skip(); err != nil {
			t.Fatalf("%q is not passed over: %v", text, err)
		}
		if rest, err := io.ReadAll(j.reader); err != nil || string(bytes.TrimSpace(rest)) != "7" {
			t.Errorf("after %q comes %q, %v", text, rest, err)
		}
		if _, err := stream().value(len(got) - 1); err != errLongValue {
			t.Errorf("%q is within %d bytes: %v", text, len(got)-1, err)
		}
	})
}
