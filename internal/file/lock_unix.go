//go:build unix

package file

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Lock locks a file without waiting; false means that another open file has the lock. The error says that the
// file system does not support locks, or that f is closed. Closing f unlocks it.
//
// A lock belongs to an open file, not to a process: opening the file a second time, even in the same process,
// does not give the lock. It ends with the process, in whatever way. The lock is advisory: others may still read
// and write the file.
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
