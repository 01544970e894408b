package file

import (
	"os"

	"golang.org/x/sys/unix"
)

// descriptor is an open file that is only written. Whoever holds it closes it, once, and does not use it after that.
type descriptor struct{ *os.File }

func newDescriptor(fd int, name string) descriptor { return descriptor{os.NewFile(uintptr(fd), name)} }

func (d descriptor) identity() (Identity, error) {
	info, err := d.Stat()
	if err != nil {
		return Identity{}, err
	}
	id, _ := IdentityOf(info)
	return id, nil
}

// renameExclusive renames a file unless there is something of the new name: then it is EEXIST. Whether the system can do so at
// all, cannotRename tells.
func (d *Folder) renameExclusive(from string, to *Folder, name string) error {
	return uninterrupted(func() error { return unix.RenameatxNp(d.fd, from, to.fd, name, unix.RENAME_EXCL) })
}
