package hostfile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/sched"
)

// budget is how much of a host's rates all processes have used up, as the file of its leases has it: one line, which a process
// reads, changes and writes while it has the lock. Instants are nanoseconds of the wall clock, since 1970.
type budget struct {
	Version int           `json:"v"`
	Written time.Duration `json:"written_ns"`
	Until   time.Duration `json:"until_ns,omitempty"` // nothing is to be sent before
	Rates   []used        `json:"rates"`              // of those who asked of late: all of them hold for everybody
}

// used is one rate, and how much of it is used up.
type used struct {
	sched.Rate
	Full  time.Duration `json:"full_ns"`  // when it has all its tokens again
	Asked time.Duration `json:"asked_ns"` // when somebody last asked who has this rate
}

const (
	maxRates  = 16
	forgotten = 10 * time.Second // a rate for which nobody asks any more holds no longer, or until it would be full
	ahead     = time.Minute      // no more than that is leased beforehand, or than one token for so many processes
	sharers   = 100
	maxPause  = time.Hour // that is passed on to other processes
)

// wall is an instant as files have it.
func wall(t time.Time) time.Duration { return time.Duration(t.UnixNano()) }

// parseBudget reads the file of leases. What cannot be, as after a jump of the clock, is an error: then nothing is used up.
func parseBudget(text []byte, now time.Duration) (b budget, err error) {
	line, _, _ := bytes.Cut(text, []byte("\n")) // behind it is what is left of a longer one
	if err := json.Unmarshal(line, &b); err != nil {
		return budget{}, err
	}
	ok := b.Version == version && len(b.Rates) <= maxRates && b.Written >= 0 && b.Written <= now+time.Second && b.Until >= 0 && b.Until <= now+maxPause
	for _, r := range b.Rates {
		ok = ok && isRate(r.Rate) && r.Asked >= 0 && r.Asked <= now+time.Second && r.Full >= 0 &&
			r.Full <= max(now, b.Until)+ahead+tokens(r.Rate, r.Bucket()+sharers)
	}
	if !ok {
		return budget{}, errors.New("this is no budget of now")
	}
	return b, nil
}

// isRate reports whether a rate makes sense, and is one for which sums do not overflow.
func isRate(r sched.Rate) bool {
	return r.Events > 0 && r.Events <= most && r.Per > 0 && r.Per <= 366*24*time.Hour && r.Burst >= 0 && r.Burst <= most &&
		float64(r.Bucket()+sharers)*float64(r.Per)/r.Events <= float64(3660*24*time.Hour)
}

// tokens is how long it takes until so many have come.
func tokens(r sched.Rate, n int) time.Duration {
	return time.Duration(float64(n) * float64(r.Per) / r.Events)
}

// lease takes the next n instants of rates, which begin no later than longest from now on.
func (b *budget) lease(now time.Duration, rates []sched.Rate, n int, longest time.Duration) []time.Duration {
	b.Rates = slices.DeleteFunc(b.Rates, func(r used) bool { return now-r.Asked > max(forgotten, tokens(r.Rate, r.Bucket()+1)) })
	for _, r := range rates {
		i := slices.IndexFunc(b.Rates, func(u used) bool { return u.Rate == r })
		if i < 0 {
			i = len(b.Rates)
			b.Rates = append(b.Rates, used{Rate: r, Full: now})
		}
		b.Rates[i].Asked = now
	}
	all, full := make([]sched.Rate, len(b.Rates)), make([]time.Duration, len(b.Rates))
	for i, r := range b.Rates {
		all[i], full[i] = r.Rate, r.Full
	}
	line := sched.NewTimeline(all, full)
	start := max(now, b.Until)
	if longest > 0 {
		start = min(start, now+longest)
	}
	at := make([]time.Duration, n)
	for i := range at {
		at[i] = line.Next(start)
	}
	for i, full := range line.Full() {
		b.Rates[i].Full = full
	}
	return at
}

// change has the file of a host's leases changed under its lock.
func (d *Folder) change(ctx context.Context, host string, change func(b *budget, now time.Duration)) error {
	f, err := d.locked(ctx, host)
	if err != nil {
		return err
	}
	defer f.Close()
	now := wall(time.Now())
	b, err := readBudget(f, now)
	if err != nil { // it is new, or nobody knows what is used up
		b = budget{}
	}
	change(&b, now)
	b.Version, b.Written = version, now
	line, err := json.Marshal(&b)
	if err == nil {
		_, err = f.WriteAt(append(line, '\n'), 0)
	}
	return err
}

// Lease gives the function by which the next instants of a host's rates are asked for: see fetcher.Limit. They are kept to in
// turn with all other processes of the user.
func (d *Folder) Lease(host string, rates []fetcher.Rate) func(context.Context, int) ([]time.Time, error) {
	var asked []sched.Rate
	for _, r := range rates {
		asked = append(asked, sched.Rate(r))
	}
	return func(ctx context.Context, n int) (instants []time.Time, err error) {
		err = d.change(ctx, host, func(b *budget, now time.Duration) {
			if len(b.Rates)+len(asked) > maxRates {
				b.Rates = nil
			}
			for _, at := range b.lease(now, asked, n, d.MaxFor) {
				instants = append(instants, time.Unix(0, int64(at)))
			}
		})
		if err != nil && ctx.Err() == nil {
			d.note("the budget of hosts is not shared with other processes", err)
		}
		return instants, err
	}
}

// Pause tells all processes that the host is to be sent nothing for a while.
func (d *Folder) Pause(host string, wait time.Duration) {
	err := d.change(context.Background(), host, func(b *budget, now time.Duration) {
		b.Until = max(b.Until, now+min(wait, maxPause))
	})
	if err != nil {
		d.note("other processes are not told of the pause of a host", err)
	}
}

// peek is the budget as it stands; without the lock, it may be just being written.
func (d *Folder) peek(host string, now time.Time) (b budget, ok bool) {
	if d.err != nil {
		return b, false
	}
	f, err := os.Open(d.path(host, leased))
	if err != nil {
		return b, false
	}
	defer f.Close()
	b, err = readBudget(f, wall(now))
	return b, err == nil
}

func readBudget(f *os.File, now time.Duration) (budget, error) {
	text, err := read(f)
	if err != nil {
		return budget{}, err
	}
	return parseBudget(text, now)
}
