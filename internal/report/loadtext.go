package report

import (
	"fmt"
	"io"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// What the table prints, and what it does not:
//
//   - Lines that would say nothing are left out: failures where there are none, groups of one, phases that never happened.
//   - On a terminal no line is longer than it is wide: of a table those columns go that are missed least, then names are
//     cut. In a file no name is cut.
//   - What a sample does not carry is "-", never a number.
//   - Nothing that came from a server or a list is printed but through Printable.
//   - The verdict stands at the end, where one looks first.

func writeLoadTable(w io.Writer, s *measure.LoadSummary, o Options) error {
	p := loadPage(o)
	p.Parts("", loadAsked(&s.Asked)...)
	style := ""
	if s.OK == 0 && s.Failed > 0 {
		style = units.Red
	}
	p.Parts(style, loadCounts(s)...)
	if t := timesTable(s); t != nil {
		p.Blank()
		p.Table(t)
	}
	if all := loadWork(s); all != nil {
		p.Blank()
		for _, f := range all {
			p.Field(f)
		}
	}
	bars(p, s)
	series(p, s)
	for _, g := range groups(s) {
		p.Blank()
		p.Table(g.table())
		if more := g.more(); more != "" {
			p.Parts("", more)
		}
	}
	if all := loadOutcome(s); all != nil {
		p.Blank()
		for _, f := range all {
			p.Field(f)
		}
	}
	_, err := w.Write(p.Out)
	return err
}

// page is the page that a report is laid out on.
func loadPage(o Options) *layout.Page {
	if o.Width == 0 {
		return &layout.Page{Width: layout.UsualWidth, Color: o.Color}
	}
	const least = 40
	return &layout.Page{Width: max(o.Width, least), Cut: true, Color: o.Color}
}

// loadCounts is what happened, in numbers.
func loadCounts(s *measure.LoadSummary) []string {
	parts := []string{units.Counted(s.Sent, "request", "requests"), units.Count(s.OK) + " ok", units.Count(s.Failed) + " failed"}
	if s.Cut > 0 {
		parts = append(parts, units.Count(s.Cut)+" canceled")
	}
	if s.Unsent > 0 {
		parts = append(parts, units.Count(s.Unsent)+" not started")
	}
	if s.Asked.Model == measure.ModelOpen && s.Rate.Due > 0 {
		parts = append(parts, "sent "+units.PerSecond(s.Rate.Sent)+" of "+units.PerSecond(s.Rate.Due))
	}
	if s.Rate.Answered > 0 {
		parts = append(parts, "answered "+units.PerSecond(s.Rate.Answered))
	}
	parts = append(parts, "wall "+units.Seconds(s.Wall))
	if left := s.WarmUp; left.Requests > 0 {
		words := fmt.Sprintf("warm-up left out: %s in %s", units.Counted(left.Requests, "request", "requests"), given(left.For))
		if left.Failed > 0 {
			words += ", " + units.Count(left.Failed) + " failed"
		}
		parts = append(parts, words)
	}
	return parts
}

// maxFields is how many lines of what was done there are before no further example of an error is shown.
const maxFields = 10

// loadWork is what was done and what it took.
func loadWork(s *measure.LoadSummary) []layout.Field {
	var all []layout.Field
	add := func(name string, parts ...string) { all = append(all, layout.Field{Name: name, Parts: parts}) }
	if s.Opened+s.Reused > 0 {
		add("connections", units.Count(s.Opened)+" opened", "used again "+units.Counted(s.Reused, "time", "times"),
			"at most "+units.Count(s.InFlight)+" in flight")
	}
	if s.OK+s.Failed > 0 {
		bodies := units.Size(s.Bytes)
		if s.Wall > 0 {
			bodies += fmt.Sprintf(" (%s/s)", units.Size(int64(float64(s.Bytes)/s.Wall.Duration().Seconds())))
		}
		if s.Wire != s.Bytes {
			bodies += ", " + units.Size(s.Wire) + " over the wire"
		}
		add("bodies", bodies)
	}
	if len(s.Statuses) > 0 {
		add("statuses", eachCount(s.Statuses)...)
	}
	if len(s.Classes) > 0 {
		add("errors", eachCount(s.Classes)...)
		for _, class := range units.ByCount(s.Classes) {
			if text := s.Errors[class]; text != "" && len(all) < maxFields {
				add("", "the first "+record.Printable(class)+": "+record.Printable(text))
			}
		}
	}
	if len(s.Notes) > 0 {
		add("notes", eachCount(s.Notes)...)
	}
	if s.Client.CPU > 0 && s.Sent > 0 {
		in := ""
		if len(s.Seconds) > 1 {
			in = " in any second"
		}
		add("this client", fmt.Sprintf("CPU %s, %s a request", units.Seconds(s.Client.CPU), units.Seconds(s.Client.CPU/record.Micros(s.Sent))),
			fmt.Sprintf("at most %s of %s%s", units.Percent(s.Client.Share), units.Counted(int64(s.Client.Cores), "core", "cores"), in))
	}
	return all
}

// eachCount lists what was counted, the most frequent first.
func eachCount(c measure.Counts) []string {
	names := units.ByCount(c)
	for i, name := range names {
		names[i] = record.Printable(name) + ": " + units.Count(c[name])
	}
	return names
}
