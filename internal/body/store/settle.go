package store

import (
	"errors"
	"io/fs"
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
		f.name = f.sink.another(f.pending, f.contentType)
	}
}

// place gives the file its name, unless there is something of it: then its error is fs.ErrExist.
func (f *File) place(d *folder) error {
	if f.sink.o.Proof {
		if ok, err := d.Link(f.temporary, f.name); ok {
			f.proof.Store(err == nil)
			return err
		}
	}
	return d.Rename(f.temporary, d.Folder, f.name)
}

// replace gives the file its name in the place of what has it, if that may be replaced. Else its error is fs.ErrExist.
func (f *File) replace(d *folder) error {
	name := f.sink.path(f.folder, f.name)
	overwrite := f.sink.o.Overwrite && !f.sink.isGuarded(f.folder, f.name)
	mine := f.written() == f.name || f.sink.o.Mine != nil && f.sink.o.Mine(f.seq, name)
	if !overwrite && !mine || !isReplaceable(d, f.name, overwrite) {
		return fs.ErrExist
	}
	from := f.temporary
	if f.sink.o.Proof {
		// A second link is renamed over what has the name, so that the first one stays as the proof. At any moment the old file
		// has the name, or the new one.
		linked := false
		second, err := f.sink.temporary(f.seq, f.page, func(second string) (err error) {
			linked, err = d.Link(f.temporary, second)
			return err
		})
		if err != nil {
			return err
		}
		if linked {
			from = second
		}
	}
	err := d.Replace(from, d.Folder, f.name)
	switch {
	case from == f.temporary:
	case err != nil:
		d.Remove(from)
	default:
		f.proof.Store(true)
	}
	return err
}

// written is the name under which an earlier attempt has written this page; empty if none has.
func (f *File) written() string {
	f.sink.Names.mu.Lock()
	defer f.sink.Names.mu.Unlock()
	if f.pending.written == nil {
		return ""
	}
	return f.pending.written.name
}

// wrote remembers that this file has its name now. Of an earlier attempt's there will be no record.
func (f *File) wrote() {
	f.sink.Names.mu.Lock()
	earlier := f.pending.written
	f.pending.written = f
	f.sink.Names.mu.Unlock()
	if earlier != nil {
		earlier.Recorded()
	}
}

// isReplaceable reports whether what has a name is a plain file, or a symbolic link where those count too, or gone again.
// Renaming over a link does not follow it.
func isReplaceable(d *folder, name string, links bool) bool {
	info, err := d.Lstat(name)
	return err != nil || info.Mode().IsRegular() || links && info.Mode()&fs.ModeSymlink != 0
}
