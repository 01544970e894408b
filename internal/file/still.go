package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// What may happen to a file while it is written. Further data would be lost, and giving such a file its final
// name could give that to a foreign file.
var (
	ErrRemoved  = errors.New("was removed while it was written")
	ErrReplaced = errors.New("was replaced by something else while it was written")
	ErrCut      = errors.New("was cut short by something else while it was written")
)

// IsGone reports whether an error is one of these.
func IsGone(err error) bool {
	return errors.Is(err, ErrRemoved) || errors.Is(err, ErrReplaced) || errors.Is(err, ErrCut)
}

// StillLong checks that an open file still has all the bytes that were written to it. Otherwise the error wraps
// ErrCut. It must be called before each write, because a write beyond the end leaves a hole and restores the
// length.
func StillLong(f interface{ Stat() (fs.FileInfo, error) }, written int64) error {
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && info.Size() < written {
		return fmt.Errorf("it %w", ErrCut)
	}
	return nil
}

// Still checks that a name, which may be a symbolic link, still leads to an open file. Otherwise the error wraps
// ErrRemoved or ErrReplaced.
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
	} else if err != nil { // for example no permission for the folder: it says nothing about the file
		return nil
	}
	if open, err := f.Stat(); err != nil {
		return err
	} else if !os.SameFile(open, there) {
		return fmt.Errorf("it %w", ErrReplaced)
	}
	return nil
}

// Has checks that a name is still that of the file that w has finished. Otherwise the error wraps ErrRemoved or
// ErrReplaced.
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
