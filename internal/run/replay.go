package run

import (
	"context"
	"slices"
	"strconv"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/spec"
)

// aboutJournals is what the reports of journals need to know: the run is that of the first, with all their slots.
func aboutJournals(journals []*journal.Journal, values []string) about {
	run := journals[0].Run()
	a := about{
		run:     &report.Run{Version: run.Version, Started: run.Started, Args: run.Args, Concurrency: slotsOf(&journals[0].Legs[0])},
		columns: run.List.Columns, templates: run.List.Templates, values: values,
	}
	for _, j := range journals {
		a.reads = append(a.reads, j.Path)
		if started := j.Run().Started; started.Before(a.run.Started) {
			a.run.Started = started
		}
	}
	return a
}

// limitFlags are the flags that say how fast servers are asked.
var limitFlags = []string{"rate", "rate-host", "per-host", "burst"}

// statsConfig is what was asked for in the legs of a run, as the figures need it. Of legs that were asked for different things
// it is what held in all of them, so that no floor lies above the wall.
func statsConfig(flags *spec.Spec, legs []journal.Span) measure.Config {
	limits := flags.Limits()
	sample, _ := baselineOf(legs)
	c := measure.Config{NoAdapt: flags.NoAdapt, Unsafe: flags.RetryUnsafe || flags.Retries == 0, Sample: sample, Slots: flags.Concurrency, Total: limits.Total, PerHost: limits.PerHost, Host: limits.Host}
	if len(legs) > 0 {
		c.Slots = slotsOf(&legs[0])
	}
	for i := 1; i < len(legs); i++ {
		for _, f := range legs[i].Leg.Flags {
			switch {
			case f.Name == "concurrency":
				c.Slots = max(c.Slots, slotsOf(&legs[i]))
			case slices.Contains(limitFlags, f.Name):
				c.Total, c.PerHost, c.Host = fetcher.Limit{}, fetcher.Limit{}, nil
			}
		}
	}
	return c
}

// slotsOf is how many requests a leg was to have in flight, by its own flags.
func slotsOf(leg *journal.Span) int {
	slots := fetcher.DefaultWorkers
	for _, f := range leg.Leg.Flags {
		if n, err := strconv.Atoi(f.Value); f.Name == "concurrency" && err == nil {
			slots = n
		}
	}
	return slots
}

// replay makes the reports from what journals hold, and gives what they say, and what failed.
func (o *output) replay(ctx context.Context, all journal.Merged, flags *spec.Spec) (*measure.Summary, failures, error) {
	var failed failures
	for e, err := range all.HostEvents(ctx) {
		if err != nil {
			return nil, failed, err
		}
		o.collector.Event(e)
	}
	records := all.Records(ctx)
	if flags.InOrder() {
		records = all.InOrder(ctx)
	}
	for r, err := range records {
		if err != nil {
			return nil, failed, err
		}
		failed.add(r)
		if err := o.result(r); err != nil {
			return nil, failed, err
		}
	}
	summary, err := o.finish(endOf(all, flags))
	return summary, failed, err
}

// endOf is what a summary needs of journals beside their records.
func endOf(all journal.Merged, flags *spec.Spec) measure.End {
	end := measure.End{Wall: all.Wall().Duration(), Programs: flags.Exec != ""}
	for _, j := range all {
		if last := j.Last().End; last != nil {
			end.Skipped += last.Skipped
			end.Duplicates += last.Duplicates
			end.NotStarted += last.NotStarted
		}
	}
	if n, known := all.Requests(); known && !all.HasEnded() {
		end.NotStarted = max(n-all.Begun(), 0)
	}
	if len(all) > 1 {
		end.Parts = true
		return end
	}
	legs := all[0].Legs
	end.Legs = len(legs)
	for i := range legs {
		end.Offsets = append(end.Offsets, legs[i].Offset)
	}
	_, end.Serial = baselineOf(legs)
	return end
}

// baselineOf is how long the list took one at a time, and how much of it: 0 for all. Both are 0 where that was not measured.
func baselineOf(legs []journal.Span) (sample int64, serial time.Duration) {
	for i := range legs {
		for _, e := range legs[i].Events {
			if e.Event == journal.EventBaseline {
				return e.Sample, e.Serial.Duration()
			}
		}
	}
	return 0, 0
}
