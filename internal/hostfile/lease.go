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
	Running []used        `json:"running,omitempty"`  // the same of hop times, in parts of 100 ms
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
	ok := b.Version == version && len(b.Rates)+len(b.Running) <= 2*maxRates && b.Written >= 0 && b.Written <= now+time.Second && b.Until >= 0 && b.Until <= now+maxPause
	last := max(now, b.Until) + ahead // until then any rate may be used up, since the slowest says when all of them are
	for _, all := range [][]used{b.Rates, b.Running} {
		var slowest time.Duration
		for _, r := range all {
			if ok = ok && isRate(r.Rate) && r.Asked >= 0 && r.Asked <= now+time.Second && r.Full >= 0; ok {
				slowest = max(slowest, tokens(r.Rate, 2*r.Bucket()+sharers))
			}
		}
		last += slowest
	}
	for _, r := range slices.Concat(b.Rates, b.Running) {
		ok = ok && r.Full <= last
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

// draw takes something of rates: those that are asked for now, and those that somebody else asked for of late.
func draw(all []used, now time.Duration, asked []sched.Rate, take func(sched.Timeline)) []used {
	all = slices.DeleteFunc(all, func(r used) bool { return now-r.Asked > max(forgotten, tokens(r.Rate, r.Bucket()+1)) })
	for _, r := range asked {
		i := slices.IndexFunc(all, func(u used) bool { return u.Rate == r })
		if i < 0 && len(all) >= maxRates {
			all = nil // which nobody has by intention
		}
		if i < 0 {
			i = len(all)
			all = append(all, used{Rate: r, Full: now})
		}
		all[i].Asked = now
	}
	rates, full := make([]sched.Rate, len(all)), make([]time.Duration, len(all))
	for i, r := range all {
		rates[i], full[i] = r.Rate, r.Full
	}
	line := sched.NewTimeline(rates, full)
	take(line)
	for i, full := range line.Full() {
		all[i].Full = full
	}
	return all
}

// lease takes the next n instants, after so many parts of hop time were spent. No pause holds longer than longest.
func (b *budget) lease(now time.Duration, rates, running []sched.Rate, n, spent int, longest time.Duration) []time.Duration {
	start := max(now, b.Until)
	if longest > 0 {
		start = min(start, now+longest)
	}
	b.Running = draw(b.Running, now, running, func(line sched.Timeline) {
		var window time.Duration // what was spent before it holds nobody up
		for _, r := range running {
			window = max(window, r.Per)
		}
		for n := spent; n > 0 && line.Ready() < now+window; n-- {
			line.Next(now)
		}
		start = max(start, line.Ready())
	})
	at := make([]time.Duration, n)
	b.Rates = draw(b.Rates, now, rates, func(line sched.Timeline) {
		for i := range at {
			at[i] = line.Next(start)
		}
	})
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
		if err := f.Truncate(0); err != nil { // or one that is too long would be so for ever
			return err
		}
	}
	change(&b, now)
	b.Version, b.Written = version, now
	line, err := json.Marshal(&b)
	if err == nil {
		_, err = f.WriteAt(append(line, '\n'), 0)
	}
	return err
}

// part is the hop time that counts as one.
const part = 100 * time.Millisecond

// Running is a bound on the sum of hop times, Time in each Per, of all processes. The zero Running bounds nothing.
type Running struct{ Time, Per time.Duration }

// Lease gives the function by which the next instants of a host's rates are asked for: see fetcher.Limit. They are kept to in
// turn with all other processes of the user.
func (d *Folder) Lease(host string, rates []fetcher.Rate, running Running) func(context.Context, int, time.Duration) ([]time.Time, error) {
	var asked, times []sched.Rate
	for _, r := range rates {
		asked = append(asked, sched.Rate(r))
	}
	if parts := int(running.Time / part); parts > 0 && running.Per > 0 {
		times = []sched.Rate{{Events: float64(parts), Per: running.Per, Burst: parts}}
	}
	return func(ctx context.Context, n int, spent time.Duration) (instants []time.Time, err error) {
		err = d.change(ctx, host, func(b *budget, now time.Duration) {
			for _, at := range b.lease(now, asked, times, n, d.parts(host, spent), d.MaxFor) {
				instants = append(instants, time.Unix(0, int64(at)))
			}
		})
		if err != nil && ctx.Err() == nil {
			d.note("the budget of hosts is not shared with other processes", err)
		}
		return instants, err
	}
}

// parts is how many whole parts the hop times of a host have filled; the rest waits for more.
func (d *Folder) parts(host string, spent time.Duration) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	spent += d.rest[host]
	d.rest[host] = spent % part
	return int(min(spent/part, 1e5))
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
	f, err := open(d.path(host, leased), os.O_RDONLY)
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
