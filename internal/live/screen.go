package live

import (
	"io"
	"strings"
	"sync"
)

// How the bar is drawn so that it leaves no residue on a terminal:
//
//   - Between two writes the cursor rests on the first column of the bar's first line. A terminal that re-wraps its lines
//     when it is made narrower keeps the cursor on the character it was on, so "erase from here to the end of the
//     screen" takes all of the bar away, whatever the width was when it was drawn. (What a terminal moves to its history
//     while re-wrapping is out of reach; tmux does so with the top of a screen that is not full.)
//   - It is never sent with the cursor on the first cell of the screen: some terminals (tmux) then save its content in
//     their history.
//   - A frame is written over the one before and only then is the rest erased, in one write, so nothing flickers.
//   - The last column stays free: terminals differ in what they do when it is filled.
//   - The cursor is never hidden and no mode is set: a killed program leaves nothing to be undone.
const (
	eraseLine = "\x1b[K" // from the cursor to the end of the line
	eraseDown = "\x1b[J" // from the cursor to the end of the screen
	cursorUp  = "\x1b[A"

	eraseBar = "\r " + eraseDown + "\r" + eraseLine
)

// screen is the bottom of a terminal. The zero screen with out set shows nothing yet. Safe for concurrent use.
type screen struct {
	mu    sync.Mutex
	out   io.Writer
	shown string // the visible frame, as it was sent; empty: none
	last  string // the newest frame, for when it can be shown again
	open  bool   // the last write ended in mid-line, so a bar would overwrite it
}

// draw shows the lines, if there are any, in place of the previous ones. It shows nothing while a line above is
// unfinished.
func (s *screen) draw(lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(lines) == 0 {
		s.erase()
		s.last = ""
		return
	}
	var b strings.Builder
	b.WriteByte('\r')
	for i, line := range lines {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(line)
		b.WriteString(eraseLine)
	}
	b.WriteString(eraseDown)
	b.WriteString(strings.Repeat(cursorUp, len(lines)-1))
	b.WriteByte('\r')
	s.last = b.String()
	if s.last != s.shown {
		s.put()
	}
}

// put sends the newest frame. The caller holds the lock.
func (s *screen) put() {
	if s.open || s.last == "" {
		return
	}
	s.shown = s.last
	_, _ = io.WriteString(s.out, s.last) // losing the terminal must not end a run
}

// erase removes the bar, if it is shown. The caller holds the lock.
func (s *screen) erase() {
	if s.shown == "" {
		return
	}
	s.shown = ""
	_, _ = io.WriteString(s.out, eraseBar)
}

// println writes a whole line.
func (s *screen) println(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(s.out, line+"\n")
}

// above is a writer to the same terminal, whose text goes above the bar.
type above struct {
	screen *screen
	w      io.Writer
}

// Write removes the bar, writes p, and restores the bar unless p ends in mid-line.
func (a *above) Write(p []byte) (int, error) {
	s := a.screen
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(p) == 0 {
		return a.w.Write(p)
	}
	s.erase()
	n, err := a.w.Write(p)
	s.open = p[len(p)-1] != '\n'
	s.put()
	return n, err
}
