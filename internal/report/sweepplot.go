package report

import (
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/internal/load/knee"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

const (
	panelHeight = 6  // rows of each panel; even, so that its middle has a row
	widestStep  = 10 // columns
)

// plot draws the throughput and, below it, the response time of each step as bars.
type plot struct {
	panels []panel
	colors []string // of the steps
	axis   int      // columns that the axis takes
	step   int      // columns that a step takes, its bar and what sets it apart
	bar    int
	width  int
	color  bool
}

// panel is one of them.
type panel struct {
	name   string
	values []float64
	write  func(float64) string
}

// newPlot is nil where there is nothing to draw, or no room for a column for each step.
func newPlot(s *knee.Sweep, colors []string, page *layout.Page) *plot {
	p := &plot{colors: colors, width: page.Width, color: page.Color}
	throughput := panel{name: "ok/s", write: bare}
	times := panel{name: s.Figure, write: func(v float64) string { return units.Seconds(record.Micros(v)) }}
	for i := range s.Steps {
		throughput.values = append(throughput.values, s.Steps[i].Throughput)
		var at record.Micros
		if m := s.Steps[i].Time; m != nil {
			at = *m
		}
		times.values = append(times.values, float64(at))
	}
	p.panels = []panel{throughput, times}
	p.panels = slices.DeleteFunc(p.panels, func(one panel) bool { return one.top() == 0 })
	if len(p.panels) == 0 {
		return nil
	}
	for _, one := range p.panels {
		p.axis = max(p.axis, units.Width(one.name), units.Width(one.write(one.top())), units.Width(one.write(one.top()/2)))
	}
	p.step = min(widestStep, (page.Width-p.axis-3)/len(s.Steps))
	p.bar = max(1, p.step-max(1, p.step/4))
	if p.step < 1 {
		return nil
	}
	return p
}

// top is the greatest value, which the panel is as high as.
func (one *panel) top() float64 {
	if len(one.values) == 0 {
		return 0
	}
	return slices.Max(one.values)
}

// lines are the panels one below the other, then the loads, and which of them is the knee.
func (p *plot) lines(all []knee.Row) []string {
	var lines []string
	for i := range p.panels {
		lines = append(append(lines, units.PadLeft(p.panels[i].name, p.axis)), p.bars(&p.panels[i])...)
	}
	return append(lines, p.loads(all)...)
}

// bars draws a panel from above: each row is a part of the greatest value, and in it blocks of eighths.
func (p *plot) bars(one *panel) []string {
	var lines []string
	for height := panelHeight; height > 0; height-- {
		label, tick := "", "│"
		if height == panelHeight || height == panelHeight/2 {
			label, tick = one.write(one.top()*float64(height)/panelHeight), "┤"
		}
		var line strings.Builder
		line.WriteString(units.PadLeft(label, p.axis) + " " + tick)
		space := ""
		for i, v := range one.values {
			eighths := int(v/one.top()*panelHeight*8+0.5) - 8*(height-1)
			if v > 0 && height == 1 {
				eighths = max(1, eighths)
			}
			cell := strings.Repeat(units.Block(eighths), p.bar)
			space += strings.Repeat(" ", p.step-p.bar)
			if cell[0] == ' ' {
				space += cell
				continue
			}
			line.WriteString(space + units.Painted(cell, p.colors[i], p.color))
			space = ""
		}
		lines = append(lines, line.String())
	}
	return append(lines, units.PadLeft("0", p.axis)+" └"+strings.Repeat("─", p.step*len(one.values)))
}

// loads names the steps below their bars, as many as there is room for.
func (p *plot) loads(all []knee.Row) []string {
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
		if i == 0 || at > len(names) && at+len(name) <= p.width {
			names = units.PadRight(names, at) + name
		}
		if all[i].Knee {
			mark = strings.Repeat(" ", start+(p.bar-1)/2) + "▲"
		}
	}
	lines := []string{names}
	if mark != "" {
		lines = append(lines, mark)
	}
	return append(lines, left+" "+what)
}
