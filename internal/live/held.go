package live

import (
	"fmt"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
	"example.com/fetch/internal/web"
)

// maxTaught is of how many hosts it is kept what they taught last.
const maxTaught = 1000

// change is the last change of the pace of one host, and the limit that it states of the fewest requests, which is the first
// to be met: zero if there was none.
type change struct{ pace, quota record.HostEvent }

// Changed takes what a host taught, to be told of while that holds things up.
func (l *List) Changed(e record.HostEvent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, known := l.taught[e.Host]
	switch {
	case !known && len(l.taught) >= maxTaught:
		return
	case e.Change == fetcher.EventPace:
		last.pace = e
	case e.Change == fetcher.EventQuota && e.To > 0 && (last.quota.To == 0 || e.To < last.quota.To):
		last.quota = e
	default:
		return
	}
	if l.taught == nil {
		l.taught = make(map[string]change)
	}
	l.taught[e.Host] = last
}

// held says of each host that holds things up how many wait for it and why.
func (v view) held() []string {
	var texts []string
	for i := range v.Hosts {
		h := &v.Hosts[i]
		var parts []string
		why, paused := v.why(h), h.Down || isPaused(h)
		switch {
		case h.Waiting > 0 && !h.Down:
			parts = append(parts, fmt.Sprintf("%d queued (%s)", h.Waiting, why))
		case paused:
			parts = append(parts, why)
		}
		if h.Sleeping > 0 {
			parts = append(parts, fmt.Sprintf("%d to be retried", h.Sleeping))
		}
		if len(parts) > 0 {
			texts = append(texts, escape(web.ShownHost(h.Host))+": "+strings.Join(parts, " and "))
		}
	}
	return texts
}

// pause is how long some request waits for a pause of its host to end.
func (v view) pause() (longest time.Duration) {
	for i := range v.Hosts {
		if h := &v.Hosts[i]; h.Waiting+h.Sleeping > 0 && !h.Down {
			longest = max(longest, h.Paused)
		}
	}
	return longest
}

// queued is how long what waits for the rate of a host takes at the least.
func (v view) queued() (longest time.Duration) {
	for i := range v.Hosts {
		h := &v.Hosts[i]
		if v.Asked == nil || !h.RateLimited {
			continue
		}
		if _, perSecond := v.Asked(h.Host); perSecond > 0 {
			longest = max(longest, time.Duration(min(float64(h.Waiting)/perSecond, etaMax.Seconds())*float64(time.Second)))
		}
	}
	return longest
}

// isPaused reports whether a host gets nothing for so long that it is worth a word.
func isPaused(h *fetcher.HostStats) bool { return h.Paused >= time.Second/2 }

// why says what the hops to a host wait for: what it taught us, before what was asked for.
func (v view) why(h *fetcher.HostStats) string {
	reason := record.Printable(h.Why)
	because := func(before string) string {
		if reason == "" {
			return ""
		}
		return before + reason
	}
	v.mu.Lock()
	last := v.taught[h.Host]
	v.mu.Unlock()
	slots, perSecond := 0, 0.0
	if v.Asked != nil {
		slots, perSecond = v.Asked(h.Host)
	}
	switch {
	case h.Down:
		return "given up" + because(": ")
	case isPaused(h):
		return "paused " + short(h.Paused) + because(": ")
	case h.RateLimited && h.Pace > 0:
		if e := last.pace; e.Change != "" && (e.From <= 0 || h.Pace < e.From) {
			e.To = h.Pace // it may have grown again meanwhile
			if perSecond > 0 && e.From > perSecond {
				e.From = 0 // an allowance that could not be used
			}
			return units.ChangeWhy(&e)
		}
		return units.PerSecond(h.Pace) + because(": ")
	case h.RateLimited && last.quota.To > 0 && (perSecond == 0 || last.quota.From > 0 && last.quota.To/last.quota.From < perSecond):
		return "it " + units.Change(&last.quota)
	case h.RateLimited && v.Asked != nil && perSecond == 0: // nobody asked for a rate: it was closed for a moment
		return "held back" + because(": ")
	case h.RateLimited:
		return "rate limit"
	case h.Slots > 0:
		return "throttled to " + ofSlots(h.Slots, slots) + because(": ")
	case h.InFlight > 0 && h.InFlight >= int64(slots):
		return "all its slots taken"
	case h.Sleeping > 0:
		return "behind those to be retried"
	}
	return "until it is their turn"
}

// ofSlots is how many slots were learned, of how many.
func ofSlots(learned, asked int) string {
	switch {
	case asked > learned:
		return fmt.Sprintf("%d of %d slots", learned, asked)
	case learned == 1:
		return "1 slot"
	}
	return fmt.Sprintf("%d slots", learned)
}
