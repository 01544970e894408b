package process

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// fineTimer is a timer of the kernel, which fires to some hundredths of a millisecond. Those of Go fire up to a
// millisecond late in a process that has nothing else to do, since the runtime waits for them in whole milliseconds
// (epoll_wait); on a file that becomes readable it does not wait.
type fineTimer struct {
	file *os.File
	fd   int
}

// NewFineTimer makes a timer whose goroutine is started by run and ends with Stop, after which the timer is of no use any
// more. It is nil if the kernel gives none.
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

// Reset sets the timer. A time that has passed fires at once.
func (t *fineTimer) Reset(d time.Duration) bool {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(max(d, 1)))}
	return unix.TimerfdSettime(t.fd, 0, &spec, nil) == nil
}

// Stop ends the timer for good.
func (t *fineTimer) Stop() bool { return t.file.Close() == nil }
