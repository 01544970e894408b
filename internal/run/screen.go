package run

import (
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"example.com/fetch/internal/record"
)

// onScreen is standard output as a terminal, for what is written to it while a bar may stand there: files in step, bodies.
// What a terminal would obey is shown and not obeyed: in a file or a pipe a body is as it came, here it is to be read.
type onScreen struct {
	job  *job
	rest []byte // the beginning of a character whose end has not come
	open bool   // what was last written ended in mid-line
}

func (o *onScreen) Write(p []byte) (int, error) {
	text := slices.Concat(o.rest, p)
	whole := len(text)
	for back := 1; back < utf8.UTFMax && back <= len(text); back++ {
		if last := text[len(text)-back:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				whole -= back
			}
			break
		}
	}
	o.rest = slices.Clone(text[whole:])
	if err := o.show(text[:whole]); err != nil {
		return 0, err
	}
	return len(p), nil
}

// show writes a text whose characters are whole.
func (o *onScreen) show(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	o.open = text[len(text)-1] != '\n'
	var w io.Writer = o.job.streams.Out
	if o.job.line != nil {
		w = o.job.line.Writer(w)
	}
	_, err := io.WriteString(w, visible(string(text)))
	return err
}

// visible is a text with everything escaped that a terminal would obey, but newlines and tabs.
func visible(text string) string {
	var b strings.Builder
	for text != "" {
		end := strings.IndexAny(text, "\n\t")
		if end < 0 {
			end = len(text)
		}
		b.WriteString(record.Printable(text[:end]))
		if end < len(text) {
			b.WriteByte(text[end])
			end++
		}
		text = text[end:]
	}
	return b.String()
}

// end ends the line, so that what comes next on the terminal stands on its own. A body is printed as it is, and few of
// them end with a newline.
func (o *onScreen) end() {
	o.show(o.rest)
	o.rest = nil
	if o.open {
		o.show([]byte{'\n'})
	}
}

// stdout is where files in step and bodies are told of and printed.
func (j *job) stdout() io.Writer {
	if !isTerminal(j.streams.Out) {
		return j.streams.Out
	}
	j.screen = &onScreen{job: j}
	return j.screen
}
