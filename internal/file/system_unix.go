//go:build linux || darwin

package file

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// createExclusive creates a file, accessible to the owner only, unless the name exists. It does not use os.Root,
// which would try to register the file for polling: five more system calls, twice as many as necessary for a
// small file.
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

// linkExclusive gives a file another name, unless that exists: then the error is EEXIST. A symbolic link is not
// followed. Whether the file system supports it is checked by cannotLink.
func (d *Folder) linkExclusive(from, to string) error {
	return uninterrupted(func() error { return unix.Linkat(d.fd, from, d.fd, to, 0) })
}

// cannotLink reports whether an error of linkExclusive may mean that there are no hard links. If it means
// something else, the alternative fails as well. Android's security policy returns EACCES.
func cannotLink(err error) bool {
	return err == unix.EPERM || err == unix.EACCES || err == unix.ENOTSUP || err == unix.EOPNOTSUPP || err == unix.ENOSYS ||
		err == unix.EMLINK
}

// cannotRename reports whether an error of renameExclusive means that the system or the file system does not
// support it.
func cannotRename(err error) bool {
	return err == unix.EINVAL || err == unix.ENOSYS || err == unix.ENOTSUP
}

// Remove removes a file. It does not use os.Root, which needs three system calls instead of one.
func (d *Folder) Remove(name string) error {
	return uninterrupted(func() error { return unix.Unlinkat(d.fd, name, 0) })
}

// IdentityOf returns the identity of a file from Lstat, and its number of names.
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
