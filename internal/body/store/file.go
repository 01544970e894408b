package store

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/file"
)

// File is the body of one page of a request while it is saved. It is used by one goroutine, except for Recorded,
// and for Discard, which may be called at any time and does nothing after Commit or another Discard. Its errors are
// *fetcher.Error of KindWrite.
type File struct {
	sink        *Sink
	pending     *pending
	seq         int64
	page        int
	contentType string
	folder      string // with slashes; empty: the root
	name        string // in it
	temporary   string // in it
	size        int64
	ended       atomic.Bool
	proof       atomic.Bool // the temporary file is kept in addition to the final name

	writer file.Writer
}

// Write appends to the file.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.writer.Write(p)
	f.size += int64(n)
	if err != nil {
		return n, f.failure(err)
	}
	return n, nil
}

// Name returns the name of the file in its folder, without a suffix.
func (f *File) Name() string { return f.name }

// Size returns the number of bytes written.
func (f *File) Size() int64 { return f.size }

// Commit makes the complete file appear under its name. It returns the name relative to the working directory: with
// the folder, and with a suffix if the name was in use. After an error there is no file, unless only the flushing
// of its folder has failed. With Options.Proof, Recorded must follow.
func (f *File) Commit() (name string, err error) {
	if f.ended.Swap(true) {
		return "", f.failure(fs.ErrClosed)
	}
	defer f.sink.forget(f)
	err = f.writer.Finish(f.sink.mode, f.sink.o.Sync)
	var d *folder
	if err == nil {
		d, err = f.sink.folders.get(f.folder)
	}
	if err != nil {
		f.remove()
		return "", f.failure(err)
	}
	defer f.sink.folders.put(d)
	if err := d.Has(f.temporary, &f.writer); err != nil {
		return "", f.failure(err) // the name belongs to another file
	}
	if err = f.settle(d); err != nil {
		d.Remove(f.temporary)
	} else if f.sink.o.Sync {
		err = d.Flush()
	}
	if err != nil {
		return "", f.failure(err)
	}
	return f.sink.path(f.folder, f.name), nil
}

// Discard removes what was written.
func (f *File) Discard() {
	if f.ended.Swap(true) {
		return
	}
	f.writer.Close()
	f.remove()
	f.sink.forget(f)
}

// Recorded reports that the record of the file is in the journal, so that no proof is needed any more. It may be
// called at any time after Commit, and concurrently; after Close, or without Options.Proof, it does nothing.
func (f *File) Recorded() {
	if f.proof.Swap(false) {
		f.remove()
	}
}

// remove removes the temporary file. Failing to do so is not a failure of the request.
func (f *File) remove() {
	if d, err := f.sink.folders.getExisting(f.folder); err == nil {
		d.Remove(f.temporary)
		f.sink.folders.put(d)
	}
}

// settle gives the temporary file the first name that is possible.
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

// place gives the file its name, unless that exists: then its error is fs.ErrExist.
func (f *File) place(d *folder) error {
	if f.sink.o.Proof {
		if ok, err := d.Link(f.temporary, f.name); ok {
			f.proof.Store(err == nil)
			return err
		}
	}
	return d.Rename(f.temporary, d.Folder, f.name)
}

