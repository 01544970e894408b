package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/file"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/units"
)

var (
	// ErrExists is what Create's error wraps when there is something in the file already.
	ErrExists = errors.New("the file exists")
	// ErrNotPlain is what errors wrap of what is there and can be no journal: a folder, a pipe.
	ErrNotPlain = errors.New("not a plain file")
	// ErrNoJournal is what the error of Open and Continue wraps when the file is none, is empty, or has nothing but a part
	// of its first line; and that of Create when Options.Fresh would empty a file that is none.
	ErrNoJournal = errors.New("this is no journal")
)

// HeldError says that another process has the journal.
type HeldError struct {
	Path  string
	PID   int       // 0: not known
	Since time.Time // the start of its leg; zero: not known
}

func (e *HeldError) Error() string {
	who := "another process"
	if e.PID > 0 {
		who = "process " + strconv.Itoa(e.PID)
	}
	since := ""
	if !e.Since.IsZero() {
		since = " since " + e.Since.Local().Format(time.DateTime)
	}
	return fmt.Sprintf("%s is in use by %s%s; wait until that is done, or stop it", printable(e.Path), who, since)
}

// LineError says that a line of a journal cannot be read. It is never the last line that a kill has torn.
type LineError struct {
	Path string
	Line int64 // from 1
	Err  error
}

func (e *LineError) Error() string {
	return fmt.Sprintf("%s:%d: %v; the file was damaged: take the line out, and what it is about is fetched again by: %s",
		printable(e.Path), e.Line, e.Err, resumeCommand(e.Path))
}

// Unwrap gives what is wrong with the line.
func (e *LineError) Unwrap() error { return e.Err }

// unwritable makes the error that ends the run. It needs the lock.
func (w *Writer) unwritable(err error) error {
	return writeFailure(w.path, err, w.begun && !file.IsGone(err))
}

// writeFailure is the error of a journal that cannot be written. A begun one can be gone on with.
func writeFailure(path string, err error, begun bool) error {
	then := ""
	if begun {
		then = ", then: " + resumeCommand(path)
	}
	return &fetcher.Error{
		Kind: fetcher.KindWrite,
		Err:  fmt.Errorf("the journal %s cannot be written: %w; %s%s", printable(path), file.Reason(err), advice(err), then),
	}
}

// advice says what to do about an error of the system.
func advice(err error) string {
	switch {
	case file.IsGone(err):
		return "leave it alone during a run"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "make room on the disk"
	case errors.Is(err, syscall.EFBIG):
		return "the file system, or ulimit -f, allows no larger file; allow it"
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return "allow more open files (ulimit -n)"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "choose a file that you may write to, or change who may write to this one"
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return "make its folder first, or choose another"
	case errors.Is(err, syscall.EIO):
		return "the disk failed: look at the system's log"
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK):
		return "its file system cannot do what a journal needs: choose a file on another"
	}
	return "look at the file and its folder"
}

// unreadable is the error of a journal that cannot be read.
func unreadable(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the journal %s cannot be read: %w; a run makes one with -j FILE", printable(path), file.Reason(err))
	}
	return fmt.Errorf("the journal %s cannot be read: %w", printable(path), file.Reason(err))
}

// resumeCommand is what to type to go on with a journal.
func resumeCommand(path string) string { return "fetch resume " + units.ShellPath(path) }

// printable is a name for a message: quoted if it holds something that is not to be printed as it is.
func printable(name string) string {
	if record.Printable(name) != name {
		return strconv.Quote(name)
	}
	return name
}

// MaskedError says that a journal cannot be gone on with, since it does not hold what was asked.
type MaskedError struct{ Seq int64 }

func (e *MaskedError) Error() string {
	return fmt.Sprintf("the journal was written by an earlier version, which stored rows and URLs without what looked like a secret "+
		"(as in request %d), so that one request may be taken for another; start the run again with a journal of its own. fetch report shows what this one holds", e.Seq)
}

// RefuseMasked ends the records of a journal of version 1 with a *MaskedError if a name, a URL or a row of one was masked.
func RefuseMasked(records iter.Seq2[*record.Record, error]) iter.Seq2[*record.Record, error] {
	return func(yield func(*record.Record, error) bool) {
		for r, err := range records {
			if err == nil && isMasked(r) {
				r, err = nil, &MaskedError{r.Seq}
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func isMasked(r *record.Record) bool {
	return strings.Contains(r.URL+r.Name, secret.Mask) || slices.ContainsFunc(r.Answers(), func(a record.Answer) bool {
		return slices.ContainsFunc(a.Row, func(c fetcher.Cell) bool { return strings.Contains(c.Value, secret.Mask) })
	})
}
