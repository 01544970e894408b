package run

import (
	"context"
	"errors"
	"fmt"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/spec"
)

func Report(ctx context.Context, flags *spec.Spec, events bool, paths []string, restore restoreFunc, s Streams) error {
	if len(paths) == 0 {
		return exit.Usage(errors.New("report: name the journal, such as run.jsonl"))
	}
	var journals []*journal.Journal
	for _, path := range paths {
		j, err := journal.Open(ctx, path)
		if err != nil {
			return JournalError(err)
		}
		if j.Torn > 0 {
			fmt.Fprintf(s.Err, "fetch: the last line of %s is torn, and left out: %d bytes\n", record.Printable(path), j.Torn)
		}
		journals = append(journals, j)
	}
	if events {
		return reportEvents(ctx, flags, journals, s)
	}
	if isLoad(journals) {
		if !isOfRecords(flags.Format) {
			return reportLoad(ctx, flags, journals, paths, s)
		}
		for _, j := range journals {
			if err := CheckRecords(j); err != nil {
				return exit.Usage(err)
			}
		}
	}
	if err := restore(spec.ReportedAs(journals[0].Run()), true); err != nil {
		return exit.Usage(err)
	}
	extractor, err := flags.Extractor("", "")
	if err != nil {
		return exit.Usage(err)
	}
	output, err := newOutput(flags, aboutJournals(journals, selectedBy(extractor)), s, nil, measure.New(statsOf(flags, journals)))
	if err != nil {
		if output != nil {
			output.Close()
		}
		return err
	}
	defer output.Close()
	_, _, err = output.replay(ctx, journal.Merge(journals), flags)
	return err
}

// statsOf is what was asked for in a run that has several journals: what each part asked for, at once.
func statsOf(flags *spec.Spec, journals []*journal.Journal) measure.Config {
	c := statsConfig(flags, journals[0].Legs)
	for _, other := range journals[1:] {
		c.Slots += statsConfig(flags, other.Legs).Slots
		c.Total, c.PerHost, c.Host = measure.Config{}.Total, measure.Config{}.PerHost, nil
	}
	return c
}
