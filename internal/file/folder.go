// Package file writes files that appear completely or not at all: a file is written under a temporary name, by a
// Writer, and gets its final name when it is complete, by Rename, which replaces nothing, or by Replace. Names
// are relative to an open folder, and cannot lead out of it, not even by a symbolic link.
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

// Folder is an open folder. Names passed to it contain no slashes. It is safe for concurrent use.
type Folder struct {
	// NoLinks says that its file system has no hard links, and NoExclusive that it cannot rename without
	// replacing. Both are detected by trying.
	NoLinks, NoExclusive atomic.Bool

	base *os.Root
	name string   // from base, with slashes
	root *os.Root // the folder itself
	file *os.File // the same as a file
	fd   int      // of file
}

// Identity identifies a file in the whole system.
type Identity struct{ device, number uint64 }

// Open opens a folder below base; "" is base itself, which must stay open as long as the folder. The caller must
// close it.
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

// Make is Open for a folder that is created if missing, including its parents. With flush they are flushed to the
// disk.
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

// Still checks that a name still leads to the folder: see the function Still.
func (d *Folder) Still(name string) error { return Still(d.file, name) }

// Flush makes the names in the folder survive a power failure. Windows writes them through by itself, and cannot
// flush a folder.
func (d *Folder) Flush() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	return d.file.Sync()
}

// FlushFolder makes the names in a folder survive a power failure, if the file system supports that and the
// folder is readable.
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

// Names yields the names in the folder, from its beginning. Some systems cannot continue reading after a removal.
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

// RemoveAll removes files. A missing file is not an error.
func (d *Folder) RemoveAll(names []string) error {
	for _, name := range names {
		if err := d.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &fs.PathError{Op: "unlinkat", Path: name, Err: err}
		}
	}
	return nil
}

// Lstat returns information about a name, without following a symbolic link.
func (d *Folder) Lstat(name string) (fs.FileInfo, error) { return d.root.Lstat(name) }

// Mode determines 0666 less the umask by creating a file, which also shows that files can be created: reading the
// umask would mean changing it for all goroutines. If the name exists, the error is fs.ErrExist.
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

// Link gives a file a second name, unless that exists: then its error is fs.ErrExist. It returns false if there
// are no hard links, or the file could not be recognized by them.
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

// Rename gives a file a name in a folder below the same base, unless that exists: then its error is fs.ErrExist.
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

// Replace is Rename that replaces anything with that name, except a folder. A symbolic link is replaced itself.
func (d *Folder) Replace(name string, to *Folder, final string) error {
	return d.base.Rename(d.path(name), to.path(final))
}

func (d *Folder) path(name string) string { return path.Join(d.name, name) }

// Reason returns a system error without the file name, which the message around it contains already.
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
