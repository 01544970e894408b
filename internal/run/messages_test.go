package run

import (
	"bytes"
	"io"
	"testing"

	"example.com/fetch/internal/live"
)

// TestOnScreen: a body is printed as it is, the line that it leaves open is ended once, and the bar is no more in the way
// than elsewhere.
func TestOnScreen(t *testing.T) {
	for _, c := range []struct {
		name   string
		bodies []string
		want   string
	}{
		{"nothing", nil, ""},
		{"an open line", []string{"a", "b"}, "ab\n"},
		{"a line that is ended", []string{"a", "b\n"}, "ab\n"},
		{"what a terminal would obey", []string{"a\x1b[31m\tb\nc\u202e"}, "a\\x1b[31m\tb\nc\\u202e\n"},
		{"a character in two pieces", []string{"\xce", "\xb1\xf0\x9f", "\x98\x80"}, "α😀\n"},
		{"a character cut off", []string{"a\xce"}, "a\\xce\n"},
		{"bytes that are no text", []string{"\xff\xfe\x80"}, "\\xff\\xfe\\x80\n"},
		{"an empty body at the end", []string{"a", ""}, "a\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			j := &job{streams: Streams{Out: &out, Err: io.Discard}}
			j.line = live.Start(t.Context(), live.Options{Mode: live.None, Out: io.Discard})
			defer j.line.Stop()
			j.screen = &onScreen{job: j}
			for _, body := range c.bodies {
				if _, err := io.WriteString(j.screen, body); err != nil {
					t.Fatal(err)
				}
			}
			j.screen.end()
			j.screen.end()
			if got := out.String(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
