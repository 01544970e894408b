package store

import "golang.org/x/sys/unix"

// renameExclusive renames a file in a folder unless there is something of the new name: then it is EEXIST. Whether the
// system can do so at all, cannotRename tells.
func renameExclusive(folder int, from, to string) error {
	for {
		err := unix.RenameatxNp(folder, from, folder, to, unix.RENAME_EXCL)
		if err != unix.EINTR {
			return err
		}
	}
}

// cannotRename reports whether an error of renameExclusive means that the system or the file system has no such thing.
func cannotRename(err error) bool {
	return err == unix.EINVAL || err == unix.ENOSYS || err == unix.ENOTSUP
}
