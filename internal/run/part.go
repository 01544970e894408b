package run

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/spec"
)

// part is the current part of a run with the journal that records it: the run itself, or one resumption of
// it.
type part struct {
	path   string
	file   *journal.File
	writer *journal.Writer // nil until the part begins
	line   journal.Leg     // the first line of the part

	before *journal.Journal          // earlier parts; nil: there are none
	choose func(*record.Record) bool // selects the records to be done again, and nothing else is sent; nil: everything unfinished is
	past   *journal.Past             // what earlier parts have completed; nil: there are none
	given  int64                     // if the list has changed: number of requests to send
	fresh  int64                     // of given, those without a record

	copied   *journal.Copy // nil: standard input is not read
	lost     bool          // the copy was removed while it was written, so the run cannot be resumed
	replaced bool          // an earlier run had left a copy
	mu       sync.Mutex
	whole    *journal.Event // set if the copy was complete before the writer was there
}

const (
	copySuffix = ".stdin" // appended to the name of the journal: the copy of standard input
	oldSuffix  = ".old"   // appended to that: the copy of the previous run, kept until the new run has begun
)

// newPart creates the journal of a run, if it is to have one. Nothing is written to it yet.
func newPart(f *spec.Spec, command string) (*part, error) {
	if f.Journal == "" {
		return nil, nil
	}
	file, err := journal.Create(f.Journal, f.Fresh)
	if command == loadCommand && errors.Is(err, journal.ErrExists) && !errors.Is(err, journal.ErrNoJournal) { // load tests cannot be resumed
		return nil, exit.Usage(fmt.Errorf("%s: the file exists, and holds a run; choose another name, or discard it with --fresh", record.Printable(f.Journal)))
	}
	if err != nil {
		return nil, JournalError(err)
	}
	l := &part{path: f.Journal, file: file, line: journal.Leg{ID: strings.ToLower(rand.Text()[:10]), Command: command}}
	if l.line.Directory, err = os.Getwd(); command == loadCommand {
		return l, nil
	}
	l.line.Key = string(f.Secrets().Key())
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("cannot determine the current folder, which a journal needs: %w", err)
	}
	return l, nil
}

// JournalError returns an error of opening a journal with its exit code.
func JournalError(err error) error {
	_, held := errors.AsType[*journal.HeldError](err)
	_, corrupt := errors.AsType[*journal.LineError](err)
	for _, target := range []error{journal.ErrExists, journal.ErrNoJournal, journal.ErrNotPlain, os.ErrNotExist, os.ErrPermission, syscall.ENOTDIR, syscall.EISDIR} {
		if errors.Is(err, target) {
			return exit.Usage(err)
		}
	}
	if held || corrupt {
		return exit.Usage(err)
	}
	return err
}

// input returns standard input for reading the list. Reading it writes the copy that a resumption needs.
func (l *part) input(f *spec.Spec, sources []string, in io.Reader) (io.Reader, error) {
	if l == nil || l.line.Command == loadCommand || !f.ReadsStdin(sources) {
		return in, nil
	}
	l.line.List.Copy = l.path + copySuffix
	err := os.Rename(l.line.List.Copy, l.line.List.Copy+oldSuffix)
	if l.replaced = err == nil; err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l.copied, err = journal.NewCopy(l.line.List.Copy, in, l.copyIsWhole)
	return l.copied, err
}

func (l *part) copyIsWhole(sha256 string, bytes int64) {
	event := &journal.Event{Event: journal.EventListEnd, SHA256: sha256, Bytes: bytes}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.writer == nil {
		l.whole = event
		return
	}
	_ = l.writer.Event(event) // the next record reports the error, too
}

// begin writes the first line of the part to the journal.
func (l *part) begin(started time.Time, sync bool, failed func(error)) error {
	l.line.Version, l.line.PID, l.line.Started = spec.Version, os.Getpid(), started.UTC()
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	if l.writer, err = l.file.Begin(&l.line, journal.Options{Sync: sync, Once: l.line.Command == loadCommand, OnError: failed}); err != nil {
		return err
	}
	if l.replaced {
		os.Remove(l.line.List.Copy + oldSuffix) // a leftover is harmless
	}
	if l.whole != nil {
		return l.writer.Event(l.whole)
	}
	return nil
}

// add appends a record to the journal. Once it is written, the file that it names is proven by it and needs
// no proof of its own.
func (l *part) add(r *record.Record, result *fetcher.Result) error {
	if l.past != nil && r.Page <= 1 {
		r.EarlierAttempts = l.past.Earlier(r.Seq)
	}
	var written func()
	if kept := body.Of(result); kept != nil && kept.File != "" {
		written = kept.Recorded
	}
	return l.writer.Append(r, written)
}

// finish writes the last line of the part to the journal, if there is one, and closes it.
func (l *part) finish(end measure.End, verdict error) error {
	if l == nil {
		return nil
	}
	err := l.writer.End(&journal.End{
		Ended: time.Now().UTC(), Wall: record.MicrosOf(end.Wall), NotStarted: end.NotStarted, Skipped: end.Skipped,
		Duplicates: end.Duplicates, Proxies: end.Proxies, Code: exit.CodeOf(verdict),
	})
	return cmp.Or(err, l.Close())
}

