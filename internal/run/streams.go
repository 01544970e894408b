package run

import (
	"cmp"
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
	"example.com/fetch/internal/spec"
)

// Streams are what a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// ready says what stands against beginning: that the spec is wrong, or that there is no SOURCE.
func (s Streams) ready(f *spec.Spec, wrong error, sources []string) error {
	if wrong = cmp.Or(f.CheckGuesses(), wrong); wrong != nil || len(sources) > 0 {
		return exit.Usage(wrong)
	}
	if hint := f.SourceTaken(); hint != "" {
		return exit.Usage(errors.New("no SOURCE: " + hint))
	}
	hint := "give a file, a URL, or - for standard input; see fetch -h"
	if f, ok := s.In.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
			hint = "standard input is a pipe: to read the list from it, write fetch -"
		}
	}
	return exit.Usage(errors.New("no SOURCE: " + hint))
}

// tell writes a line to standard error, unless there is -q.
func (s Streams) tell(f *spec.Spec, format string, args ...any) {
	if !f.Quiet {
		Say(s.Err, format, args...)
	}
}

// Say writes a message to w, which is standard error: a line that begins with our name. What it repeats of arguments, names of
// files and answers does nothing to a terminal. All messages are written here, but for the error that ends the program.
func Say(w io.Writer, format string, args ...any) {
	io.WriteString(w, record.PrintableLines("fetch: "+fmt.Sprintf(format, args...))+"\n")
}

// Colored reports whether colour may go to w.
func Colored(when string, w io.Writer) bool {
	return when == "always" || when != "never" && isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
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

// aboveBar is standard error for those who may write while a bar is shown.
type aboveBar struct{ job *job }

func (a aboveBar) Write(p []byte) (int, error) { return a.job.aboveBar(a.job.streams.Err).Write(p) }

// warn warns on standard error.
func (j *job) warn(text string) { Say(aboveBar{j}, "warning: %s", text) }

// aboveBar is w for what is written while a bar may stand there.
func (j *job) aboveBar(w io.Writer) io.Writer {
	if j.line == nil {
		return w
	}
	return j.line.Writer(w)
}

// untilError writes nothing more after an error, so that nothing stands behind a part of something.
type untilError struct {
	w   io.Writer
	err error
}

func (u *untilError) Write(p []byte) (n int, err error) {
	if u.err == nil {
		n, u.err = u.w.Write(p)
	}
	return n, u.err
}

// onScreen is standard output as a terminal, for what is written to it while a bar may stand there: files in step, bodies.
// What a terminal would obey is shown and not obeyed: in a file or a pipe a body is as it came, here it is to be read.
type onScreen struct {
	job  *job
	rest []byte // the beginning of a character whose end has not come
	open bool   // what was last written ended in mid-line
}

// stdout is where files in step and bodies are told of and printed.
func (j *job) stdout() io.Writer {
	if !isTerminal(j.streams.Out) {
		return &untilError{w: j.streams.Out}
	}
	j.screen = &onScreen{job: j}
	return j.screen
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

// show writes a text whose characters are whole, with everything escaped that a terminal would obey, but newlines and tabs.
func (o *onScreen) show(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	o.open = text[len(text)-1] != '\n'
	_, err := io.WriteString(o.job.aboveBar(o.job.streams.Out), record.PrintableLines(string(text)))
	return err
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

// newLogger gives the engine's log the look of our own messages: one line each, without time and level. It tells warnings, and
// with -v why something was not tried again. W must be safe for concurrent use.
func newLogger(w io.Writer, verbose bool) *slog.Logger {
	least := slog.LevelWarn
	if verbose {
		least = slog.LevelInfo
	}
	return slog.New(lineHandler{slog.NewTextHandler(w, &slog.HandlerOptions{Level: least}), w})
}

// lineHandler writes what the Handler in it would write in another form.
type lineHandler struct {
	slog.Handler
	w io.Writer
}

func (h lineHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		fmt.Fprintf(&b, "; %s %v", strings.ReplaceAll(a.Key, "_", " "), a.Value)
		return true
	})
	Say(h.w, "%s", b.String())
	return nil
}
