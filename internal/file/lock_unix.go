//go:build unix

package file

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Lock takes the lock of a file, without waiting; false means that another open file has it. The error says that the file
// system knows no locks, or that f is closed. To let go of it, close f.
//
// A lock belongs to an open file, not to a process: whoever opens the file a second time, in the same process too, does not
// get it. It ends when the process does, in whatever way. Only those who ask for it are kept off; others may read and write
// the file as ever.
func Lock(f *os.File) (bool, error) {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, unix.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, unix.EINTR):
			return false, err
		}
	}
}
