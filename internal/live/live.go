// Package live shows how a run or a load test goes while it goes: a few lines at the bottom of a terminal, a line now and then
// in a log, events as JSON, and of a load test metrics for Prometheus.
//
// It pulls a snapshot of the engine or of the figures a few times a second and never hooks into them, so showing costs a run
// nothing. Everything goes to one writer, standard error; what else is printed to the same terminal meanwhile goes
// through Line.Writer, and so stands above the bar.
package live

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"example.com/fetch/fetcher"
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

// ParseMode is the mode of that name; the empty name is Auto. The error says which there are.
func ParseMode(name string) (Mode, error) {
	switch m := Mode(name); m {
	case "":
		return Auto, nil
	case Auto, Bar, Plain, JSON, None:
		return m, nil
	}
	return "", fmt.Errorf("no progress mode %s: write auto, bar, plain, json or none", quote(name))
}

const (
	barEvery   = 100 * time.Millisecond
	lineEvery  = time.Second // how often the other modes look at the engine
	plainFirst = 2 * time.Second
	plainEvery = 10 * time.Second
)

// Options say what to show and where. Stats is required; the functions are called from one goroutine at a time.
type Options struct {
	Mode  Mode
	Out   io.Writer            // nil means os.Stderr
	Width func() int           // columns of the terminal, asked before each redraw; nil asks Out; 0 means 80
	Rows  func() int           // rows of the terminal, asked before each redraw; nil asks Out; 0 means 24
	Color bool                 // whether Bar may use colour; the caller has looked at --color and NO_COLOR
	Stats func() fetcher.Stats // the engine's snapshot
	Total func() (int64, bool) // how many results there will be, once that is known; nil: it never is
	// Asked is what was asked for of a host: hops in flight, and hops a second; 0: no bound. Nil: it is not known.
	Asked func(host string) (slots int, perSecond float64)

	// Lines is what Bar shows in place of its own lines: each of less than width columns, and without anything that moves
	// the cursor. Of more than the terminal has rows, less one, only the first are shown. Nil: Bar's own.
	Lines func(width, height int, color bool) []string
	// Plain is what Plain prints in place of its own line, without a line end. Nil: Plain's own.
	Plain func() string
	// Event is what JSON prints in place of its own event, without a line end; final at the end. Nil: JSON's own.
	Event func(final bool) string
}

// Line is progress being shown. Its methods are safe for concurrent use.
type Line struct {
	opts    Options
	screen  screen
	changes changes
	pace    pace
	start   time.Time
	next    time.Time // when Plain prints again
	cancel  context.CancelFunc
	done    chan struct{}
}

// Start shows progress until Stop is called or ctx ends. The caller must call Stop.
func Start(ctx context.Context, opts Options) *Line {
	if opts.Out == nil {
		opts.Out = os.Stderr
	}
	if opts.Width == nil {
		opts.Width = func() int { width, _ := SizeOf(opts.Out); return width }
	}
	if opts.Rows == nil {
		opts.Rows = func() int { _, rows := SizeOf(opts.Out); return rows }
	}
	if opts.Mode == "" || opts.Mode == Auto {
		opts.Mode = pick(opts.Out)
	}
	ctx, cancel := context.WithCancel(ctx)
	now := time.Now()
	l := &Line{opts: opts, start: now, next: now.Add(plainFirst), cancel: cancel, done: make(chan struct{})}
	l.screen.out = opts.Out
	if opts.Mode == None {
		close(l.done)
		return l
	}
	l.pace.start(now, opts.Stats().Done)
	go l.run(ctx)
	return l
}

// Stop ends the showing and waits until it has ended: the bar is erased without residue, and JSON has its last event.
// Further calls do nothing.
func (l *Line) Stop() {
	l.cancel()
	<-l.done
}

// Writer is w for others: while a bar is shown, what is written goes above it. For anything that may reach the same
// terminal as the bar, standard output included. Its Write is safe beside all other Writers of the Line, during the
// showing and after; a line that is not yet ended keeps the bar away until it is.
func (l *Line) Writer(w io.Writer) io.Writer {
	if l.opts.Mode == None {
		return &lockedWriter{mu: &l.screen.mu, w: w}
	}
	return &above{screen: &l.screen, w: w}
}

// run is the goroutine that looks at the engine and shows what it saw.
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
			l.end()
			return
		case <-tick.C:
			l.show(l.look())
		}
	}
}

// look takes a snapshot of the engine, and what follows from it and those before.
func (l *Line) look() view {
	now := time.Now()
	v := view{Stats: l.opts.Stats(), elapsed: now.Sub(l.start), changes: &l.changes, asked: l.opts.Asked}
	if l.opts.Total != nil {
		v.total, v.known = l.opts.Total()
	}
	if v.Done > v.total { // pages followed are results that no list announced
		v.known = false
	}
	l.pace.add(now, v.Done)
	v.rate = l.pace.rate()
	if v.known {
		v.eta, v.hasETA = l.pace.eta(now, v.total-v.Done)
		v.eta = max(v.eta, v.pause())
	}
	return v
}

// show draws or prints one view.
func (l *Line) show(v view) {
	switch l.opts.Mode {
	case Bar:
		l.screen.draw(l.lines(v))
	case JSON:
		l.screen.println(l.event(v, false))
	default:
		if now := time.Now(); !now.Before(l.next) {
			l.next = now.Add(plainEvery)
			l.screen.println(l.plain(v))
		}
	}
}

// lines is what Bar shows of one view.
func (l *Line) lines(v view) []string {
	width := cmp.Or(l.opts.Width(), usualWidth)
	if l.opts.Lines == nil {
		return v.lines(width, l.opts.Color)
	}
	height := cmp.Or(l.opts.Rows(), usualHeight)
	lines := l.opts.Lines(width, height, l.opts.Color)
	return lines[:min(len(lines), max(height-1, 1))]
}

// plain is what Plain prints of one view.
func (l *Line) plain(v view) string {
	if l.opts.Plain == nil {
		return v.plain()
	}
	return l.opts.Plain()
}

// event is what JSON prints of one view.
func (l *Line) event(v view, final bool) string {
	if l.opts.Event == nil {
		return jsonLine(v.event(final))
	}
	return l.opts.Event(final)
}

// end is the last thing shown.
func (l *Line) end() {
	switch l.opts.Mode {
	case Bar:
		l.screen.draw(nil)
	case JSON:
		l.screen.println(l.event(l.look(), true))
	}
}

// pick is what Auto means for out.
func pick(out io.Writer) Mode {
	f, ok := out.(*os.File)
	if ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		return Bar
	}
	return Plain
}

// SizeOf is the size of the terminal that out is, in columns and rows; 0 if it is none.
func SizeOf(out io.Writer) (width, rows int) {
	if f, ok := out.(*os.File); ok {
		if width, rows, err := term.GetSize(int(f.Fd())); err == nil {
			return width, rows
		}
	}
	return 0, 0
}

// lockedWriter makes a writer safe for concurrent use.
type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
