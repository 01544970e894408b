package layout

import (
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	const margin = "\n              "
	for _, c := range []struct {
		words string
		cut   bool
		want  string
	}{
		{"", false, "name\n"},
		{"ab cd", false, "name          ab cd\n"},
		{"ab cd é", false, "name          ab cd" + margin + "é\n"},
		{"longer-than-a-line x", false, "name          longer-than-a-line" + margin + "x\n"},
		{"longer-than-a-line x", true, "name          longe…" + margin + "x\n"},
	} {
		p := &Page{Width: Label + 6, Cut: c.cut}
		p.Words("", "name", c.words)
		if got := string(p.Out); got != c.want {
			t.Errorf("%q: got %q, want %q", c.words, got, c.want)
		}
	}
}

func FuzzWords(f *testing.F) {
	f.Add("a.test:80 日本 \xff", 5)
	f.Fuzz(func(t *testing.T, words string, width int) {
		words = strings.Join(strings.Fields(words), " ")
		p := &Page{Width: Label + 1 + width&0xff}
		p.Words("", "", words)
		if joined := strings.Join(strings.Fields(string(p.Out)), " "); joined != words {
			t.Errorf("%q is wrapped to %q", words, joined)
		}
	})
}