// replace gives the file its name in place of an existing file, if that may be replaced. Otherwise its error is
// fs.ErrExist.
func (f *File) replace(d *folder) error {
	name := f.sink.path(f.folder, f.name)
	overwrite := f.sink.o.Overwrite && !f.sink.isGuarded(f.folder, f.name)
	mine := f.written() == f.name || f.sink.o.Mine != nil && f.sink.o.Mine(f.seq, name)
	if !overwrite && !mine || !isReplaceable(d, f.name, overwrite) {
		return fs.ErrExist
	}
	from := f.temporary
	if f.sink.o.Proof {
		// A second link is renamed over the existing file, so that the first one remains as the proof. At any moment
		// the name belongs to the old file or to the new one.
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

// written returns the name under which an earlier attempt has saved this page; empty if none has.
func (f *File) written() string {
	f.sink.Names.mu.Lock()
	defer f.sink.Names.mu.Unlock()
	if f.pending.written == nil {
		return ""
	}
	return f.pending.written.name
}

// wrote stores that this file has its name. There will be no record of an earlier attempt's.
func (f *File) wrote() {
	f.sink.Names.mu.Lock()
	earlier := f.pending.written
	f.pending.written = f
	f.sink.Names.mu.Unlock()
	if earlier != nil {
		earlier.Recorded()
	}
}

// isReplaceable reports whether an existing name is a plain file, a symbolic link if those are allowed, or has
// disappeared. Renaming over a link does not follow it.
func isReplaceable(d *folder, name string, links bool) bool {
	info, err := d.Lstat(name)
	return err != nil || info.Mode().IsRegular() || links && info.Mode()&fs.ModeSymlink != 0
}

// failure returns the error that ends the run.
func (f *File) failure(err error) error { return f.failed(fetcher.KindWrite, "written", err) }

// notMade returns the error of Create. If too many files are open, that is temporary, and the attempt is retried.
func (f *File) notMade(res *fetcher.Result, err error) error {
	if !file.IsOutOfFiles(err) {
		return f.failure(err)
	}
	if !slices.Contains(res.Notes, fetcher.NoteOutOfFiles) {
		res.Notes = append(res.Notes, fetcher.NoteOutOfFiles)
	}
	return f.failed(fetcher.KindConnect, "opened", err)
}

// failed says what could not be done with the file. The name is a safe one, so it reveals nothing.
func (f *File) failed(kind fetcher.Kind, what string, err error) error {
	if errors.Is(err, fs.ErrNotExist) && f.sink.hasLost(f.folder) {
		err = &lostError{err}
	}
	return &fetcher.Error{Kind: kind, Err: explained(f.sink.path(f.folder, f.name), " cannot be "+what, err)}
}

// lostError is a system error caused by the disappearance of a folder.
type lostError struct{ error }

func (e *lostError) Unwrap() error { return e.error }

// explained returns an error about a name: what is wrong, why, and what to do about it.
func explained(name, problem string, err error) error {
	return fmt.Errorf("%s%s: %w; %s", printable(name), problem, file.Reason(err), advice(err))
}

// advice says what to do about a system error.
func advice(err error) string {
	switch {
	case file.IsGone(err):
		return "leave what is in the folder alone during a run"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "make room on the disk; the files that are there are whole"
	case file.IsOutOfFiles(err):
		return "allow more open files (ulimit -n), or have fewer requests in flight (-c)"
	case errors.Is(err, syscall.EFBIG):
		return "the file system, or ulimit -f, allows no larger file"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "choose a folder that you may write to, or change who may write to this one"
	case errors.Is(err, syscall.ENOTDIR), strings.HasSuffix(err.Error(), "not a directory"): // os.Root's has no type
		return "a file exists where a folder is needed; move it away, or choose another folder"
	case errors.Is(err, syscall.EIO):
		return "the disk failed; look at the system's log"
	case errors.Is(err, errNoTemporary):
		return "remove the files that begin with .fetch- from the folder"
	case errors.As(err, new(*lostError)):
		return "the folder was removed during the run; leave it in place"
	case errors.Is(err, fs.ErrNotExist):
		return "nothing can be created there; choose another folder"
	case errors.Is(err, fs.ErrExist):
		return "a file has that name, or a symbolic link that leads nowhere; choose another folder, or say how files are called: 'out/{name}.json'"
	case escapes(err):
		return "a symbolic link leads out of the folder; remove it, or name the place that it leads to"
	}
	return "look at the folder, or choose another"
}

// escapes reports whether a name was rejected because a symbolic link in it leads out of the root. The error has no
// type.
func escapes(err error) bool { return strings.Contains(err.Error(), "escapes from parent") }

// printable returns a name for a message, quoted if it contains characters that are not safe to print.
func printable(name string) string {
	if q := strconv.Quote(name); q != `"`+name+`"` {
		return q
	}
	return name
}
