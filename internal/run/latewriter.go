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
	timer *time.Timer // nil: none is running
	err   error
}

const (
	lateBytes = 64 << 10
	lateTime  = 10 * time.Millisecond
)

func (l *lateWriter) Write(p []byte) (int, error) { return len(p), l.pass(p, false, false) }

// Begin lets what has been gathered, and what comes, pass on.
func (l *lateWriter) Begin() { l.pass(nil, true, false) }

// Flush passes on what has been gathered. The error is that of any write so far.
func (l *lateWriter) Flush() error { return l.pass(nil, false, true) }

// pass gathers p, and passes all of it on: now, since it is enough, or when its time has come.
func (l *lateWriter) pass(p []byte, begin, now bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = append(l.buf, p...)
	l.begun = l.begun || begin
	switch {
	case now || l.begun && len(l.buf) >= lateBytes:
		if l.timer != nil {
			l.timer.Stop()
			l.timer = nil
		}
		if len(l.buf) > 0 && l.err == nil {
			_, l.err = l.w.Write(l.buf)
		}
		l.buf = l.buf[:0]
	case l.begun && len(l.buf) > 0 && l.timer == nil:
		l.timer = time.AfterFunc(lateTime, func() { l.Flush() })
	}
	return l.err
}
