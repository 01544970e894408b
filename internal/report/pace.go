package report

import (
	"fmt"
	"math"
	"strings"

	"example.com/fetch/internal/record"
	"example.com/fetch/internal/stats"
	"example.com/fetch/internal/units"
)

// maxPaces is of how many hosts a summary for people says how they were paced.
const maxPaces = 5

// paces say how fast hosts were asked that did not bear all of it: what was asked for, learned and reached, how they
// refused, and what waiting that cost.
func paces(s *stats.Summary) []field {
	var all []field
	more := int64(0)
	for i := range s.PerHost {
		h := &s.PerHost[i]
		if h.Pace == nil || !speaks(h.Pace) {
			continue
		}
		if len(all) == maxPaces {
			more++
			continue
		}
		all = append(all, field{"pace", pace(h)})
	}
	if more > 0 {
		all = append(all, field{"pace", []string{"of " + units.Counted(more, "more host", "more hosts") + ": -f json"}})
	}
	return all
}

// speaks reports whether there is more than limits that a host stated and nobody met.
func speaks(p *stats.Pace) bool {
	l := p.Learned
	if l != nil && l.Stated > 0 && p.Waited.Limiter > 0 && (p.Asked.PerSecond == 0 || l.Stated < p.Asked.PerSecond) {
		return true // it was kept to
	}
	return len(p.Refused) > 0 || p.RetryAfter != nil || l != nil && (l.Pace != nil || l.Slots != nil || l.Pauses > 0 || l.GivenUp > 0)
}

func pace(h *stats.Host) []string {
	p := h.Pace
	parts := []string{units.Host(h.Host) + ": asked " + asked(p)}
	if l := p.Learned; l != nil {
		if l.Stated > 0 {
			parts = append(parts, "states "+units.PerSecond(l.Stated))
		}
		if l.Pace != nil {
			parts = append(parts, "learned "+bearing(l.Pace, units.PerSecond))
		}
		if l.Slots != nil {
			parts = append(parts, "learned "+bearing(l.Slots, atOnce))
		}
	}
	if reached := reached(h); reached != "" {
		parts = append(parts, reached)
	}
	if n := total(p.Refused); n > 0 {
		var by []string
		for _, name := range byCount(p.Refused) {
			by = append(by, record.Printable(name)+" × "+units.Count(p.Refused[name]))
		}
		refused := fmt.Sprintf("refused %s (%s)", units.Count(n), strings.Join(by, ", "))
		if p.Requeued > 0 && p.Requeued < n {
			refused += fmt.Sprintf(", %s requeued", units.Count(p.Requeued))
		}
		parts = append(parts, refused)
	}
	if r := p.RetryAfter; r != nil {
		parts = append(parts, fmt.Sprintf("Retry-After honoured %s of %s", units.Count(r.Honoured), units.Count(r.Asked)))
	}
	w := &p.Waited
	if w.Limiter+w.Backoff > 0 {
		waited := "waited limiter " + units.Seconds(w.Limiter) + ", back-off " + units.Seconds(w.Backoff)
		if w.Requeued > 0 && w.Requeued < w.Backoff {
			waited += " (" + units.Seconds(w.Requeued) + " of it requeued)"
		}
		parts = append(parts, waited)
	}
	return append(parts, taught(p.Learned)...)
}

// asked is what was asked for.
func asked(p *stats.Pace) string {
	var limits []string
	if r := p.Asked.PerSecond; r > 0 {
		limits = append(limits, units.PerSecond(r))
	}
	if n := p.Asked.Slots; n > 0 {
		limits = append(limits, atOnce(float64(n)))
	}
	if limits == nil {
		return "without a bound"
	}
	return strings.Join(limits, ", ")
}

func atOnce(n float64) string {
	if n != math.Trunc(n) {
		return fmt.Sprintf("%.1f at once", n)
	}
	return units.Count(int64(n)) + " at once"
}

// bearing is what was learned, and the least that was allowed.
func bearing(b *stats.Bearing, words func(float64) string) string {
	text := words(b.Bears)
	if lowest := words(b.Lowest); lowest != text {
		text += ", lowest " + lowest
	}
	if b.Last == 0 {
		text += ", in the end as asked"
	}
	return text
}

// reached is what came of it.
func reached(h *stats.Host) string {
	var parts []string
	if h.Rate > 0 {
		parts = append(parts, units.PerSecond(h.Rate))
	}
	if h.Peak > 0 {
		parts = append(parts, atOnce(float64(h.Peak)))
	}
	if parts == nil {
		return ""
	}
	return "reached " + strings.Join(parts, ", ")
}

// taught is what was learned when: the first that changed its pace, pauses, and whether it was given up.
func taught(l *stats.Learned) []string {
	if l == nil {
		return nil
	}
	var parts []string
	told := ""
	for i := range l.Events {
		if e := &l.Events[i]; e.Change != "quota" {
			told = e.Change
			parts = append(parts, "at "+units.Seconds(e.At)+": "+units.ChangeWhy(e))
			break
		}
	}
	if l.Pauses > 0 {
		parts = append(parts, fmt.Sprintf("paused %s, %s in all", times(l.Pauses), units.Seconds(l.Paused)))
	}
	if l.GivenUp > 1 || l.GivenUp > 0 && told != "circuit_open" {
		parts = append(parts, "given up "+times(l.GivenUp))
	}
	if l.Changes > 1 {
		parts = append(parts, units.Count(l.Changes)+" changes in all (fetch report --events)")
	}
	return parts
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return units.Count(n) + " times"
}
