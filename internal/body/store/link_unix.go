//go:build linux || darwin

package store

import "golang.org/x/sys/unix"

// linkExclusive gives a file in a folder another name, unless there is something of it: then it is EEXIST. A symbolic link
// is not followed. Whether the file system can do so at all, cannotLink tells.
func linkExclusive(d *folder, from, to string) error {
	for {
		if err := unix.Linkat(d.fd, from, d.fd, to, 0); err != unix.EINTR {
			return err
		}
	}
}

// cannotLink reports whether an error of linkExclusive may mean that there are no hard links. If it means something else, what
// is tried instead fails as well. Android's security policy says EACCES.
func cannotLink(err error) bool {
	return err == unix.EPERM || err == unix.EACCES || err == unix.ENOTSUP || err == unix.EOPNOTSUPP || err == unix.ENOSYS ||
		err == unix.EMLINK
}

// remove removes a file. It does not go by os.Root, which takes three calls of the system for one.
func (d *folder) remove(name string) error {
	for {
		if err := unix.Unlinkat(d.fd, name, 0); err != unix.EINTR {
			return err
		}
	}
}

// stat says which file a name in the folder is of, how many names that file has, and what it is. Links are not followed.
func (d *folder) stat(name string) (id identity, names uint64, kind fileKind, err error) {
	var s unix.Stat_t
	for {
		if err = unix.Fstatat(d.fd, name, &s, unix.AT_SYMLINK_NOFOLLOW); err != unix.EINTR {
			break
		}
	}
	switch s.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		kind = plainFile
	case unix.S_IFDIR, unix.S_IFLNK:
		kind = mayBeFolder
	}
	return identity{uint64(s.Dev), s.Ino}, uint64(s.Nlink), kind, err
}
