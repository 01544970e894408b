package run

import (
	"io"
	"sync"
	"time"
)

// lateWriter gathers what is written and passes it on when 64 KB have come or 10 ms have gone: a stream of records
// reaches the next program at once, without a system call for each. Until Begin it only gathers. Safe for concurrent use.
type lateWriter struct {
	w io.Writer

	mu    sync.Mutex
	buf   []byte
	begun bool
	timer *time.Timer
	armed bool
	err   error
}

const (
	lateBytes = 64 << 10
	lateTime  = 10 * time.Millisecond
)

func newLateWriter(w io.Writer) *lateWriter { return &lateWriter{w: w} }

func (l *lateWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return 0, l.err
	}
	l.buf = append(l.buf, p...)
	l.pass()
	return len(p), l.err
}

// Begin lets what has been gathered, and what comes, pass on.
func (l *lateWriter) Begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun = true
	l.pass()
}

// pass sees to it that what has been gathered is passed on in time. The lock is held.
func (l *lateWriter) pass() {
	if !l.begun || len(l.buf) == 0 {
		return
	}
	if len(l.buf) >= lateBytes {
		l.flush()
	} else if !l.armed {
		l.armed = true
		if l.timer == nil {
			l.timer = time.AfterFunc(lateTime, l.late)
		} else {
			l.timer.Reset(lateTime)
		}
	}
}

func (l *lateWriter) late() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = false
	l.flush()
}

func (l *lateWriter) flush() {
	if len(l.buf) > 0 && l.err == nil {
		_, l.err = l.w.Write(l.buf)
	}
	l.buf = l.buf[:0]
}

// Flush passes on what has been gathered. The error is that of any write so far.
func (l *lateWriter) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
	}
	l.armed = false
	l.flush()
	return l.err
}
