package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// thresholdWidth is how wide thresholds are set at the most, so that what was measured stands in a column.
const thresholdWidth = 24

// loadOutcome is what to think of it: thresholds, reasons not to believe some of the figures, and what to do next.
func loadOutcome(s *measure.LoadSummary) []layout.Field {
	var all []layout.Field
	longest := 0
	for _, c := range s.Checks {
		longest = max(longest, units.Width(record.Printable(c.Threshold)))
	}
	for _, c := range s.Checks {
		state, style := "✓ ok     ", units.Green
		if !c.OK {
			state, style = "✗ crossed", units.Red
		}
		threshold := record.Printable(c.Threshold)
		threshold += strings.Repeat(" ", min(longest, thresholdWidth)-min(units.Width(threshold), longest, thresholdWidth))
		all = append(all, layout.Field{Name: "threshold", Color: style, Parts: []string{state + "  " + threshold + "  " + record.Printable(c.Measured)}})
	}
	for _, w := range s.Warnings {
		all = append(all, layout.Field{Name: "warning", Color: units.Yellow, Parts: []string{record.Printable(w.Text)}})
	}
	if next := next(s); next != "" {
		all = append(all, layout.Field{Name: "next", Parts: []string{next}})
	}
	return all
}

// next is what would tell more; empty if nothing is obvious.
func next(s *measure.LoadSummary) string {
	const enough = 1000 // successes that a rate is taken from
	if s.Asked.Model != measure.ModelClosed || s.Asked.Think > 0 || s.OK < enough || s.Failed+s.Cut > 0 || s.Rate.OK <= 1 {
		return ""
	}
	return fmt.Sprintf("these users never ask for more than the server gives; --rate %s/s, four fifths of what it gave, shows how long others would wait",
		twoDigits(s.Rate.OK*0.8))
}

// twoDigits is v without all but its first two digits.
func twoDigits(v float64) string {
	unit := math.Pow(10, math.Floor(math.Log10(v))-1)
	return strconv.FormatFloat(math.Floor(v/unit)*unit, 'f', max(0, int(-math.Round(math.Log10(unit)))), 64)
}
