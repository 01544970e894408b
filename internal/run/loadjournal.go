package run

import (
	"context"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/spec"
)

// loadCommand is the Command of the journals of load tests.
const loadCommand = "load"

// newLoadLeg begins the journal of a load test, if one is to be kept. Nothing is in it yet. Nobody goes on with a load test,
// so that neither its flags nor its list have to be in it.
func newLoadLeg(f *spec.Load, sources []string) (*leg, error) {
	l, err := newLeg(&f.Run, loadCommand)
	if l != nil {
		l.line.Args = spec.Invocation(loadCommand, f.Run.Given, sources, spec.Secrets{Rules: f.Run.Secrets(), Further: true})
	}
	return l, err
}

// beginJournal puts the plan into the journal. When that cannot be written any more, the test is cancelled.
func (t *loadTest) beginJournal(cancel context.CancelCauseFunc) error {
	err := t.beginLeg(t.begun.Started, cancel)
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
func (t *loadTest) put(l measure.Line) {
	if i, ok := l.(*measure.Interval); ok && t.reports != nil {
		t.reports.interval(i)
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
