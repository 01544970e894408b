package report

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/measure/lesson"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// maxPaces is the maximum number of hosts whose pacing a summary for people describes.
const maxPaces = 5

// heldLong is the share of the time for which a limit that is gone must have applied to be mentioned.
const heldLong = 0.2

// paces describes hosts that did not sustain the requested pace: what was requested, learned and reached, how
// they refused, and how much waiting that cost.
func paces(s *measure.Summary) (all fields) {
	more := int64(0)
	for i := range s.PerHost {
		h := &s.PerHost[i]
		if h.Pace == nil || !worthShowing(h.Pace) {
			continue
		}
		if len(all) == maxPaces {
			more++
			continue
		}
		all.add("pace", pace(h)...)
	}
	if more > 0 {
		all.add("pace", "of "+units.Counted(more, "more host", "more hosts")+": -f json")
	}
	return all
}

// worthShowing reports whether there is more to say than limits that a host stated and that were never reached.
func worthShowing(p *measure.Pace) bool {
	l := cmp.Or(p.Learned, &lesson.Learned{})
	return len(p.Refused) > 0 || p.RetryAfter != nil || l.Quota != nil && l.Quota.Kept || l.Pace != nil || l.Slots != nil ||
		l.Pauses > 0 || l.GivenUp > 0
}

func pace(h *measure.Host) []string {
	p := h.Pace
	parts := []string{units.Host(h.Host) + ": asked " + cmp.Or(speedOf(p.Asked.PerSecond, p.Asked.Slots), "without a bound")}
	if l := p.Learned; l != nil {
		if q := l.Quota; q != nil {
			parts = append(parts, "states "+units.Quota(q.Requests, q.Seconds))
		}
		if l.Pace != nil {
			parts = append(parts, "learned "+bearing(l.Pace, units.PerSecond))
		}
		if l.Slots != nil && (l.Slots.Last > 0 || float64(l.Slots.Held) > heldLong*float64(h.Last-h.First)) {
			parts = append(parts, "learned "+bearing(l.Slots, atOnce))
		}
	}
	if reached := speedOf(h.Rate, h.Peak); reached != "" {
		parts = append(parts, "reached "+reached)
	}
	if n := p.Refused.Total(); n > 0 {
		refused := fmt.Sprintf("refused %s (%s)", units.Count(n), strings.Join(units.Tally(p.Refused, " × "), ", "))
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
		waited := "waited limiter " + each(w.Limiter, h.N) + ", back-off " + each(w.Backoff, h.N)
		if w.Requeued > 0 && w.Requeued < w.Backoff {
			waited += fmt.Sprintf(" (%.0f %% of it requeued)", 100*float64(w.Requeued)/float64(w.Backoff))
		}
		parts = append(parts, waited)
	}
	return append(parts, learnedWhen(h)...)
}

// speedOf formats requests per second and in flight; zeros are left out.
func speedOf(perSecond float64, slots int) string {
	var parts []string
	if perSecond > 0 {
		parts = append(parts, units.PerSecond(perSecond))
	}
	if slots > 0 {
		parts = append(parts, atOnce(float64(slots)))
	}
	return strings.Join(parts, ", ")
}

func atOnce(n float64) string {
	if n != math.Trunc(n) {
		return fmt.Sprintf("%.1f at once", n)
	}
	return units.Count(int64(n)) + " at once"
}

// bearing formats what was learned, and the lowest value that was allowed.
func bearing(b *lesson.Bearing, words func(float64) string) string {
	text := words(b.Bears)
	if lowest := words(b.Lowest); lowest != text {
		text += ", lowest " + lowest
	}
	if b.Last == 0 {
		text += ", finally as requested"
	}
	return text
}

// learnedWhen describes when something was learned: the first change of pace, pauses, and whether the circuit
// opened.
func learnedWhen(h *measure.Host) []string {
	l := h.Learned
	if l == nil {
		return nil
	}
	var parts []string
	shown := ""
	for i := range l.Events {
		if e := l.Events[i]; e.Change != "quota" {
			shown = e.Change
			if !reachable(&e, h) {
				e.From = 0
			}
			parts = append(parts, "at "+units.Seconds(e.At)+": "+units.ChangeWhy(&e))
			break
		}
	}
	if l.Pauses > 0 {
		parts = append(parts, fmt.Sprintf("paused %s, %s in all", times(l.Pauses), units.Seconds(l.Paused)))
	}
	if l.GivenUp > 1 || l.GivenUp > 0 && shown != "circuit_open" {
		parts = append(parts, "given up "+times(l.GivenUp))
	}
	if l.Changes > 1 {
		parts = append(parts, units.Count(l.Changes)+" changes in all (fetch report --events)")
	}
	return parts
}

// reachable reports whether the limit before a change may have been in use. An unused limit keeps growing, and
// would be a misleading number.
func reachable(e *record.HostEvent, h *measure.Host) bool {
	switch asked := &h.Asked; e.Change {
	case "slots":
		return asked.Slots == 0 || e.From <= float64(asked.Slots)
	case "pace":
		return (asked.PerSecond == 0 || e.From <= asked.PerSecond) && (h.Rate == 0 || e.From <= muchFaster*h.Rate)
	}
	return true
}

// muchFaster is how many times its average rate a host may have been used for a while.
const muchFaster = 10

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return units.Count(n) + " times"
}
