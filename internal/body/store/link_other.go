//go:build !linux && !darwin

package store

import (
	"errors"
	"io/fs"
)

// linkExclusive gives a file in a folder another name. There is no way here to tell the two from others, so it is not done.
func linkExclusive(*folder, string, string) error { return errors.ErrUnsupported }

func cannotLink(error) bool { return true }

// remove removes a file.
func (d *folder) remove(name string) error { return d.root.Remove(name) }

// stat says what a file is. Which one it is, and how many names it has, is not known here: it has the one.
func (d *folder) stat(name string) (id identity, names uint64, kind fileKind, err error) {
	info, err := d.root.Lstat(name)
	if err != nil {
		return id, 0, 0, err
	}
	switch {
	case info.Mode().IsRegular():
		kind = plainFile
	case info.IsDir(), info.Mode()&fs.ModeSymlink != 0:
		kind = mayBeFolder
	}
	return id, 1, kind, nil
}
