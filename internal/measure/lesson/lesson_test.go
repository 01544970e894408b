package lesson

import (
	"strconv"
	"testing"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// However many hosts teach however much, what is kept is bounded.
func TestBounded(t *testing.T) {
	var g Log
	const busy = "busy.test:80"
	for range 100 * maxEvents {
		g.Add(record.HostEvent{Host: busy, Change: fetcher.EventSlots, To: 1})
	}
	for i := range maxLessons + 10 {
		g.Add(record.HostEvent{Host: strconv.Itoa(i) + ".test:80", Change: fetcher.EventSlots, To: 1})
	}
	if l := g.Of(busy, 0, 0); len(g.byHost) > maxLessons || len(l.Events) > maxEvents || l.Changes != 100*maxEvents {
		t.Errorf("%d hosts, %d events of %d", len(g.byHost), len(l.Events), l.Changes)
	}
}
