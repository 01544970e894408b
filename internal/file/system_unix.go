//go:build linux || darwin

package file

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// createExclusive makes a file, for us alone, unless there is something of its name. It does not go by os.Root, which would
// try to have the file polled: five calls of the system more, of the five that a small file takes.
func (d *Folder) createExclusive(name string) (file descriptor, err error) {
	err = uninterrupted(func() error {
		fd, err := unix.Openat(d.fd, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
		if err == nil {
			file = newDescriptor(fd, name)
		}
		return err
	})
	if err != nil {
		return file, &fs.PathError{Op: "openat", Path: name, Err: err}
	}
	return file, nil
}

// isFile reports whether a name is that of this plain file. A symbolic link is not followed.
func (d *Folder) isFile(name string, id Identity) (bool, error) {
	var s unix.Stat_t
	err := uninterrupted(func() error { return unix.Fstatat(d.fd, name, &s, unix.AT_SYMLINK_NOFOLLOW) })
	return err == nil && s.Mode&unix.S_IFMT == unix.S_IFREG && id == Identity{uint64(s.Dev), s.Ino}, err
}

// linkExclusive gives a file another name, unless there is something of it: then it is EEXIST. A symbolic link is not followed.
// Whether the file system can do so at all, cannotLink tells.
func (d *Folder) linkExclusive(from, to string) error {
	return uninterrupted(func() error { return unix.Linkat(d.fd, from, d.fd, to, 0) })
}

// cannotLink reports whether an error of linkExclusive may mean that there are no hard links. If it means something else, what
// is tried instead fails as well. Android's security policy says EACCES.
func cannotLink(err error) bool {
	return err == unix.EPERM || err == unix.EACCES || err == unix.ENOTSUP || err == unix.EOPNOTSUPP || err == unix.ENOSYS ||
		err == unix.EMLINK
}

// cannotRename reports whether an error of renameExclusive means that the system or the file system has no such thing.
func cannotRename(err error) bool {
	return err == unix.EINVAL || err == unix.ENOSYS || err == unix.ENOTSUP
}

// Remove removes a file. It does not go by os.Root, which takes three calls of the system for one.
func (d *Folder) Remove(name string) error {
	return uninterrupted(func() error { return unix.Unlinkat(d.fd, name, 0) })
}

// IdentityOf says which file it is that Lstat was asked about, and how many names it has.
func IdentityOf(info fs.FileInfo) (id Identity, names uint64) {
	s := info.Sys().(*syscall.Stat_t)
	return Identity{uint64(s.Dev), s.Ino}, uint64(s.Nlink)
}

func uninterrupted(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}
