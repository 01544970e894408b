package measure

import "example.com/fetch/internal/record"

// client watches how busy this process was.
type client struct {
	intervals int     // those long enough to judge by
	busy      int     // of them
	most      float64 // the largest share
}

const (
	// busyShare is the share of its cores beyond which a client is taken for busy: what is left to wait for is then the
	// next free core as often as the server.
	busyShare = 0.85

	// judged is the least length of an interval that says something: in a shorter one there is not much but the beginning
	// and the end of a run.
	judged = record.Micros(500_000)
)

func (c *client) add(i *Interval, cores int) {
	length := i.To - i.From
	if length < judged || cores <= 0 {
		return
	}
	share := min(float64(i.CPU)/float64(length)/float64(cores), 1)
	c.intervals++
	c.most = max(c.most, share)
	if share > busyShare {
		c.busy++
	}
}

// share is the largest share of the cores that was used; of a short test, that over all of it.
func (c *client) share(sum *Interval, cores int) float64 {
	if c.intervals > 0 || cores <= 0 || sum.To <= sum.From {
		return c.most
	}
	return min(float64(sum.CPU)/float64(sum.To-sum.From)/float64(cores), 1)
}

// full watches how long as many requests were in flight as may be, so that others waited.
type full struct {
	time    record.Micros
	waiting int64 // the most that waited at once
}

func (f *full) add(i *Interval, asked *Asked) {
	if asked.MaxInFlight <= 0 || i.Waiting == 0 || max(i.InFlight, i.Peak) < int64(asked.MaxInFlight) {
		return
	}
	f.time += i.To - i.From
	f.waiting = max(f.waiting, i.Waiting)
}
