package file

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// farAway is a byte that no file has. On this system nobody else can read or write the bytes that are locked, and others
// are to read the file.
const farAway = 1 << 30 // in units of 4 GiB

// Lock takes the lock of a file, as it does on other systems.
func Lock(f *os.File) (bool, error) {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: farAway})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}
