package live

import (
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// note is how many columns the highest value takes, behind a history.
const note = 13

// rateLine is the history of the rate of answers, a column a second: red where requests failed.
func (f *frame) rateLine() string {
	seconds := f.seconds()
	values := make([]float64, len(seconds))
	colors := make([]string, len(seconds))
	most := 0.0
	for i, s := range seconds {
		values[i] = perSecond(s.OK+s.Failed, s.To-s.From)
		most = max(most, values[i])
		if s.Failed > 0 && f.color {
			colors[i] = units.Red
		}
	}
	return f.history("rate", values, colors, units.PerSecond(most))
}

// latencyLine is the history of the p99 of response times. Where too few requests ended in a second for a p99, it is their
// longest.
func (f *frame) latencyLine() string {
	seconds := f.seconds()
	values := make([]float64, len(seconds))
	most := record.Micros(0)
	for i, s := range seconds {
		at := s.P99
		if at == nil {
			at = s.Max
		}
		if at != nil {
			values[i] = float64(*at)
			most = max(most, *at)
		}
	}
	return f.history("p99", values, nil, units.Seconds(most))
}

// seconds are as many of the last ones as there is room for.
func (f *frame) seconds() []measure.Second {
	all := f.live.Seconds
	return all[max(len(all)-f.historyRoom(), 0):]
}

func (f *frame) historyRoom() int { return min(f.room-label-note, measure.LiveSeconds) }

// history is a line that has a column for each value, the newest last, and says what the highest stands for.
func (f *frame) history(name string, values []float64, colors []string, highest string) string {
	if len(values) == 0 {
		return f.named(name)
	}
	free := strings.Repeat(" ", f.historyRoom()-len(values))
	return f.named(name) + drawn(values, 1, colors)[0] + free + units.Cut("  to "+highest, note)
}
