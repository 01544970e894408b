package journal

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"example.com/fetch/internal/file"
)

// mode is that of a journal: what someone asks for is not for everybody.
const mode = 0o600

// File is a journal that this process has: it is locked until Close, and nothing has been appended yet.
type File struct {
	path  string
	file  *os.File
	size  int64 // of the whole lines in it; 0: a run begins here
	made  bool  // by us
	begun bool
}

// Create takes a new or an empty file for the journal of a run. Its error wraps ErrExists if there is something in the file, and
// is a *HeldError if another process has it. With fresh, Begin empties a journal that is there; a file that is none is
// refused.
func Create(path string, fresh bool) (*File, error) {
	_, err := os.Lstat(path)
	f := &File{path: path, made: errors.Is(err, os.ErrNotExist)}
	if f.file, err = openPlain(path, os.O_RDWR|os.O_CREATE); err != nil {
		return nil, err
	}
	if err = lock(path, f.file); err == nil {
		err = f.check(fresh)
	}
	if err != nil {
		f.file.Close()
		return nil, err
	}
	return f, nil
}

// check sees to it that a locked file may become a journal, and is its owner's.
func (f *File) check(fresh bool) error {
	info, err := f.file.Stat()
	if err != nil {
		return writeFailure(f.path, err, false)
	}
	there, err := os.Stat(f.path)
	switch {
	case err != nil || !os.SameFile(there, info):
		return &HeldError{Path: f.path} // whoever had it has removed it meanwhile
	case info.Size() == 0:
	case !beginsAsJournal(f.file):
		return fmt.Errorf("%s: %w, and %w; choose another name", printable(f.path), ErrExists, ErrNoJournal)
	case !fresh:
		return fmt.Errorf("%s: %w, and holds a run; go on with it: %s; or throw it away and start anew: --fresh",
			printable(f.path), ErrExists, resumeCommand(f.path))
	}
	if info.Mode().Perm() == mode {
		return nil
	}
	if err := f.file.Chmod(mode); err != nil && !errors.Is(err, os.ErrPermission) && !errors.Is(err, errors.ErrUnsupported) {
		return writeFailure(f.path, err, false) // those two: a file system without modes has what it was mounted with
	}
	return nil
}

// Begin begins a leg: the run in a journal from Create, a later one in one from Continue. It fills in Type and V of the
// line, and the line is in the file when it returns. The Writer takes the place of f. A leg can be begun once.
func (f *File) Begin(leg *Leg, o Options) (*Writer, error) {
	l := *leg
	l.Type, l.V = TypeResume, Version
	if f.size == 0 {
		l.Type = TypeRun
		if err := f.file.Truncate(0); err != nil {
			return nil, writeFailure(f.path, err, false)
		}
	}
	f.begun = true
	w := newWriter(f.path, f.file, f.size, o)
	w.begun = f.size > 0 && !o.Once
	w.still = func() error { return cmp.Or(w.long(), file.Still(f.file, f.path)) }
	w.long = func() error { return file.StillLong(f.file, w.size.Load()) }
	w.unsaved.Store(true)
	if f.size == 0 {
		w.folder = filepath.Dir(f.path)
	}
	w.start()
	if err := w.appendAndWait(&l); err != nil {
		if f.made {
			f.Remove() // before anyone else can have it
		}
		w.Close()
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun = !o.Once
	return w, nil
}

// Close lets go of a journal in which no leg was begun. A file that Create made is removed. After Begin it does nothing.
func (f *File) Close() error {
	if f.begun {
		return nil
	}
	f.begun = true
	var err error
	if f.made && file.Still(f.file, f.path) == nil {
		err = os.Remove(f.path)
	}
	return errors.Join(err, f.file.Close())
}

// Remove removes the file, if it still has its name: to be called before it is closed.
func (f *File) Remove() {
	if file.Still(f.file, f.path) == nil {
		os.Remove(f.path)
	}
}

// lock takes the journal for this process. Where another has it, the error says which: that whose leg is the last, if it has
// not ended.
func lock(path string, f *os.File) error {
	got, err := file.Lock(f)
	switch {
	case err != nil:
		return writeFailure(path, fmt.Errorf("it cannot be locked: %w", err), false)
	case got:
		return nil
	}
	held := &HeldError{Path: path}
	if j, _ := load(context.Background(), path, f); j != nil && !j.HasEnded() { // what cannot be found out is left open
		held.PID, held.Since = j.Last().PID, j.Last().Started
	}
	return held
}

// beginning is how a journal begins.
const beginning = `{"type":"run"`

// beginsAsJournal reports whether a file looks like a journal, if only like the torn first line of one.
func beginsAsJournal(f io.ReaderAt) bool {
	start := make([]byte, len(beginning))
	n, err := f.ReadAt(start, 0)
	return (err == nil || err == io.EOF) && bytes.HasPrefix([]byte(beginning), start[:n])
}

// Continue locks a journal, reads it as Open does, and cuts off a torn last line (Journal.Torn says how long it was).
// The error is a *HeldError if another process has it.
func Continue(ctx context.Context, path string) (*File, *Journal, error) {
	f, err := openPlain(path, os.O_RDWR)
	if err != nil {
		return nil, nil, err
	}
	j, err := takeOver(ctx, path, f)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return &File{path: path, file: f, size: j.size}, j, nil
}

func takeOver(ctx context.Context, path string, f *os.File) (*Journal, error) {
	if err := lock(path, f); err != nil {
		return nil, err
	}
	j, err := load(ctx, path, f) // only now does nobody append any more
	if err != nil {
		return nil, err
	}
	if j.Torn > 0 {
		err = f.Truncate(j.size)
	}
	if err == nil {
		_, err = f.Seek(j.size, io.SeekStart)
	}
	if err != nil {
		return nil, writeFailure(path, err, true)
	}
	return j, nil
}

// Open reads a journal, which may be one that is being written: what is there now is in it, and what is appended later is
// not. A torn last line is passed over. It looks at records only as far as it must; what is wrong inside of one is found
// by Journal.Records.
//
// The error wraps ErrNoJournal if there is no run to be seen. If it is a *LineError, there is a Journal nevertheless: of
// the lines before the bad one, and its Records end with the same error.
func Open(ctx context.Context, path string) (*Journal, error) {
	f, err := openPlain(path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return load(ctx, path, f)
}

// openPlain opens what is no device, pipe or folder.
func openPlain(path string, flag int) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // to open a pipe might wait for ever
		return nil, fmt.Errorf("%s is %w, and a journal has to be one; choose another name", printable(path), ErrNotPlain)
	}
	f, err := os.OpenFile(path, flag, mode)
	switch {
	case err == nil:
		return f, nil
	case flag&os.O_CREATE != 0:
		return nil, writeFailure(path, err, false)
	}
	return nil, unreadable(path, err)
}
