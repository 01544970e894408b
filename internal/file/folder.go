// Package file writes files that appear whole or not at all: a file is written under a temporary name, by a Writer, and
// gets its own when it is whole, by Rename, which replaces nothing, or by Replace. Names are those of an open folder: none
// leads out of it, nor does a symbolic link.
package file

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"runtime"
	"sync/atomic"
	"syscall"
)

// Folder is an open folder. Names that it is given have no slashes. It is safe for concurrent use.
type Folder struct {
	// NoLinks says that its file system has no hard links, and NoExclusive that it has no call to rename without replacing. Both
	// are found out by trying.
	NoLinks, NoExclusive atomic.Bool

	base *os.Root
	name string   // from base, with slashes
	root *os.Root // the folder itself
	file *os.File // the same as a file
	fd   int      // of file
}

// Identity is which file it is, among all of the system.
type Identity struct{ device, number uint64 }

// Open opens a folder below base; "" is base itself, which stays open as long as the folder. Close it.
func Open(base *os.Root, name string) (*Folder, error) {
	name = cmp.Or(name, ".")
	root, err := base.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	file, err := root.Open(".")
	if err != nil {
		root.Close()
		return nil, err
	}
	return &Folder{base: base, name: name, root: root, file: file, fd: int(file.Fd())}, nil
}

// Make is Open for a folder that is made if it is not there, and those above it too. With flush they are flushed to the disk.
func Make(base *os.Root, name string, flush bool) (*Folder, error) {
	d, err := Open(base, name)
	if !errors.Is(err, fs.ErrNotExist) {
		return d, err
	}
	name = cmp.Or(name, ".")
	if err := base.MkdirAll(name, 0o777); err != nil {
		return nil, err
	}
	for above := name; flush && above != "."; {
		above = path.Dir(above)
		d, err := Open(base, above)
		if err == nil {
			err = errors.Join(d.Flush(), d.Close())
		}
		if err != nil {
			return nil, err
		}
	}
	return Open(base, name)
}

// Close closes the folder.
func (d *Folder) Close() error { return errors.Join(d.file.Close(), d.root.Close()) }

// Still finds out whether a name still leads to the folder: see the function Still.
func (d *Folder) Still(name string) error { return Still(d.file, name) }

// Flush makes the names in the folder survive a power cut. Windows writes them through by itself, and cannot flush a folder.
func (d *Folder) Flush() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	return d.file.Sync()
}

// FlushFolder makes the names in a folder survive a power cut, as far as the file system can do that and it may be read.
func FlushFolder(name string) error {
	d, err := os.Open(name)
	if errors.Is(err, fs.ErrPermission) || runtime.GOOS == "windows" {
		return nil
	}
	if err == nil {
		defer d.Close()
		err = d.Sync()
	}
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}

// Names gives the names in the folder, from its beginning. Not every system can read on after something was removed.
func (d *Folder) Names() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		_, err := d.file.Seek(0, io.SeekStart)
		for err == nil {
			var names []string
			names, err = d.file.Readdirnames(1024)
			for _, name := range names {
				if !yield(name, nil) {
					return
				}
			}
		}
		if err != io.EOF {
			yield("", err)
		}
	}
}

// RemoveAll removes files. That one has gone by itself is no error.
func (d *Folder) RemoveAll(names []string) error {
	for _, name := range names {
		if err := d.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &fs.PathError{Op: "unlinkat", Path: name, Err: err}
		}
	}
	return nil
}

// Lstat says what has a name; a symbolic link is not followed.
func (d *Folder) Lstat(name string) (fs.FileInfo, error) { return d.root.Lstat(name) }

// Mode finds out what the umask leaves of 0666 by making a file, which also shows that files can be made: to ask the system
// for the umask is to change it for all goroutines. If there is something of the name, the error is fs.ErrExist.
func (d *Folder) Mode(temporary string) (fs.FileMode, error) {
	f, err := d.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err := errors.Join(err, f.Close(), d.root.Remove(temporary)); err != nil {
		return 0, err
	}
	return info.Mode().Perm(), nil
}

// Link gives a file a second name, unless there is something of that: then its error is fs.ErrExist. It reports false where
// there are no hard links, or none by which the file could be known again.
func (d *Folder) Link(name, second string) (ok bool, err error) {
	if d.NoLinks.Load() {
		return false, nil
	}
	if err = d.linkExclusive(name, second); err == nil || !cannotLink(err) {
		return true, err
	}
	d.NoLinks.Store(true)
	return false, nil
}

// Rename gives a file a name in a folder below the same base, unless there is something of that: then its error is fs.ErrExist.
func (d *Folder) Rename(name string, to *Folder, final string) error {
	if !to.NoExclusive.Load() {
		err := d.renameExclusive(name, to, final)
		if err == nil || !cannotRename(err) {
			return err
		}
		to.NoExclusive.Store(true)
	}
	switch err := d.base.Link(d.path(name), to.path(final)); {
	case err == nil:
		return d.Remove(name)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	if _, err := to.Lstat(final); err == nil { // the file system has no links either
		return fs.ErrExist
	}
	return d.Replace(name, to, final)
}

// Replace is Rename whatever there is of the name, but for a folder. A symbolic link is replaced itself.
func (d *Folder) Replace(name string, to *Folder, final string) error {
	return d.base.Rename(d.path(name), to.path(final))
}

func (d *Folder) path(name string) string { return path.Join(d.name, name) }

// Reason is an error of the system without the name, which a message has already.
func Reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// IsOutOfFiles reports whether an error means that no more files can be opened at the moment.
func IsOutOfFiles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}
