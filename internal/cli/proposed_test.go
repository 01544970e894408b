package cli

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// proposed finds the flags in what a report says is to be done next.
var proposed = regexp.MustCompile(` --?[a-z][a-z-]* [^ ;,]+`)

// TestNextIsAccepted: whatever flags a report proposes, fetch takes them.
func TestNextIsAccepted(t *testing.T) {
	for _, host := range []string{"api.test:80", "api.test:8080", "[::1]:8080", "xn--r8jz45g.test:443"} {
		for _, e := range []record.HostEvent{
			{Change: fetcher.EventQuota, From: 10, To: 40}, {Change: fetcher.EventQuota, From: 86400, To: 50}, {Change: fetcher.EventQuota, From: 1.5, To: 7},
			{Change: fetcher.EventQuota, From: 5400, To: 50}, {Change: fetcher.EventQuota, From: 60, To: 60}, {Change: fetcher.EventQuota, From: 0.25, To: 1},
			{Change: fetcher.EventQuota, From: 3e6, To: 1.5}, {Change: fetcher.EventPace, To: 4.8}, {Change: fetcher.EventPace, To: 0.0005},
			{Change: fetcher.EventPace, To: 1e7}, {Change: fetcher.EventSlots, To: 1}, {Change: fetcher.EventSlots, To: 3},
		} {
			t.Run(fmt.Sprint(host, e.Change, e.From, e.To), func(t *testing.T) {
				c := measure.New(measure.Config{Slots: 10})
				e.Host = host
				c.Event(e)
				every := 200 * time.Millisecond
				if e.Change == fetcher.EventQuota {
					every = time.Duration(e.From / e.To * 1e9)
				} else if e.Change == fetcher.EventPace {
					every = time.Duration(1e9 / e.To)
				}
				for i := range 100 {
					at := record.MicrosOf(time.Duration(i) * every)
					hop := record.Hop{Host: host, Status: 200, Start: at, Limiter: at, Phases: record.Phases{Wait: 1000}}
					if e.Change == fetcher.EventSlots {
						hop.Limiter, hop.Queue = 0, at
					}
					c.Add(&record.Record{Seq: int64(i + 1), Host: host, OK: true, Service: 1000, Response: at + 1000,
						Attempts: []record.Attempt{{Start: at, Status: 200, Hops: []record.Hop{hop}}}})
				}
				next := c.Summary(measure.End{Wall: 100*every + time.Millisecond}).Advice
				flags := proposed.FindAllString(" "+next, -1)
				if len(flags) == 0 {
					t.Fatalf("%q proposes nothing", next)
				}
				for _, text := range flags {
					parsed(t, strings.Fields(text)...)
				}
			})
		}
	}
}
