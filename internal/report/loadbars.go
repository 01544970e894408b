package report

import (
	"math"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// bars draws the histogram of response times: a line for each bar, with its bounds, how many there are, and their share.
func bars(p *layout.Page, s *measure.LoadSummary) {
	if s.Drawn == nil || len(s.Drawn.Bars) == 0 {
		return
	}
	var most, all int64
	for _, b := range s.Drawn.Bars {
		most = max(most, b.Count)
		all += b.Count
	}
	if all == 0 {
		return
	}
	t := &layout.Table{Columns: []layout.Column{{Title: "above"}, {Title: "up to"}, {Title: "n"}, {Title: "share"}, {Title: "response ok", Left: true}}}
	for _, b := range s.Drawn.Bars {
		t.Add(given(b.From), given(b.To), units.Count(b.Count), units.Percent(float64(b.Count)/float64(all)), "")
	}
	room := t.Room(p)
	for i, b := range s.Drawn.Bars {
		t.Rows[i][len(t.Columns)-1] = bar(b.Count, most, room)
	}
	p.Blank()
	p.Table(t)
}

// bar draws n as a part of most, which takes all the columns, to an eighth of a column. What is not 0 is to be seen.
func bar(n, most int64, columns int) string {
	if n <= 0 || columns <= 0 {
		return ""
	}
	eighths := max(1, int(float64(n)/float64(most)*float64(columns)*8+0.5))
	s := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		s += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return s
}

// spark draws values in a line of one column each, from 0 up to the largest. What is missing, or 0, is blank.
func spark(values []float64) string {
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	var b strings.Builder
	for _, v := range values {
		eighths := 0
		if v > 0 {
			eighths = int(math.Ceil(v / most * 8))
		}
		b.WriteString(units.Block(eighths))
	}
	return b.String()
}
