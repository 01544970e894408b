package process

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// fineTimer is a kernel timer with a precision of some hundredths of a millisecond. Go's timers fire up to a
// millisecond late in an otherwise idle process, because the runtime waits in whole milliseconds (epoll_wait); a
// file that becomes readable wakes it immediately.
type fineTimer struct {
	file *os.File
	fd   int
}

// NewFineTimer returns a timer whose goroutine is started by run and ends with Stop, after which the timer must
// not be used. It is nil if the kernel has none.
func NewFineTimer(fire func(), run func(func())) Timer {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil
	}
	t := &fineTimer{file: os.NewFile(uintptr(fd), "timerfd"), fd: fd}
	run(func() {
		var expirations [8]byte
		for {
			if _, err := t.file.Read(expirations[:]); err != nil {
				return // it was stopped
			}
			fire()
		}
	})
	return t
}

// Reset sets the timer. A time in the past fires at once.
func (t *fineTimer) Reset(d time.Duration) bool {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(max(d, 1)))}
	return unix.TimerfdSettime(t.fd, 0, &spec, nil) == nil
}

// Stop ends the timer permanently.
func (t *fineTimer) Stop() bool { return t.file.Close() == nil }
