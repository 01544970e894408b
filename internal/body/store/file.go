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

// File is the body of one page of a request on its way to a file. It is used by one goroutine, but for Recorded, and for
// Discard, which may be called at any time and, after Commit or another Discard, does nothing. Its errors are
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
	proof       atomic.Bool // the temporary file is still there, although it has its name

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

// Name is what the file is to be called in its folder, but for a suffix.
func (f *File) Name() string { return f.name }

// Size is how many bytes have been written.
func (f *File) Size() int64 { return f.size }

// Commit makes the file appear under its name, with all that was written. It gives the name as the user would write it:
// with the folder, and with a suffix if something else had the name. After an error there is no file, but where only the
// flushing of its folder has failed. With Options.Proof, Recorded is to follow.
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
		return "", f.failure(err) // what has the name is not ours
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

// Recorded says that the record of the file is in the journal, after which no proof is needed. It may be called at any time
// after Commit, and concurrently; after Close, or without Options.Proof, it does nothing.
func (f *File) Recorded() {
	if f.proof.Swap(false) {
		f.remove()
	}
}

// remove removes the temporary file. That it cannot be removed is no failure of the request.
func (f *File) remove() {
	if d, err := f.sink.folders.getExisting(f.folder); err == nil {
		d.Remove(f.temporary)
		f.sink.folders.put(d)
	}
}

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

// failure makes the error that ends the run.
func (f *File) failure(err error) error { return f.failed(fetcher.KindWrite, "written", err) }

// notMade is the failure of Create. That too many files are open passes: the attempt is to be made again.
func (f *File) notMade(res *fetcher.Result, err error) error {
	if !file.IsOutOfFiles(err) {
		return f.failure(err)
	}
	if !slices.Contains(res.Notes, fetcher.NoteOutOfFiles) {
		res.Notes = append(res.Notes, fetcher.NoteOutOfFiles)
	}
	return f.failed(fetcher.KindConnect, "opened", err)
}

// failed says what could not be done with the file. The name is a safe one, so that it shows nothing that it should not.
func (f *File) failed(kind fetcher.Kind, what string, err error) error {
	if errors.Is(err, fs.ErrNotExist) && f.sink.hasLost(f.folder) {
		err = &lostError{err}
	}
	return &fetcher.Error{Kind: kind, Err: explained(f.sink.path(f.folder, f.name), " cannot be "+what, err)}
}

// lostError is an error of the system that comes of a folder not being there any more.
type lostError struct{ error }

func (e *lostError) Unwrap() error { return e.error }

// explained says of a name what is wrong with it, why, and what to do about it.
func explained(name, problem string, err error) error {
	return fmt.Errorf("%s%s: %w; %s", printable(name), problem, file.Reason(err), advice(err))
}

// advice says what to do about an error of the system.
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
		return "a file stands where a folder is needed; move it away, or choose another folder"
	case errors.Is(err, syscall.EIO):
		return "the disk failed; look at the system's log"
	case errors.Is(err, errNoTemporary):
		return "remove the files that begin with .fetch- from the folder"
	case errors.As(err, new(*lostError)):
		return "the folder was taken away during the run; leave it where it is"
	case errors.Is(err, fs.ErrNotExist):
		return "nothing can be made there; choose another folder"
	case errors.Is(err, fs.ErrExist):
		return "a file has that name, or a symbolic link that leads nowhere; choose another folder, or say how files are called: 'out/{name}.json'"
	case escapes(err):
		return "a symbolic link leads out of the folder; remove it, or name the place that it leads to"
	}
	return "look at the folder, or choose another"
}

// escapes reports whether a name was refused since a symbolic link in it leads out of the root. The error has no type.
func escapes(err error) bool { return strings.Contains(err.Error(), "escapes from parent") }

// printable is a name for a message: quoted if it holds something that is not to be printed as it is.
func printable(name string) string {
	if q := strconv.Quote(name); q != `"`+name+`"` {
		return q
	}
	return name
}
