package file

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// farAway is an offset beyond any file. On this system locked bytes cannot be read or written by others, but the
// file must remain readable.
const farAway = 1 << 30 // in units of 4 GiB

// Lock locks a file like on other systems.
func Lock(f *os.File) (bool, error) {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: farAway})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}
