package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// What may become of a file while it is written. Whoever goes on writes for nobody, and to give such a file its final name
// would give that to something of which nobody knows what it is.
var (
	ErrRemoved  = errors.New("was removed while it was written")
	ErrReplaced = errors.New("was replaced by something else while it was written")
	ErrCut      = errors.New("was cut short by something else while it was written")
)

// IsGone reports whether an error is one of them.
func IsGone(err error) bool {
	return errors.Is(err, ErrRemoved) || errors.Is(err, ErrReplaced) || errors.Is(err, ErrCut)
}

// StillLong finds out whether an open file still has all the bytes that were written to it. The error wraps ErrCut if not. It is
// to be asked before each write: what is written beyond the end leaves a hole, and then the file is as long as it should be.
func StillLong(f interface{ Stat() (fs.FileInfo, error) }, written int64) error {
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && info.Size() < written {
		return fmt.Errorf("it %w", ErrCut)
	}
	return nil
}

// Still finds out whether a name, which may be a symbolic link, still leads to an open file. The error wraps ErrRemoved or
// ErrReplaced if not.
func Still(f interface{ Stat() (fs.FileInfo, error) }, name string) error {
	there, err := os.Stat(name)
	return still(f, there, err)
}

// StillIn is Still for the name of a file in a folder, which must not have become a symbolic link either.
func StillIn(root *os.Root, f interface{ Stat() (fs.FileInfo, error) }, name string) error {
	there, err := root.Lstat(name)
	return still(f, there, err)
}

func still(f interface{ Stat() (fs.FileInfo, error) }, there fs.FileInfo, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("it %w", ErrRemoved)
	} else if err != nil { // such as of a folder that may not be looked into: it says nothing about the file
		return nil
	}
	if open, err := f.Stat(); err != nil {
		return err
	} else if !os.SameFile(open, there) {
		return fmt.Errorf("it %w", ErrReplaced)
	}
	return nil
}

// Has finds out whether a name is still that of the file that w has finished. The error wraps ErrRemoved or ErrReplaced if not.
func (d *Folder) Has(name string, w *Writer) error {
	same, err := d.isFile(name, w.identity)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = ErrRemoved
	case err == nil && !same:
		err = ErrReplaced
	}
	if err != nil {
		return fmt.Errorf("its temporary file %s %w", name, err)
	}
	return nil
}
