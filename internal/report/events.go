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

// EventFormats are the formats of Events, the default first.
func EventFormats() []string { return []string{"table", "ndjson", "csv", "tsv", "markdown"} }

// eventFields are the columns of events for programs, as in JSON.
var eventFields = []string{"at_ms", "host", "change", "from", "to", "why"}

// Events writes what hosts taught, in one of EventFormats. An error of the sequence ends it, and is given back.
func Events(w io.Writer, format string, events iter.Seq2[record.HostEvent, error], o Options) error {
	switch format {
	case "table", "markdown":
		return eventsForPeople(w, format, events, o)
	case "ndjson":
		return eachEvent(w, nil, events, func(dst []byte, e *record.HostEvent) ([]byte, error) {
			line, err := record.Marshal(e)
			return append(append(dst, line...), '\n'), err
		})
	case "csv", "tsv":
		rows := tables.Writer{Format: tables.CSV, Safe: o.SafeCells, Terminal: o.Terminal}
		if format == "tsv" {
			rows.Format = tables.TSV
		}
		return eachEvent(w, rows.AppendHeading(nil, eventFields), events, func(dst []byte, e *record.HostEvent) ([]byte, error) {
			return rows.AppendRow(dst, eventCells(e)), nil
		})
	}
	return fmt.Errorf("there is no format %q of events: use one of %s", format, strings.Join(EventFormats(), ", "))
}

// eachEvent writes event after event, behind what comes before them all.
func eachEvent(w io.Writer, before []byte, events iter.Seq2[record.HostEvent, error], add func([]byte, *record.HostEvent) ([]byte, error)) error {
	text := before
	for e, err := range events {
		if err == nil {
			text, err = add(text, &e)
		}
		if err != nil {
			return err
		}
		if len(text) >= 1<<16 {
			if _, err := w.Write(text); err != nil {
				return err
			}
			text = text[:0]
		}
	}
	_, err := w.Write(text)
	return err
}

func eventCells(e *record.HostEvent) []string {
	return []string{micros(&e.At), e.Host, e.Change, unlessZero(e.From), unlessZero(e.To), e.Why}
}

// eventsForPeople writes a table, whose columns are as wide as they must be.
func eventsForPeople(w io.Writer, format string, events iter.Seq2[record.HostEvent, error], o Options) error {
	t := &layout.Table{Columns: []layout.Column{{Title: "TIME"}, {Title: "HOST", Left: true}, {Title: "WHAT", Left: true}, {Title: "WHY", Left: true}}}
	for e, err := range events {
		if err != nil {
			return err
		}
		t.Add(units.Seconds(e.At), units.Host(e.Host), units.Change(&e), record.Printable(e.Why))
	}
	if format == "markdown" {
		m := &markdown{}
		m.table(t)
		_, err := w.Write(m.out)
		return err
	}
	p := page(o)
	p.Table(t)
	_, err := w.Write(p.Out)
	return err
}
