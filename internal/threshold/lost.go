package threshold

import (
	"slices"

	"example.com/fetch/internal/measure"
)

// Lost reports whether the threshold is crossed in each of the summaries, which are the possible outcomes of a
// test, by measured values: a lack of data does not count.
func (t Threshold) Lost(futures []*measure.LoadSummary) bool {
	for _, s := range futures {
		parts := []*measure.LoadSummary{s}
		if t.group != "" {
			parts = nil
			groups, _ := t.groups(s)
			for _, g := range groups {
				parts = append(parts, part(s, g))
			}
		}
		crossed := func(s *measure.LoadSummary) bool {
			m := t.measure(s)
			return m.known && !t.holds(m.value)
		}
		if s.Sent == 0 || !slices.ContainsFunc(parts, crossed) {
			return false
		}
	}
	return len(futures) > 0
}
