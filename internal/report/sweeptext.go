package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/internal/load/knee"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// Rules for the text:
//
//   - No line is wider than the width: sentences are wrapped, anything else is cut.
//   - Text from outside is printed with control characters escaped.
//   - The knee is green, and a step at which requests fail is red.

// sweepText shows the steps to people: a table, a plot, and a sentence about the knee. Of the options only
// Width and Color are used.
func sweepText(s *knee.Sweep, o Options) ([]byte, error) {
	p := loadPage(o)
	p.Cut = true
	color := func(step int) string {
		switch {
		case s.Steps[step].Knee:
			return units.Green
		case s.Steps[step].Failing:
			return units.Red
		}
		return ""
	}
	if s.Target != "" {
		p.Line("", record.Printable(s.Target))
		p.Blank()
	}
	t := sweepTable(s.Steps)
	t.RowColor = color
	p.Table(t)
	p.Blank()
	(&plot{Page: p, color: color}).draw(s)
	p.Sentence(s.Knee.Words)
	return p.Out, nil
}

// sweepTable returns a table with a line for each step.
func sweepTable(all []knee.Row) *layout.Table {
	t := &layout.Table{}
	for _, title := range []string{"USERS", "OK/S", "× FIRST", "OK", "FAILED", "MEAN", "P50", "P99"} {
		t.Columns = append(t.Columns, layout.Column{Title: title})
	}
	t.Columns = append(t.Columns, layout.Column{Left: true})
	open := len(all) > 0 && all[0].Rate > 0
	if open {
		t.Columns[0].Title = "ASKED"
	}
	for i := range all {
		r := &all[i]
		load, times, mark := units.Count(int64(r.Users)), units.None, ""
		if open {
			load = strconv.FormatFloat(r.Rate, 'f', -1, 64) + "/s"
		}
		if r.TimesFirst > 0 {
			times = units.Ratio(r.TimesFirst)
		}
		if r.Knee {
			mark = "← knee"
		}
		t.Add(load, bare(r.OKRate), times, units.Count(r.OK), units.Count(r.Failed),
			units.SecondsOf(r.Mean), units.SecondsOf(r.P50), units.SecondsOf(r.P99), mark)
	}
	return t
}

// bare formats a rate without "/s", where the context says that it is per second.
func bare(rate float64) string { return strings.TrimSuffix(units.PerSecond(rate), "/s") }

const (
	panelHeight = 6  // rows of each panel; even, so that there is a middle row
	widestStep  = 10 // columns
)

// plot draws the throughput and, below it, the response time of each step as bars.
type plot struct {
	*layout.Page
	color func(step int) string
	axis  int // width of the axis
	step  int // width of a step: its bar and the gap
	bar   int
}

// panel is one of the two bar charts.
type panel struct {
	name   string
	values []float64
	top    float64 // the maximum, which the height of the panel stands for
	write  func(float64) string
}

// draw prints the panels one below the other, then the loads and a mark at the knee; nothing if there is
// nothing to draw, or no room for a column per step.
func (p *plot) draw(s *knee.Sweep) {
	throughput, times := panel{name: "ok/s", write: bare}, panel{name: s.Figure, write: func(v float64) string { return units.Seconds(record.Micros(v)) }}
	for i := range s.Steps {
		throughput.values = append(throughput.values, s.Steps[i].Throughput)
		times.values = append(times.values, float64(*cmp.Or(s.Steps[i].Time, new(record.Micros))))
	}
	var panels []panel
	for _, one := range []panel{throughput, times} {
		if one.top = slices.Max(append(one.values, 0)); one.top > 0 {
			panels = append(panels, one)
			p.axis = max(p.axis, units.Width(one.name), units.Width(one.write(one.top)), units.Width(one.write(one.top/2)))
		}
	}
	p.step = min(widestStep, (p.Width-p.axis-3)/max(len(s.Steps), 1))
	p.bar = max(1, p.step-max(1, p.step/4))
	if panels == nil || p.step < 1 {
		return
	}
	for i := range panels {
		p.print(units.PadLeft(panels[i].name, p.axis))
		p.bars(&panels[i])
	}
	p.loads(s.Steps)
	p.Blank()
}

// print prints a line unchanged.
func (p *plot) print(line string) { p.Out = append(p.Out, line+"\n"...) }

// bars draws a panel from the top: each row is a share of the maximum, in blocks of eighths.
func (p *plot) bars(one *panel) {
	for height := panelHeight; height > 0; height-- {
		label, tick := "", "│"
		if height == panelHeight || height == panelHeight/2 {
			label, tick = one.write(one.top*float64(height)/panelHeight), "┤"
		}
		var line strings.Builder
		line.WriteString(units.PadLeft(label, p.axis) + " " + tick)
		space := ""
		for i, v := range one.values {
			eighths := int(v/one.top*panelHeight*8+0.5) - 8*(height-1)
			if v > 0 && height == 1 {
				eighths = max(1, eighths)
			}
			cell := strings.Repeat(units.Block(eighths), p.bar)
			space += strings.Repeat(" ", p.step-p.bar)
			if cell[0] == ' ' {
				space += cell
				continue
			}
			line.WriteString(space + units.Painted(cell, p.color(i), p.Color))
			space = ""
		}
		p.print(line.String())
	}
	p.print(units.PadLeft("0", p.axis) + " └" + strings.Repeat("─", p.step*len(one.values)))
}

// loads labels the steps below their bars, as many as fit.
func (p *plot) loads(all []knee.Row) {
	what := "users"
	if all[0].Rate > 0 {
		what = "requests/s asked for"
	}
	left := strings.Repeat(" ", p.axis+2)
	names, mark := left, ""
	for i := range all {
		name := strconv.FormatFloat(all[i].Rate, 'f', -1, 64)
		if all[i].Users > 0 {
			name = strconv.Itoa(all[i].Users)
		}
		start := p.axis + 2 + (i+1)*p.step - p.bar
		at := start + (p.bar-len(name))/2
		if i == 0 || at > len(names) && at+len(name) <= p.Width {
			names = units.PadRight(names, at) + name
		}
		if all[i].Knee {
			mark = strings.Repeat(" ", start+(p.bar-1)/2) + "▲"
		}
	}
	p.print(names)
	if mark != "" {
		p.print(mark)
	}
	p.print(left + " " + what)
}
