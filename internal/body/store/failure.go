package store

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/file"
)

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
	return &fetcher.Error{Kind: kind, Err: explained(f.sink.path(f.folder, f.name), " cannot be "+what, err)}
}

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
	case errors.Is(err, fs.ErrNotExist):
		return "the folder was taken away during the run; leave it where it is"
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
