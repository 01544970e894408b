package run

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/load/figures"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/spec"
	"example.com/fetch/internal/stats"
)

// loadCommand is the Command of the journals of load tests.
const loadCommand = "load"

// newLoadLeg begins the journal of a load test, if one is to be kept. Nothing is in it yet. Nobody goes on with a load test,
// so that neither its flags nor its list have to be in it.
func newLoadLeg(f *spec.Load, sources []string) (*leg, error) {
	if f.Run.Journal == "" {
		return nil, nil
	}
	file, err := journal.Create(f.Run.Journal, f.Run.Fresh)
	if errors.Is(err, journal.ErrExists) && !errors.Is(err, journal.ErrNoJournal) {
		return nil, exit.Usage(fmt.Errorf("%s: the file exists, and holds a run; choose another name, or throw it away with --fresh", record.Printable(f.Run.Journal)))
	}
	if err != nil {
		return nil, JournalError(err)
	}
	l := &leg{path: f.Run.Journal, file: file, line: legLine(loadCommand)}
	l.line.Args = spec.Invocation(loadCommand, f.Run.Given, sources, spec.Secrets{Rules: f.Run.Secrets(), Further: true})
	l.line.ID = strings.ToLower(rand.Text()[:10])
	l.line.Directory, _ = os.Getwd()
	return l, nil
}

// beginJournal puts the plan into the journal. When that cannot be written any more, the test is cancelled.
func (t *loadTest) beginJournal(cancel context.CancelCauseFunc) error {
	if t.leg == nil {
		return nil
	}
	err := t.leg.begin(t.begun.Started, t.flags.Run.Fsync != "", func(err error) { cancel(err) })
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
func (t *loadTest) put(l *figures.Line) {
	if t.reports != nil && l.Interval != nil {
		t.reports.interval(l.Interval)
	}
	if t.leg == nil {
		return
	}
	line, err := figures.AppendLine(nil, l)
	switch {
	case err != nil: // there is no such line
	case t.leg.writer == nil:
		t.early = append(t.early, line)
	default:
		_ = t.leg.writer.Line(line)
	}
}

// endJournal puts the end into the journal, and lets that go.
func (t *loadTest) endJournal(wall time.Duration, s *figures.Summary, code int) error {
	if t.leg == nil {
		return nil
	}
	err := t.leg.end(wall, stats.End{NotStarted: s.Unsent}, code)
	if closed := t.leg.Close(); err == nil {
		err = closed
	}
	return err
}
