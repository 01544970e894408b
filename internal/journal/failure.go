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
	// ErrExists is wrapped by the error of Create if the file is not empty.
	ErrExists = errors.New("the file exists")
	// ErrNotPlain is wrapped by errors about something that cannot be a journal: a folder, a pipe.
	ErrNotPlain = errors.New("not a plain file")
	// ErrNoJournal is wrapped by the error of Open and Continue if the file is not a journal, is empty, or
	// contains only part of its first line; and by that of Create if fresh would truncate a file that is not a
	// journal.
	ErrNoJournal = errors.New("this is not a journal")
)

// HeldError reports that another process is using the journal.
type HeldError struct {
	Path  string
	PID   int       // 0: unknown
	Since time.Time // start of its part of the run; zero: unknown
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

// LineError reports a line of a journal that cannot be read. It is never an incomplete last line, as left by a
// kill.
type LineError struct {
	Path string
	Line int64 // from 1
	Err  error
}

func (e *LineError) Error() string {
	return fmt.Sprintf("%s:%d: %v; the file was damaged: remove the line, and its request is sent again by: %s",
		printable(e.Path), e.Line, e.Err, resumeCommand(e.Path))
}

// Unwrap returns what is wrong with the line.
func (e *LineError) Unwrap() error { return e.Err }

// unwritable returns the error that ends the run. The caller holds the lock.
func (w *Writer) unwritable(err error) error {
	return writeFailure(w.path, err, w.begun && !file.IsGone(err))
}

// writeFailure returns the error of a journal that cannot be written. If a run has begun in it, it can be
// resumed.
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

// advice says what to do about a system error.
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
		return "its file system lacks what a journal needs: choose a file on another"
	}
	return "look at the file and its folder"
}

// unreadable returns the error of a journal that cannot be read.
func unreadable(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the journal %s cannot be read: %w; a run makes one with -j FILE", printable(path), file.Reason(err))
	}
	return fmt.Errorf("the journal %s cannot be read: %w", printable(path), file.Reason(err))
}

// resumeCommand returns the command that resumes a journal.
func resumeCommand(path string) string { return "fetch resume " + units.ShellPath(path) }

// printable returns a name for a message, quoted if it contains characters that are not safe to print.
func printable(name string) string {
	if record.Printable(name) != name {
		return strconv.Quote(name)
	}
	return name
}

// MaskedError reports that a run cannot be resumed, because its journal does not store the requests exactly.
type MaskedError struct{ Seq int64 }

func (e *MaskedError) Error() string {
	return fmt.Sprintf("the journal was written by an earlier version, which removed from rows and URLs what looked like a secret "+
		"(as in request %d), so different requests may look alike; start the run again with a new journal. fetch report can still read this one", e.Seq)
}

// RefuseMasked ends the records of a journal of version 1 with a *MaskedError if a name, a URL or a row was
// masked.
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
