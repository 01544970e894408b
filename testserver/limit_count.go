package testserver

import (
	"slices"
	"time"
)

// maxSeconds is how many seconds of a limiter are counted one by one.
const maxSeconds = 1_000

// LimitCount is what came to one limiter, as GET /limit/{name}/count tells it. Times are as in Truth.
type LimitCount struct {
	Name     string  `json:"name"`
	Requests int64   `json:"requests"`
	Served   int64   `json:"served"`    // 200
	Refused  int64   `json:"refused"`   // the others were left by the client, or are in flight
	InFlight int64   `json:"in_flight"` // admitted, and not ended
	Peak     int64   `json:"peak_in_flight"`
	FirstMS  float64 `json:"first_ms"` // arrival of the first request, and of the last one
	LastMS   float64 `json:"last_ms"`
	// EachRequests and EachRefused count what arrived in each second since the first request, 1,000 of them at most.
	EachRequests []int32 `json:"each_second_requests"`
	EachRefused  []int32 `json:"each_second_refused"`
}

// limitCount counts. Its limiter's lock guards it.
type limitCount struct {
	LimitCount
	first, last time.Time
}

func (c *limitCount) arrive(now time.Time) {
	if c.first.IsZero() {
		c.first = now
	}
	c.last = now
	c.Requests++
	c.each(&c.EachRequests)
}

func (c *limitCount) enter() {
	c.InFlight++
	c.Peak = max(c.Peak, c.InFlight)
}

func (c *limitCount) refuse() {
	c.Refused++
	c.each(&c.EachRefused)
}

// each counts one more in the second of the last arrival.
func (c *limitCount) each(counts *[]int32) {
	second := int(c.last.Sub(c.first) / time.Second)
	if second >= maxSeconds {
		return
	}
	for len(*counts) <= second {
		*counts = append(*counts, 0)
	}
	(*counts)[second]++
}

// leave gives the number of those served.
func (c *limitCount) leave(served bool) int64 {
	c.InFlight--
	if served {
		c.Served++
	}
	return c.Served
}

// copy has both series of one length.
func (c *limitCount) copy(name string, began time.Time) LimitCount {
	v := c.LimitCount
	v.Name = name
	if !c.first.IsZero() {
		v.FirstMS, v.LastMS = ms(c.first.Sub(began)), ms(c.last.Sub(began))
	}
	v.EachRequests = append([]int32{}, v.EachRequests...)
	v.EachRefused = slices.Concat(v.EachRefused, make([]int32, len(v.EachRequests)-len(v.EachRefused)))
	return v
}
