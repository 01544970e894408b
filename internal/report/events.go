package report

import (
	"fmt"
	"io"
	"iter"
	"strings"

	tables "example.com/fetch/internal/list/table"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// EventFormats returns the formats of Events, the default first.
func EventFormats() []string { return []string{"table", "ndjson", "csv", "tsv", "markdown"} }

// eventFields are the columns of the formats for programs, as in JSON.
var eventFields = []string{"at_ms", "host", "change", "from", "to", "why"}

// Events writes what was learned about hosts, in one of EventFormats. An error of the sequence ends it and is
// returned.
func Events(w io.Writer, format string, events iter.Seq2[record.HostEvent, error], o Options) error {
	rows, p := separated(tables.CSV, o), page(o)
	t := &layout.Table{Columns: []layout.Column{{Title: "TIME"}, {Title: "HOST", Left: true}, {Title: "WHAT", Left: true}, {Title: "WHY", Left: true}}}
	add := func(e *record.HostEvent) error {
		p.Out = rows.AppendRow(p.Out, []string{micros(&e.At), e.Host, e.Change, unlessZero(e.From), unlessZero(e.To), e.Why})
		return nil
	}
	end := func() {}
	switch format {
	case "table", "markdown": // their columns are as wide as necessary
		add = func(e *record.HostEvent) error {
			t.Add(units.Seconds(e.At), units.Host(e.Host), units.Change(e), record.Printable(e.Why))
			return nil
		}
		end = func() { p.Table(t) }
		if format == "markdown" {
			end = func() { p.Out = pipes{}.appendTable(nil, t, false) }
		}
	case "ndjson":
		add = func(e *record.HostEvent) (err error) {
			p.Out, err = appendJSONLine(p.Out, e)
			return err
		}
	case "tsv":
		rows.Format = tables.TSV
		fallthrough
	case "csv":
		p.Out = rows.AppendHeading(nil, eventFields)
	default:
		return fmt.Errorf("there is no format %q of events: use one of %s", format, strings.Join(EventFormats(), ", "))
	}
	for e, err := range events {
		if err == nil {
			err = add(&e)
		}
		if err != nil {
			return err
		}
		if len(p.Out) >= 1<<16 {
			if _, err := w.Write(p.Out); err != nil {
				return err
			}
			p.Out = p.Out[:0]
		}
	}
	end()
	_, err := w.Write(p.Out)
	return err
}
