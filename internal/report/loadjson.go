package report

import (
	"io"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// writeJSON writes the Summary as one object on one line, with the escapes of a record.
func writeLoadJSON(w io.Writer, s *measure.LoadSummary, _ Options) error {
	object, err := record.Marshal(struct {
		Version int `json:"v"`
		*measure.LoadSummary
	}{1, tidyLoad(s)})
	if err != nil {
		return err
	}
	_, err = w.Write(append(object, '\n'))
	return err
}

// tidyLoad makes a Summary fit for JSON: its rates without the noise of floats, nothing infinite, empty and not null what is empty.
func tidyLoad(s *measure.LoadSummary) *measure.LoadSummary {
	t := *s
	t.Started = s.Started.UTC()
	t.Asked.Rate = units.Rounded(s.Asked.Rate)
	t.Rate = measure.Rates{
		Due: units.Rounded(s.Rate.Due), Sent: units.Rounded(s.Rate.Sent), Answered: units.Rounded(s.Rate.Answered), OK: units.Rounded(s.Rate.OK),
	}
	t.Client.Share = units.Rounded(s.Client.Share)
	countsNotNull(&t.Statuses, &t.Classes, &t.Notes)
	t.Phases = notNull(t.Phases)
	t.Groups = notNull(t.Groups)
	t.Seconds = notNull(t.Seconds)
	t.Warnings = notNull(t.Warnings)
	t.Checks = notNull(t.Checks)
	return &t
}

func notNull[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func countsNotNull(all ...*measure.Counts) {
	for _, c := range all {
		if *c == nil {
			*c = measure.Counts{}
		}
	}
}
