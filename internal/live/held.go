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

// maxLearned is the number of hosts whose last change is kept.
const maxLearned = 1000

// change is the last change of the pace of one host, and the stated limit with the fewest requests, which is
// reached first: zero if there was none.
type change struct{ pace, quota record.HostEvent }

// Changed records what was learned about a host, to be shown while it causes waiting.
func (l *List) Changed(e record.HostEvent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, known := l.learned[e.Host]
	switch {
	case !known && len(l.learned) >= maxLearned:
		return
	case e.Change == fetcher.EventPace:
		last.pace = e
	case e.Change == fetcher.EventQuota && e.To > 0 && (last.quota.To == 0 || e.To < last.quota.To):
		last.quota = e
	default:
		return
	}
	if l.learned == nil {
		l.learned = make(map[string]change)
	}
	l.learned[e.Host] = last
}

// held says for each host that causes waiting how many requests wait and why.
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

// pause returns the longest time that a request waits for the end of a pause of its host.
func (v view) pause() (longest time.Duration) {
	for i := range v.Hosts {
		if h := &v.Hosts[i]; h.Waiting+h.Sleeping > 0 && !h.Down {
			longest = max(longest, h.Paused)
		}
	}
	return longest
}

// queued returns the minimum time that the requests waiting for the rate of a host need.
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

// isPaused reports whether a host is paused long enough to be mentioned.
func isPaused(h *fetcher.HostStats) bool { return h.Paused >= time.Second/2 }

// why says what the hops to a host wait for: learned limits before requested ones.
func (v view) why(h *fetcher.HostStats) string {
	reason := record.Printable(h.Why)
	because := func(before string) string {
		if reason == "" {
			return ""
		}
		return before + reason
	}
	v.mu.Lock()
	last := v.learned[h.Host]
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
			e.To = h.Pace // it may have grown again since
			if perSecond > 0 && e.From > perSecond {
				e.From = 0 // an allowance that was never used
			}
			return units.ChangeWhy(&e)
		}
		return units.PerSecond(h.Pace) + because(": ")
	case h.RateLimited && last.quota.To > 0 && (perSecond == 0 || last.quota.From > 0 && last.quota.To/last.quota.From < perSecond):
		return "it " + units.Change(&last.quota)
	case h.RateLimited && v.Asked != nil && perSecond == 0: // there is no rate: the host was closed for a moment
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

// ofSlots returns how many slots were learned, of how many.
func ofSlots(learned, asked int) string {
	switch {
	case asked > learned:
		return fmt.Sprintf("%d of %d slots", learned, asked)
	case learned == 1:
		return "1 slot"
	}
	return fmt.Sprintf("%d slots", learned)
}
