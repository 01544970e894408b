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

// leg is the part of a run that is in hand, with the journal that it is recorded in: the run itself, or its being resumed.
type leg struct {
	path   string
	file   *journal.File
	writer *journal.Writer // nil until the leg begins
	line   journal.Leg     // with which it begins

	before *journal.Journal          // what earlier legs have left; nil: there are none
	choose func(*record.Record) bool // what is to be done again, and nothing else; nil: all that is not done
	past   *journal.Past             // what of it is done; nil: there are no earlier legs
	given  int64                     // of a list that has changed: how many requests are to be sent
	fresh  int64                     // of these, those that have no record

	copied   *journal.Copy // of standard input; nil: it is not read
	lost     bool          // it was taken away while it was written, so that nobody can go on with it
	replaced bool          // there was one of an earlier run
	mu       sync.Mutex
	whole    *journal.Event // the copy was whole before that
}

const (
	copySuffix = ".stdin" // behind the name of the journal: the copy of standard input
	oldSuffix  = ".old"   // behind that: the one of the run before, until the new run has begun
)

// newLeg begins the journal of a run, if one is to be kept. Nothing is in it yet.
func newLeg(f *spec.Spec, command string) (*leg, error) {
	if f.Journal == "" {
		return nil, nil
	}
	file, err := journal.Create(f.Journal, f.Fresh)
	if command == loadCommand && errors.Is(err, journal.ErrExists) && !errors.Is(err, journal.ErrNoJournal) { // nobody goes on with it
		return nil, exit.Usage(fmt.Errorf("%s: the file exists, and holds a run; choose another name, or throw it away with --fresh", record.Printable(f.Journal)))
	}
	if err != nil {
		return nil, JournalError(err)
	}
	l := &leg{path: f.Journal, file: file, line: journal.Leg{ID: strings.ToLower(rand.Text()[:10]), Command: command}}
	if l.line.Directory, err = os.Getwd(); command == loadCommand {
		return l, nil
	}
	l.line.Key = string(f.Secrets().Key())
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("the folder that we are in has no name, which a journal needs: %w", err)
	}
	return l, nil
}

// JournalError is an error of opening a journal, with its exit code.
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

// input is standard input as the list is to read it: by way of a copy, which another leg can read again.
func (l *leg) input(f *spec.Spec, sources []string, in io.Reader) (io.Reader, error) {
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

func (l *leg) copyIsWhole(sha256 string, bytes int64) {
	event := &journal.Event{Event: journal.EventListEnd, SHA256: sha256, Bytes: bytes}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.writer == nil {
		l.whole = event
		return
	}
	_ = l.writer.Event(event) // the next record has the error, too
}

// begin puts the first line of the leg into the journal.
func (l *leg) begin(started time.Time, sync bool, failed func(error)) error {
	l.line.Version, l.line.PID, l.line.Started = spec.Version, os.Getpid(), started.UTC()
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	if l.writer, err = l.file.Begin(&l.line, journal.Options{Sync: sync, Once: l.line.Command == loadCommand, OnError: failed}); err != nil {
		return err
	}
	if l.replaced {
		os.Remove(l.line.List.Copy + oldSuffix) // what is left of it harms nobody
	}
	if l.whole != nil {
		return l.writer.Event(l.whole)
	}
	return nil
}

// add puts a record into the journal. When it is there, the file that it speaks of needs no proof any more.
func (l *leg) add(r *record.Record, result *fetcher.Result) error {
	if l.past != nil && r.Page <= 1 {
		r.EarlierAttempts = l.past.Earlier(r.Seq)
	}
	var written func()
	if kept := body.Of(result); kept != nil && kept.File != "" {
		written = kept.Recorded
	}
	return l.writer.Append(r, written)
}

// finish puts the last line of the leg into the journal, if one is kept, and lets that go.
func (l *leg) finish(end measure.End, verdict error) error {
	if l == nil {
		return nil
	}
	err := l.writer.End(&journal.End{
		Ended: time.Now().UTC(), Wall: record.MicrosOf(end.Wall), NotStarted: end.NotStarted, Skipped: end.Skipped,
		Duplicates: end.Duplicates, Proxies: end.Proxies, Code: exit.CodeOf(verdict),
	})
	return cmp.Or(err, l.Close())
}

// discard takes back what was made for a leg in which nothing was done: the journal of a run, and the copy of standard
// input. A later leg that has begun stays in its journal.
func (l *leg) discard() {
	if l == nil || l.writer != nil && l.before != nil {
		return
	}
	if l.copied != nil {
		l.copied.Close()
		os.Remove(l.line.List.Copy)
	}
	if l.writer != nil {
		l.file.Remove() // before anyone else can have it
		l.writer.Close()
	} else if l.replaced {
		os.Rename(l.line.List.Copy+oldSuffix, l.line.List.Copy)
	}
	l.file.Close()
}

// Close lets the journal go. Closing again does nothing.
func (l *leg) Close() error {
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

// takeUp finds out what earlier legs have done of the list.
func (j *job) takeUp(ctx context.Context, sources []string) (err error) {
	l := j.leg
	if l == nil || l.line.Command == loadCommand {
		return nil
	}
	secrets := j.secretsIn()
	if l.before == nil {
		l.line.Args = spec.Invocation(l.line.Command, j.flags.Given, sources, secrets)
		l.line.Flags, l.line.Sources, l.line.Again = spec.Stored(j.flags.Given, sources, secrets)
		l.line.Defaults = j.flags.StoredDefaults(secrets)
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

// learn reads what earlier legs have done.
func (l *leg) learn(ctx context.Context) (*journal.Past, error) {
	records := l.before.Records(ctx)
	if l.before.Run().V < 2 {
		records = journal.RefuseMasked(records)
	}
	now := l.line.List.SHA256 // all legs had the list that there is now, or requests are known by their ids
	changed := func(leg journal.Span) bool { return sumOf(&leg) != now }
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

// countNew counts how many requests of a list that has changed have no record, and how many are to be sent in all: what is
// known by its id is known only when the whole list has been read.
func (j *job) countNew(ctx context.Context) error {
	l := j.leg
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

// firstNew is the place of the first request that no list of a run has had.
func firstNew(j *journal.Journal) int64 {
	first := j.MaxSeq + 1
	for i := range j.Legs {
		if n := j.Legs[i].List.Requests; n != nil {
			first = max(first, *n+1)
		}
	}
	return first
}

// sumOf is the sum of a leg's list; empty if it came from a pipe and was cut off.
func sumOf(leg *journal.Span) string {
	for _, e := range leg.Events {
		if e.Event == journal.EventListEnd {
			return e.SHA256
		}
	}
	return leg.List.SHA256
}

// left is how many requests are to be sent, where that is known.
func (j *job) left() (int64, bool) {
	n, known := j.total()
	switch l := j.leg; {
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
