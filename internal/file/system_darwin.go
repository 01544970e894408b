package file

import (
	"os"

	"golang.org/x/sys/unix"
)

// descriptor is an open file for writing only. Its owner closes it once, and does not use it afterwards.
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

// renameExclusive renames a file unless the new name exists: then the error is EEXIST. Whether the system
// supports it is checked by cannotRename.
func (d *Folder) renameExclusive(from string, to *Folder, name string) error {
	return uninterrupted(func() error { return unix.RenameatxNp(d.fd, from, to.fd, name, unix.RENAME_EXCL) })
}
