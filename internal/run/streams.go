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

// Streams are the standard streams of a command.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// ready returns an error if the run cannot begin, because the spec is wrong or there is no SOURCE.
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

// note writes a message to standard error, unless -q is given.
func (s Streams) note(f *spec.Spec, format string, args ...any) {
	if !f.Quiet {
		Say(s.Err, format, args...)
	}
}

// Say writes a message to w, which is standard error: one line that begins with the name of the program.
// Control characters in arguments, file names and responses are escaped for the terminal. All messages are
// written here, except for the error that ends the program.
func Say(w io.Writer, format string, args ...any) {
	io.WriteString(w, record.PrintableLines("fetch: "+fmt.Sprintf(format, args...))+"\n")
}

// Colored reports whether output to w may be coloured.
func Colored(when string, w io.Writer) bool {
	return when == "always" || when != "never" && isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// shownOn returns the options of a report to w, coloured if that is asked for.
func shownOn(w io.Writer, color string, o report.Options) report.Options {
	o.Color, o.Terminal = Colored(color, w), isTerminal(w)
	o.Width, _ = live.SizeOf(w)
	return o
}

// aboveBar writes to standard error, above the progress bar if one is shown.
type aboveBar struct{ job *job }

func (a aboveBar) Write(p []byte) (int, error) { return a.job.aboveBar(a.job.streams.Err).Write(p) }

// warn writes a warning to standard error.
func (j *job) warn(text string) { Say(aboveBar{j}, "warning: %s", text) }

// aboveBar returns a writer to w that keeps the progress bar intact.
func (j *job) aboveBar(w io.Writer) io.Writer {
	if j.line == nil {
		return w
	}
	return j.line.Writer(w)
}

// untilError writes nothing more after an error, so that nothing follows a partial write.
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

// onScreen is standard output on a terminal that may show a progress bar, for bodies and the lines of fetch
// sync. Control characters are escaped. In a file or a pipe a body is written unchanged.
type onScreen struct {
	job  *job
	rest []byte // incomplete UTF-8 sequence at the end of the last write
	open bool   // the last write ended in mid-line
}

// stdout returns the writer for bodies and the lines of fetch sync.
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

// show writes text of complete characters, with control characters escaped except newlines and tabs.
func (o *onScreen) show(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	o.open = text[len(text)-1] != '\n'
	_, err := io.WriteString(o.job.aboveBar(o.job.streams.Out), record.PrintableLines(string(text)))
	return err
}

// end ends the line, so that the next output starts on a line of its own. A body is printed as it is, and few
// bodies end with a newline.
func (o *onScreen) end() {
	o.show(o.rest)
	o.rest = nil
	if o.open {
		o.show([]byte{'\n'})
	}
}

// newLogger returns a logger for the engine whose lines look like our messages, without time and level. It
// logs warnings, and with -v the reasons why a request was not retried. W must be safe for concurrent use.
func newLogger(w io.Writer, verbose bool) *slog.Logger {
	least := slog.LevelWarn
	if verbose {
		least = slog.LevelInfo
	}
	return slog.New(lineHandler{slog.NewTextHandler(w, &slog.HandlerOptions{Level: least}), w})
}

// lineHandler reformats what the Handler in it would write.
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
