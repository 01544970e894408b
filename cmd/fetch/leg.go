package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// leg is the part of a run that is in hand, with the journal that it is recorded in: the run itself, or its being resumed.
type leg struct {
	path   string
	file   *journal.File
	writer *journal.Writer // nil until the leg begins
	line   journal.Leg     // with which it begins
	early  bool            // records are appended as soon as they are whole, not when they are taken: results wait for others

	before *journal.Journal          // what earlier legs have left; nil: there are none
	choose func(*record.Record) bool // what is to be done again, and nothing else; nil: all that is not done
	past   *journal.Past             // what of it is done; nil: there are no earlier legs
	given  int64                     // of a list that has changed: how many requests are to be sent
	fresh  int64                     // of these, those that have no record

	copied   *journal.Copy // of standard input; nil: it is not read
	replaced bool          // there was one of an earlier run
	mu       sync.Mutex
	whole    *journal.Event // the copy was whole before that
}

// oldSuffix is what the copy of the run before has behind its name until the new run has begun.
const oldSuffix = ".old"

// copySuffix is what the copy of standard input has behind the name of the journal.
const copySuffix = ".stdin"

// newLeg begins the journal of a run, if one is to be kept. Nothing is in it yet.
func (f *runFlags) newLeg(command string, sources []string) (*leg, error) {
	if f.journal == "" {
		return nil, nil
	}
	file, err := journal.Create(f.journal, f.fresh)
	if err != nil {
		return nil, journalError(err)
	}
	l := &leg{path: f.journal, file: file, line: legLine(command)}
	l.line.ID = strings.ToLower(rand.Text()[:10])
	l.line.Key = string(f.secrets().Key())
	if l.line.Directory, err = os.Getwd(); err != nil {
		file.Close()
		return nil, fmt.Errorf("the folder that we are in has no name, which a journal needs: %w", err)
	}
	return l, nil
}

// legLine is what every leg says of itself.
func legLine(command string) journal.Leg {
	return journal.Leg{Version: version, PID: os.Getpid(), Command: command}
}

// journalError is an error of opening a journal, with its exit code.
func journalError(err error) error {
	_, held := errors.AsType[*journal.HeldError](err)
	_, corrupt := errors.AsType[*journal.LineError](err)
	if held || corrupt || errors.Is(err, journal.ErrExists) || errors.Is(err, journal.ErrNoJournal) || errors.Is(err, os.ErrNotExist) {
		return usage(err)
	}
	return err
}

// input is standard input as the list is to read it: by way of a copy, which another leg can read again.
func (l *leg) input(f *runFlags, sources []string, in io.Reader) (io.Reader, error) {
	if l == nil || !f.readsStdin(sources) {
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

// readsStdin reports whether the list, or its table, comes from standard input.
func (f *runFlags) readsStdin(sources []string) bool {
	return f.rows == stdinSource || slices.Contains(sources, stdinSource)
}

const stdinSource = "-"

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
	l.line.Started = started.UTC()
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

// end puts the last line of the leg into the journal.
func (l *leg) end(wall time.Duration, end measure.End, code int) error {
	return l.writer.End(&journal.End{
		Ended: time.Now().UTC(), Wall: record.MicrosOf(wall), NotStarted: end.NotStarted, Skipped: end.Skipped, Duplicates: end.Duplicates, Code: code,
	})
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
		os.Remove(l.path) // before anyone else can have it
		l.writer.Close()
	} else if l.replaced {
		os.Rename(l.line.List.Copy+oldSuffix, l.line.List.Copy)
	}
	l.file.Close()
}

// secrets are what the next leg has to be given again.
func (l *leg) secrets() []string {
	if l.before != nil {
		return l.before.Run().Again
	}
	return l.line.Again
}

// hasRecord reports whether a request has a record of an earlier leg.
func (l *leg) hasRecord(seq int64) bool { return l != nil && l.past != nil && l.past.IsAgain(seq) }

// notStarted is how many of the requests of a list have no record, when so many more have got one.
func (l *leg) notStarted(total, begun int64) int64 {
	if l.past.ByID() {
		return max(l.fresh-begun, 0)
	}
	return max(total-l.past.Done()-l.past.Again()-begun, 0)
}

// beginLeg begins the leg in the journal. When it cannot be written any more, the run is cancelled.
func (j *job) beginLeg(serial time.Duration, cancel context.CancelCauseFunc) error {
	if j.leg == nil {
		return nil
	}
	if err := j.leg.begin(j.start, j.flags.fsync != "", func(err error) { cancel(err) }); err != nil {
		return err
	}
	if serial > 0 {
		return j.leg.writer.Event(&journal.Event{Event: journal.EventBaseline, Serial: record.MicrosOf(serial), Sample: j.sample})
	}
	return nil
}

// endLeg ends it, and lets the journal go.
func (j *job) endLeg(wall time.Duration, end measure.End, runErr error, signal os.Signal) error {
	if j.leg == nil {
		return nil
	}
	return errors.Join(j.leg.end(wall, end, codeOf(j.verdict(runErr, nil, signal))), j.leg.Close())
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
	if l == nil {
		return nil
	}
	secrets := j.secretsIn()
	if l.before == nil {
		l.line.Args = invocation(l.line.Command, j.flags.all, sources, secrets)
		l.line.Flags, l.line.Sources, l.line.Again = storedFlags(j.flags.all, sources, secrets)
	}
	list := &l.line.List
	list.Credentials = j.list.Credentials()
	list.Columns, list.Templates = j.rowColumns(), j.list.Templates()
	if n, known := j.list.Total(); known && j.flags.every == 0 {
		list.Requests = &n
	}
	if list.SHA256 == "" {
		if list.SHA256, err = j.list.Digest(ctx, listMask(j.flags.all, secrets, list.Credentials)); err != nil {
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
	past, err := journal.NewPast(records, journal.PastOptions{
		ByID: !l.sameList(), Select: l.choose, FirstNew: firstNew(l.before),
	})
	if _, masked := errors.AsType[*journal.MaskedError](err); masked {
		return nil, usage(err)
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
	all := l.before.Begun() + l.fresh
	l.line.List.Requests = &all
	return nil
}

// firstNew is the place of the first request that no list of a run has had.
func firstNew(j *journal.Journal) int64 {
	first := j.MaxSeq() + 1
	for i := range j.Legs {
		if n := j.Legs[i].List.Requests; n != nil {
			first = max(first, *n+1)
		}
	}
	return first
}

// sameList reports whether all legs had the list that there is now.
func (l *leg) sameList() bool {
	now := l.line.List.SHA256
	for i := range l.before.Legs {
		if now == "" || sumOf(&l.before.Legs[i]) != now {
			return false
		}
	}
	return true
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
