//go:build !linux && !darwin

package file

import (
	"errors"
	"io/fs"
	"os"
)

// descriptor is an open file that is only written. Whoever holds it closes it, once, and does not use it after that.
type descriptor struct{ *os.File }

// createExclusive makes a file, for us alone, unless there is something of its name.
func (d *Folder) createExclusive(name string) (descriptor, error) {
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	return descriptor{f}, err
}

// identity is not known here: see isFile.
func (d descriptor) identity() (id Identity, err error) { return id, nil }

// isFile reports whether a name is that of a plain file, which is all that is known here.
func (d *Folder) isFile(name string, _ Identity) (bool, error) {
	info, err := d.root.Lstat(name)
	return err == nil && info.Mode().IsRegular(), err
}

// linkExclusive gives a file another name. There is no way here to tell the two from others, so it is not done.
func (d *Folder) linkExclusive(string, string) error { return errors.ErrUnsupported }

func cannotLink(error) bool { return true }

// renameExclusive renames a file unless there is something of the new name. There is no such call here.
func (d *Folder) renameExclusive(string, *Folder, string) error { return errors.ErrUnsupported }

func cannotRename(error) bool { return true }

// Remove removes a file.
func (d *Folder) Remove(name string) error { return d.root.Remove(name) }

// IdentityOf says which file it is that Lstat was asked about, and how many names it has. Neither is known here: it has the one.
func IdentityOf(fs.FileInfo) (id Identity, names uint64) { return id, 1 }
