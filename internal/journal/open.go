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

// mode is the mode of a journal: its contents are for the owner only.
const mode = 0o600

// File is a journal that this process has opened: it is locked until Close, and nothing has been appended yet.
type File struct {
	path  string
	file  *os.File
	size  int64 // of the complete lines in it; 0: a new run
	made  bool  // created by us
	begun bool
}

// Create opens a new or an empty file for the journal of a run. Its error wraps ErrExists if the file is not
// empty, and is a *HeldError if another process uses it. With fresh, Begin truncates an existing journal; a
// file that is not a journal is refused.
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

// check makes sure that a locked file may become a journal, and belongs to its owner alone.
func (f *File) check(fresh bool) error {
	info, err := f.file.Stat()
	if err != nil {
		return writeFailure(f.path, err, false)
	}
	there, err := os.Stat(f.path)
	switch {
	case err != nil || !os.SameFile(there, info):
		return &HeldError{Path: f.path} // the process that used it has removed it meanwhile
	case info.Size() == 0:
	case !beginsAsJournal(f.file):
		return fmt.Errorf("%s: %w, and %w; choose another name", printable(f.path), ErrExists, ErrNoJournal)
	case !fresh:
		return fmt.Errorf("%s: %w, and contains a run; resume it: %s; or discard it and start again: --fresh",
			printable(f.path), ErrExists, resumeCommand(f.path))
	}
	if info.Mode().Perm() == mode {
		return nil
	}
	if err := f.file.Chmod(mode); err != nil && !errors.Is(err, os.ErrPermission) && !errors.Is(err, errors.ErrUnsupported) {
		return writeFailure(f.path, err, false) // these two: a file system without modes has those of its mount
	}
	return nil
}

// Begin begins a part: the run in a journal from Create, a resumption in one from Continue. It sets Type and V
// of the line, and the line is in the file when it returns. The Writer replaces f. It can be called once.
func (f *File) Begin(part *Leg, o Options) (*Writer, error) {
	l := *part
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

// Close closes a journal in which nothing was begun. A file that Create created is removed. After Begin it does
// nothing.
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

// Remove removes the file, if it still has its name; it must be called before the file is closed.
func (f *File) Remove() {
	if file.Still(f.file, f.path) == nil {
		os.Remove(f.path)
	}
}

// lock locks the journal for this process. If another process uses it, the error names that process: the writer
// of the last part, if that has not ended.
func lock(path string, f *os.File) error {
	got, err := file.Lock(f)
	switch {
	case err != nil:
		return writeFailure(path, fmt.Errorf("it cannot be locked: %w", err), false)
	case got:
		return nil
	}
	held := &HeldError{Path: path}
	if j, _ := load(context.Background(), path, f); j != nil && !j.HasEnded() { // unknown details are left out
		held.PID, held.Since = j.Last().PID, j.Last().Started
	}
	return held
}

// beginning is the beginning of a journal.
const beginning = `{"type":"run"`

// beginsAsJournal reports whether a file looks like a journal, or like the incomplete first line of one.
func beginsAsJournal(f io.ReaderAt) bool {
	start := make([]byte, len(beginning))
	n, err := f.ReadAt(start, 0)
	return (err == nil || err == io.EOF) && bytes.HasPrefix([]byte(beginning), start[:n])
}

// Continue locks a journal, reads it like Open, and removes an incomplete last line (its length is
// Journal.Torn). The error is a *HeldError if another process uses it.
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
	j, err := load(ctx, path, f) // now that no other process appends
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

// Open reads a journal, which may be in the course of being written: it has what is there now, and not what is
// appended later. An incomplete last line is ignored. Records are parsed only as far as necessary; errors
// inside a record are found by Journal.Records.
//
// The error wraps ErrNoJournal if there is no run. If it is a *LineError, there is a Journal nevertheless: of
// the lines before the bad one, and its Records end with the same error.
func Open(ctx context.Context, path string) (*Journal, error) {
	f, err := openPlain(path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return load(ctx, path, f)
}

// openPlain opens a file, unless it is a device, a pipe or a folder.
func openPlain(path string, flag int) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // opening a pipe might block forever
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
