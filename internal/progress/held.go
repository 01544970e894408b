package progress

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
	"example.com/fetch/internal/web"
)

// maxChanges is of how many hosts the last change of pace is kept.
const maxChanges = 1000

// changes are the last changes of pace, by host. Safe for concurrent use.
type changes struct {
	mu     sync.Mutex
	byHost map[string]record.HostEvent
}

// Changed takes what a host taught, to be told of while that holds things up.
func (l *Line) Changed(e record.HostEvent) {
	if e.Change != fetcher.EventPace {
		return
	}
	c := &l.changes
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byHost == nil {
		c.byHost = make(map[string]record.HostEvent)
	}
	if _, known := c.byHost[e.Host]; known || len(c.byHost) < maxChanges {
		c.byHost[e.Host] = e
	}
}

func (c *changes) of(host string) (record.HostEvent, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byHost[host]
	return e, ok
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
	switch {
	case h.Down:
		return "given up" + because(": ")
	case isPaused(h):
		return "paused " + short(h.Paused) + because(": ")
	case h.RateLimited && h.Pace > 0:
		if v.changed != nil {
			if e, ok := v.changed(h.Host); ok && (e.From <= 0 || h.Pace < e.From) {
				e.To = h.Pace // it may have grown again meanwhile
				return units.ChangeWhy(&e)
			}
		}
		return units.PerSecond(h.Pace) + because(": ")
	case h.RateLimited:
		return "rate limit"
	case h.Slots > 0:
		return "throttled to " + v.ofSlots(h) + because(": ")
	}
	return "all its slots taken"
}

// ofSlots is how many slots were learned, of how many.
func (v view) ofSlots(h *fetcher.HostStats) string {
	if v.slots != nil {
		if asked := v.slots(h.Host); asked > h.Slots {
			return fmt.Sprintf("%d of %d slots", h.Slots, asked)
		}
	}
	if h.Slots == 1 {
		return "1 slot"
	}
	return fmt.Sprintf("%d slots", h.Slots)
}
