package live

import (
	"strings"
	"sync"
	"testing"

	"example.com/fetch/internal/units"
)

// terminal is as much of a terminal as the bar needs, and fails the test on anything else it is sent.
// Lines are kept whole; how they wrap follows from the width, so a change of width re-wraps them as most terminals do.
type terminal struct {
	t         *testing.T
	mu        sync.Mutex
	width     int
	lines     [][]byte
	row, col  int // the cursor: which whole line, and the offset in it
	maxColumn int // the furthest column that was written to since the last resize
}

func newTerminal(t *testing.T, width int) *terminal {
	return &terminal{t: t, width: width, lines: [][]byte{nil}}
}

// Write takes output as a terminal does, with "\n" as the kernel sends it: as "\r\n".
func (m *terminal) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := string(p)
	for s != "" {
		s = m.step(s)
	}
	return len(p), nil
}

// step obeys what s begins with and returns the rest.
func (m *terminal) step(s string) string {
	for code, do := range map[string]func(){
		eraseLine: m.eraseLine, eraseDown: m.eraseDown, cursorUp: m.up,
		units.Red: func() {}, units.Green: func() {}, units.Yellow: func() {}, units.Reset: func() {},
		"\r": func() { m.col -= m.col % m.width },
		"\n": m.newLine,
	} {
		if rest, ok := strings.CutPrefix(s, code); ok {
			do()
			return rest
		}
	}
	if s[0] < ' ' || s[0] > '~' {
		m.t.Errorf("the terminal was sent %q", s)
	}
	m.put(s[0])
	return s[1:]
}

func (m *terminal) put(c byte) {
	line := m.lines[m.row]
	for len(line) <= m.col {
		line = append(line, ' ')
	}
	line[m.col] = c
	m.lines[m.row] = line
	m.col++
	m.maxColumn = max(m.maxColumn, m.col)
}

func (m *terminal) newLine() {
	end := m.col - m.col%m.width + m.width
	if len(m.lines[m.row]) > end {
		m.col = end
		return
	}
	m.row, m.col = m.row+1, 0
	if m.row == len(m.lines) {
		m.lines = append(m.lines, nil)
	}
}

func (m *terminal) up() {
	switch {
	case m.col >= m.width:
		m.col -= m.width
	case m.row > 0:
		m.row--
		rows := max(len(m.lines[m.row])-1, 0) / m.width
		m.col += rows * m.width
	}
}

func (m *terminal) eraseLine() {
	line := m.lines[m.row]
	end := m.col - m.col%m.width + m.width
	if len(line) <= m.col {
		return
	}
	if len(line) > end { // what followed on the next row is a line of its own now
		tail := append([]byte(nil), line[end:]...)
		m.lines = append(m.lines[:m.row+1], append([][]byte{tail}, m.lines[m.row+1:]...)...)
	}
	m.lines[m.row] = line[:m.col]
}

func (m *terminal) eraseDown() {
	if m.row == 0 && m.col == 0 { // as tmux does: a cleared screen goes to the history, so it is still there
		m.row = len(m.lines)
		m.lines = append(m.lines, nil)
	}
	if line := m.lines[m.row]; len(line) > m.col {
		m.lines[m.row] = line[:m.col]
	}
	m.lines = m.lines[:m.row+1]
}

// resize changes the width. Terminals that do not re-wrap cut off what does not fit.
func (m *terminal) resize(width int, rewrap bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.width, m.maxColumn = width, 0
	if rewrap {
		return
	}
	for i, line := range m.lines {
		m.lines[i] = line[:min(len(line), width)]
	}
	m.col = min(m.col, width-1)
}

func (m *terminal) columns() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.width
}

// text is what stands on the terminal, without blanks at the ends of lines.
func (m *terminal) text() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	for i, line := range m.lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimRight(string(line), " "))
	}
	return b.String()
}

// furthest is the last column written to since the last resize, counted from 1.
func (m *terminal) furthest() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.maxColumn
}

func (m *terminal) size() (columns, rows int) { return m.columns(), 0 }
