package store

import (
	"errors"
	"io/fs"
	"sync/atomic"
)

// settle gives the temporary file the first name that it may have.
func (f *File) settle(d *folder) error {
	for tries := 0; ; tries++ {
		err := f.place(d)
		if errors.Is(err, fs.ErrExist) {
			err = f.replace(d)
		}
		switch {
		case err == nil:
			if tries > 0 {
				f.sink.taken.Add(1)
			}
			f.wrote()
			return nil
		case !errors.Is(err, fs.ErrExist):
			return err
		}
		f.name = f.sink.names.another(f.pending, f.contentType)
	}
}

// place gives the file its name, unless there is something of it: then its error is fs.ErrExist.
func (f *File) place(d *folder) error {
	if f.sink.o.Proof && !d.linkless.Load() {
		err := linkExclusive(d, f.temporary, f.name)
		if err == nil {
			f.proof.Store(true)
		}
		if err == nil || !cannotLink(err) {
			return err
		}
		d.linkless.Store(true)
	}
	return d.settle(f.temporary, f.name, &f.sink.slow)
}

// replace gives the file its name in the place of what has it, if that may be replaced. Else its error is fs.ErrExist.
func (f *File) replace(d *folder) error {
	name := f.sink.path(f.folder, f.name)
	overwrite := f.sink.o.Overwrite && !f.sink.names.isGuarded(f.folder, f.name)
	mine := f.written() == f.name || f.sink.o.Mine != nil && f.sink.o.Mine(f.seq, name)
	if !overwrite && !mine || !d.isReplaceable(f.name, overwrite) {
		return fs.ErrExist
	}
	if f.sink.o.Proof && !d.linkless.Load() {
		err := f.replaceByLink(d)
		if err == nil || !cannotLink(err) {
			return err
		}
		d.linkless.Store(true)
	}
	return d.root.Rename(f.temporary, f.name)
}

// replaceByLink renames a second link of the temporary file over what has the name, so that the first one stays as the
// proof. At any moment the old file has the name, or the new one.
func (f *File) replaceByLink(d *folder) error {
	for n := range mostTemporaries {
		second := f.sink.temporary(f.seq, f.page, n)
		err := linkExclusive(d, f.temporary, second)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := d.root.Rename(second, f.name); err != nil {
			d.remove(second)
			return err
		}
		f.proof.Store(true)
		return nil
	}
	return errNoTemporary
}

// written is the name under which an earlier attempt has written this page; empty if none has.
func (f *File) written() string {
	f.sink.names.mu.Lock()
	defer f.sink.names.mu.Unlock()
	if f.pending.written == nil {
		return ""
	}
	return f.pending.written.name
}

// wrote remembers that this file has its name now. Of an earlier attempt's there will be no record.
func (f *File) wrote() {
	f.sink.names.mu.Lock()
	earlier := f.pending.written
	f.pending.written = f
	f.sink.names.mu.Unlock()
	if earlier != nil {
		earlier.Recorded()
	}
}

// settle renames a temporary file unless there is something of the final name: then its error is fs.ErrExist. slow
// remembers that the file system has no call for it.
func (d *folder) settle(temporary, final string, slow *atomic.Bool) error {
	if !slow.Load() {
		err := renameExclusive(d.fd, temporary, final)
		if err == nil || !cannotRename(err) {
			return err
		}
		slow.Store(true)
	}
	switch err := d.root.Link(temporary, final); {
	case err == nil:
		return d.root.Remove(temporary)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	if _, err := d.root.Lstat(final); err == nil { // the file system has no links either
		return fs.ErrExist
	}
	return d.root.Rename(temporary, final)
}

// isReplaceable reports whether what has a name is a plain file, or a symbolic link where those count too, or gone again.
// Renaming over a link does not follow it.
func (d *folder) isReplaceable(name string, links bool) bool {
	info, err := d.root.Lstat(name)
	return err != nil || info.Mode().IsRegular() || links && info.Mode()&fs.ModeSymlink != 0
}
