//go:build !linux && !darwin

package file

import (
	"errors"
	"io/fs"
	"os"
)

// descriptor is an open file for writing only. Its owner closes it once, and does not use it afterwards.
type descriptor struct{ *os.File }

// createExclusive creates a file, accessible to the owner only, unless the name exists.
func (d *Folder) createExclusive(name string) (descriptor, error) {
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	return descriptor{f}, err
}

// identity is not available here: see isFile.
func (d descriptor) identity() (id Identity, err error) { return id, nil }

// isFile reports whether a name is that of a plain file, which is all that can be determined here.
func (d *Folder) isFile(name string, _ Identity) (bool, error) {
	info, err := d.root.Lstat(name)
	return err == nil && info.Mode().IsRegular(), err
}

// linkExclusive is not supported here, because the two names could not be recognized as one file.
func (d *Folder) linkExclusive(string, string) error { return errors.ErrUnsupported }

func cannotLink(error) bool { return true }

// renameExclusive is not supported here: there is no such system call.
func (d *Folder) renameExclusive(string, *Folder, string) error { return errors.ErrUnsupported }

func cannotRename(error) bool { return true }

// Remove removes a file.
func (d *Folder) Remove(name string) error { return d.root.Remove(name) }

// IdentityOf returns the identity of a file, and its number of names. Neither is available here: it reports one
// name.
func IdentityOf(fs.FileInfo) (id Identity, names uint64) { return id, 1 }
