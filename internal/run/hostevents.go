package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/spec"
	"example.com/fetch/internal/units"
)

// taught is told of each change in what a host is allowed, by the engine.
func (j *listRun) taught(e fetcher.HostEvent) {
	e.At -= j.epoch
	event := allowed(j.flags, record.HostEventOf(e))
	if j.leg != nil && j.leg.writer != nil {
		_ = j.leg.writer.HostEvent(event) // the next record has the error, too
	}
	if !j.goesOn() {
		j.output.collector.Event(event)
	}
	j.view.Changed(event)
	if j.flags.Verbose && !j.flags.Quiet {
		fmt.Fprintf(aboveBar{&j.job}, "fetch: %s: %s\n", units.Host(event.Host), units.ChangeWhy(&event))
	}
}

// allowed is an event that tells what a host was allowed before as far as that could be used: what is learned may grow beyond
// what was asked for.
func allowed(f *spec.Spec, e record.HostEvent) record.HostEvent {
	slots, perSecond := f.AskedOf(e.Host)
	switch {
	case e.Change == fetcher.EventSlots && e.From >= float64(slots),
		e.Change == fetcher.EventPace && perSecond > 0 && e.From >= perSecond:
		e.From = 0
	}
	return e
}

// reportEvents is fetch report --events.
func reportEvents(ctx context.Context, f *spec.Spec, journals []*journal.Journal, s Streams) error {
	switch {
	case !slices.Contains(report.EventFormats(), f.Format):
		return exit.Usage(fmt.Errorf("--events: -f %s has no place for them; use %s", f.Format, strings.Join(report.EventFormats(), ", ")))
	case len(f.Reports) > 0:
		return exit.Usage(errors.New("--events goes to standard output; leave out --report"))
	}
	o := shownOn(s.Out, f.Color, report.Options{SafeCells: f.CSVSafe})
	any := false
	events := func(yield func(record.HostEvent, error) bool) {
		for e, err := range journal.Merge(journals).HostEvents(ctx) {
			any = any || err == nil
			if !yield(e, err) {
				return
			}
		}
	}
	if err := report.Events(s.Out, f.Format, events, o); err != nil {
		return err
	}
	if !any && !f.Quiet {
		fmt.Fprintln(s.Err, "fetch: no host was found to want another pace than it was asked at")
	}
	return nil
}
