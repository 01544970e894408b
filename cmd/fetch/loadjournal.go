package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// loadCommand is the Command of the journals of load tests.
const loadCommand = "load"

// newLeg begins the journal of a load test, if one is to be kept. Nothing is in it yet. Nobody goes on with a load test,
// so that neither its flags nor its list have to be in it.
func (f *loadFlags) newLeg(sources []string) (*leg, error) {
	if f.run.journal == "" {
		return nil, nil
	}
	file, err := journal.Create(f.run.journal, f.run.fresh)
	if errors.Is(err, journal.ErrExists) && !errors.Is(err, journal.ErrNoJournal) {
		return nil, usage(fmt.Errorf("%s: the file exists, and holds a run; choose another name, or throw it away with --fresh", record.Printable(f.run.journal)))
	}
	if err != nil {
		return nil, journalError(err)
	}
	l := &leg{path: f.run.journal, file: file, line: legLine(loadCommand)}
	l.line.Args = invocation(loadCommand, f.run.all, sources, flagSecrets{rules: f.run.secrets(), further: true})
	l.line.ID = strings.ToLower(rand.Text()[:10])
	l.line.Directory, _ = os.Getwd()
	return l, nil
}

// beginJournal puts the plan into the journal. When that cannot be written any more, the test is cancelled.
func (t *loadTest) beginJournal(cancel context.CancelCauseFunc) error {
	if t.leg == nil {
		return nil
	}
	err := t.leg.begin(t.begun.Started, t.flags.run.fsync != "", func(err error) { cancel(err) })
	for _, line := range t.early {
		if err == nil {
			err = t.leg.writer.Line(line)
		}
	}
	if err != nil {
		t.leg.discard()
	}
	return err
}

// put puts a line of figures into the journal, if one is kept. An error of writing it ends the test by itself.
func (t *loadTest) put(l *measure.Line) {
	if t.reports != nil && l.Interval != nil {
		t.reports.interval(l.Interval)
	}
	if t.leg == nil {
		return
	}
	line, err := measure.AppendLine(nil, l)
	switch {
	case err != nil: // there is no such line
	case t.leg.writer == nil:
		t.early = append(t.early, line)
	default:
		_ = t.leg.writer.Line(line)
	}
}

// endJournal puts the end into the journal, and lets that go.
func (t *loadTest) endJournal(wall time.Duration, s *measure.LoadSummary, code int) error {
	if t.leg == nil {
		return nil
	}
	err := t.leg.end(wall, measure.End{NotStarted: s.Unsent}, code)
	if closed := t.leg.Close(); err == nil {
		err = closed
	}
	return err
}