// discard removes what was created for a part in which nothing was done: the journal of a new run, and the
// copy of standard input. The first line of a resumption stays in the journal.
func (l *part) discard() {
	if l == nil || l.writer != nil && l.before != nil {
		return
	}
	if l.copied != nil {
		l.copied.Close()
		os.Remove(l.line.List.Copy)
	}
	if l.writer != nil {
		l.file.Remove() // while we still hold the lock
		l.writer.Close()
	} else if l.replaced {
		os.Rename(l.line.List.Copy+oldSuffix, l.line.List.Copy)
	}
	l.file.Close()
}

// Close closes the journal. Closing again does nothing.
func (l *part) Close() error {
	if l == nil {
		return nil
	}
	var errs []error
	if l.copied != nil {
		errs = append(errs, l.copied.Close())
	}
	if l.writer != nil {
		errs = append(errs, l.writer.Close())
	}
	return errors.Join(append(errs, l.file.Close())...)
}

// takeUp determines what earlier parts of the run have completed.
func (j *job) takeUp(ctx context.Context, sources []string) (err error) {
	l := j.part
	if l == nil || l.line.Command == loadCommand {
		return nil
	}
	secrets := j.secretsIn()
	if l.before == nil {
		l.line.Args = spec.Invocation(l.line.Command, j.flags.Given, sources, secrets)
		l.line.Flags, l.line.Sources, l.line.Again = spec.Stored(j.flags.Given, sources, secrets)
	}
	if l.before == nil || slices.ContainsFunc(l.line.Flags, func(f journal.Flag) bool { return f.Name == "policy" }) {
		var again []string
		l.line.Policies, again = j.flags.StoredPolicies()
		if l.before == nil {
			l.line.Again = append(l.line.Again, again...)
		}
	}
	list := &l.line.List
	list.Credentials = j.list.Credentials()
	list.Columns, list.Templates = j.rowColumns(), j.list.Templates()
	if n, known := j.list.Total(); known && j.flags.Every == 0 {
		list.Requests = &n
	}
	if list.SHA256 == "" {
		if list.SHA256, err = j.list.Digest(ctx, spec.ListMask(j.flags.Given, secrets, list.Credentials)); err != nil {
			return err
		}
	}
	if l.before == nil {
		return nil
	}
	if l.past, err = l.learn(ctx); err != nil || !l.past.ByID() || list.Requests == nil {
		return err
	}
	return j.countNew(ctx)
}

// learn reads what earlier parts have completed.
func (l *part) learn(ctx context.Context) (*journal.Past, error) {
	records := l.before.Records(ctx)
	if l.before.Run().V < 2 {
		records = journal.RefuseMasked(records)
	}
	now := l.line.List.SHA256 // if all parts had the present list, requests are known by their place in it, else by their ids
	changed := func(part journal.Span) bool { return digestOf(&part) != now }
	sameList := now != "" && !slices.ContainsFunc(l.before.Legs, changed)
	past, err := journal.NewPast(records, journal.PastOptions{
		ByID: !sameList, Select: l.choose, FirstNew: firstNew(l.before),
	})
	if _, masked := errors.AsType[*journal.MaskedError](err); masked {
		return nil, exit.Usage(err)
	}
	if err != nil {
		return nil, err
	}
	return past, past.LearnReplaced(l.before.Replaced(ctx))
}

// countNew counts how many requests of a changed list have no record, and how many are to be sent in total.
// Requests known by id can only be counted by reading the whole list.
func (j *job) countNew(ctx context.Context) error {
	l := j.part
	past, err := l.learn(ctx)
	if err != nil {
		return err
	}
	for req, err := range past.Skip(j.list.Requests(ctx), nil) {
		if err != nil {
			return err
		}
		l.given++
		if !past.IsAgain(req.Seq) {
			l.fresh++
		}
	}
	all := l.before.Begun + l.fresh
	l.line.List.Requests = &all
	return nil
}

// firstNew returns the first sequence number that no list of the run has used.
func firstNew(j *journal.Journal) int64 {
	first := j.MaxSeq + 1
	for i := range j.Legs {
		if n := j.Legs[i].List.Requests; n != nil {
			first = max(first, *n+1)
		}
	}
	return first
}

// digestOf returns the digest of a part's list; empty if the list came from a pipe and was incomplete.
func digestOf(part *journal.Span) string {
	for _, e := range part.Events {
		if e.Event == journal.EventListEnd {
			return e.SHA256
		}
	}
	return part.List.SHA256
}

// left returns how many requests are still to be sent, if that is known.
func (j *job) left() (int64, bool) {
	n, known := j.total()
	switch l := j.part; {
	case l == nil || l.past == nil:
	case l.past.ByID():
		return l.given, known
	case l.choose != nil:
		return l.past.Again(), true
	default:
		n -= l.past.Done()
	}
	return max(n, 0), known
}
