//go:build linux || darwin

package store

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// createExclusive makes a file in a folder, for us alone, unless there is something of its name, which has no slash. It
// does not go by os.Root, which would try to have the file polled: five calls of the system more, of the five that a small
// file takes.
func createExclusive(d *folder, name string) (file descriptor, err error) {
	for {
		fd, err := unix.Openat(d.fd, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
		switch err {
		case nil:
			return newDescriptor(fd, name), nil
		case unix.EINTR:
		default:
			return file, &fs.PathError{Op: "openat", Path: name, Err: err}
		}
	}
}
