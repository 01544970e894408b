package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/live"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
)

// Streams are what a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// noSource explains what is missing when no SOURCE was given.
func noSource(in io.Reader) error {
	hint := "give a file, a URL, or - for standard input; see fetch -h"
	if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
			hint = "standard input is a pipe: to read the list from it, write fetch -"
		}
	}
	return exit.Usage(errors.New("no SOURCE: " + hint))
}

// ready says what stands against beginning: that the spec is wrong, or that there is no SOURCE.
func (s Streams) ready(wrong error, sources []string) error {
	switch {
	case wrong != nil:
		return exit.Usage(wrong)
	case len(sources) == 0:
		return noSource(s.In)
	}
	return nil
}

// Colored reports whether colour may go to w.
func Colored(when string, w io.Writer) bool {
	switch when {
	case "always":
		return true
	case "never":
		return false
	}
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// shownOn are the options of a report that is written to w, in colour when that is asked for.
func shownOn(w io.Writer, color string, o report.Options) report.Options {
	o.Color, o.Terminal = Colored(color, w), isTerminal(w)
	o.Width, _ = live.SizeOf(w)
	return o
}

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

// newLogger gives the engine's log the look of our own messages: one line each, without time and level.
func newLogger(w io.Writer, least slog.Level) *slog.Logger {
	return slog.New(&lineHandler{w: w, least: least})
}

// logLevel is what the engine may tell: warnings, and with -v why something was not tried again.
func logLevel(verbose bool) slog.Level {
	if verbose {
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

// lineHandler is a slog.Handler; w must be safe for concurrent use.
type lineHandler struct {
	w     io.Writer
	least slog.Level
	attrs []slog.Attr
}

func (h *lineHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.least }

func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString("fetch: " + r.Message)
	add := func(a slog.Attr) bool {
		fmt.Fprintf(&b, "; %s %v", strings.ReplaceAll(a.Key, "_", " "), a.Value)
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	b.WriteByte('\n')
	_, err := io.WriteString(h.w, b.String())
	return err
}

func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &lineHandler{h.w, h.least, append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)}
}

// WithGroup leaves groups out: the engine makes none.
func (h *lineHandler) WithGroup(string) slog.Handler { return h }
