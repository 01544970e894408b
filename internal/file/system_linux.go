package file

import (
	"io"
	"io/fs"

	"golang.org/x/sys/unix"
)

// descriptor is an open file for writing only. It is not an os.File, which asks the system for its flags and
// needs a finalizer: some 5 % of the cost of a small file. Its owner closes it once, and does not use it
// afterwards.
type descriptor int

// newDescriptor takes ownership of an open file.
func newDescriptor(fd int, _ string) descriptor { return descriptor(fd) }

// Write writes all of p, or fails.
func (d descriptor) Write(p []byte) (n int, err error) {
	for n < len(p) {
		m, err := unix.Write(int(d), p[n:])
		n += max(m, 0)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return n, err
		case m == 0:
			return n, io.ErrUnexpectedEOF
		}
	}
	return n, nil
}

func (d descriptor) Chmod(mode fs.FileMode) error {
	return uninterrupted(func() error { return unix.Fchmod(int(d), uint32(mode.Perm())) })
}

func (d descriptor) Sync() error {
	return uninterrupted(func() error { return unix.Fsync(int(d)) })
}

func (d descriptor) identity() (Identity, error) {
	var s unix.Stat_t
	err := uninterrupted(func() error { return unix.Fstat(int(d), &s) })
	return Identity{s.Dev, s.Ino}, err
}

// Close is not retried after EINTR: Linux has closed the file by then, and the number may belong to another one.
func (d descriptor) Close() error {
	if err := unix.Close(int(d)); err != unix.EINTR {
		return err
	}
	return nil
}

// renameExclusive renames a file unless the new name exists: then the error is EEXIST. Whether the system
// supports it is checked by cannotRename.
func (d *Folder) renameExclusive(from string, to *Folder, name string) error {
	return uninterrupted(func() error { return unix.Renameat2(d.fd, from, to.fd, name, unix.RENAME_NOREPLACE) })
}
