// Package live shows a run or a load test while it is in progress: a few lines at the bottom of a terminal,
// occasional lines in a log, events as JSON, and for a load test metrics for Prometheus.
//
// It takes a snapshot of the engine or of the figures a few times per second and never hooks into them, so
// displaying costs a run nothing. Everything goes to one writer, standard error; other output to the same
// terminal goes through Line.Writer, and so appears above the bar.
package live

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// Mode is how progress is shown. The zero Mode means Auto.
type Mode string

// The modes.
const (
	Auto  Mode = "auto"  // Bar if the output is a terminal that can move its cursor, else Plain
	Bar   Mode = "bar"   // a few lines at the bottom of a terminal, redrawn in place and gone at the end
	Plain Mode = "plain" // a whole line after 2 s and then every 10 s
	JSON  Mode = "json"  // an Event a second, and one at the end
	None  Mode = "none"  // nothing
)

// ParseMode returns the mode with a name; the empty name is Auto. The error lists the modes.
func ParseMode(name string) (Mode, error) {
	switch m := Mode(name); m {
	case "":
		return Auto, nil
	case Auto, Bar, Plain, JSON, None:
		return m, nil
	}
	return "", fmt.Errorf("no progress mode %+q: write auto, bar, plain, json or none", name)
}

const (
	barEvery   = 100 * time.Millisecond
	lineEvery  = time.Second // interval of snapshots in the other modes
	plainFirst = 2 * time.Second
	plainEvery = 10 * time.Second
)

// View is one snapshot of what is in progress.
type View interface {
	// Lines returns what Bar shows: lines of less than width columns, without anything that moves the cursor. If
	// there are more than the terminal has rows, less one, only the first are shown.
	Lines(width, height int, color bool) []string
	// Plain returns what Plain prints, without a line end.
	Plain() string
	// Event returns what JSON prints, a value with a JSON form; final at the end.
	Event(final bool) any
}

// Options say what to show and where. Look is required; the functions are called from one goroutine at a time.
type Options struct {
	Mode  Mode
	Out   io.Writer                  // nil means os.Stderr
	Size  func() (width, height int) // of the terminal, asked before each redraw; nil asks Out; 0 by 0 means 80 by 24
	Color bool                       // whether Bar may use colour; the caller has looked at --color and NO_COLOR
	Look  func() View                // called at the start, and then as often as the mode needs
}

// Line is progress being shown. Its methods are safe for concurrent use.
type Line struct {
	opts   Options
	screen screen
	next   time.Time // when Plain prints again
	cancel context.CancelFunc
	done   chan struct{}
}

// Start shows progress until Stop is called or ctx ends. The caller must call Stop.
func Start(ctx context.Context, opts Options) *Line {
	if opts.Out == nil {
		opts.Out = os.Stderr
	}
	if opts.Size == nil {
		opts.Size = func() (width, height int) { return SizeOf(opts.Out) }
	}
	if opts.Mode == "" || opts.Mode == Auto {
		opts.Mode = pick(opts.Out)
	}
	ctx, cancel := context.WithCancel(ctx)
	l := &Line{opts: opts, next: time.Now().Add(plainFirst), cancel: cancel, done: make(chan struct{})}
	l.screen.out = opts.Out
	if opts.Mode == None {
		close(l.done)
		return l
	}
	opts.Look()
	go l.run(ctx)
	return l
}

// Stop ends the display and waits until it has ended: the bar is erased without residue, and JSON has its last
// event. Further calls do nothing.
func (l *Line) Stop() {
	l.cancel()
	<-l.done
}

// Writer wraps w for other output: while a bar is shown, what is written goes above it. It is for anything that
// may reach the same terminal as the bar, including standard output. Its Write is safe for concurrent use with
// all other Writers of the Line, during the display and after it; an unfinished line suspends the bar.
func (l *Line) Writer(w io.Writer) io.Writer { return &above{screen: &l.screen, w: w} }

// run is the goroutine that takes snapshots and shows them.
func (l *Line) run(ctx context.Context) {
	defer close(l.done)
	every := lineEvery
	if l.opts.Mode == Bar {
		every = barEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			switch l.opts.Mode { // the last thing shown
			case Bar:
				l.screen.draw(nil)
			case JSON:
				l.screen.println(jsonLine(l.opts.Look().Event(true)))
			}
			return
		case <-tick.C:
			l.show(l.opts.Look())
		}
	}
}

// show draws or prints one view.
func (l *Line) show(v View) {
	switch l.opts.Mode {
	case Bar:
		width, height := l.opts.Size()
		width, height = cmp.Or(width, usualWidth), cmp.Or(height, usualHeight)
		lines := v.Lines(width, height, l.opts.Color)
		l.screen.draw(lines[:min(len(lines), max(height-1, 1))])
	case JSON:
		l.screen.println(jsonLine(v.Event(false)))
	default:
		if now := time.Now(); !now.Before(l.next) {
			l.next = now.Add(plainEvery)
			l.screen.println(v.Plain())
		}
	}
}

// pick returns the mode that Auto means for out.
func pick(out io.Writer) Mode {
	f, ok := out.(*os.File)
	if ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		return Bar
	}
	return Plain
}

// SizeOf returns the size of the terminal out, in columns and rows; 0 if it is not a terminal.
func SizeOf(out io.Writer) (width, rows int) {
	if f, ok := out.(*os.File); ok {
		if width, rows, err := term.GetSize(int(f.Fd())); err == nil {
			return width, rows
		}
	}
	return 0, 0
}
