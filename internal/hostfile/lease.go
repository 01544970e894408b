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
	forgotten = 10 * time.Second // a rate for which nobody asks any more holds no longer for those who have others
	maxPause  = time.Hour        // that is passed on to other processes
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
	last := now + ahead + time.Second // and what the slowest has used up; the second is for a clock that was set back
	for _, all := range [][]used{b.Rates, b.Running} {
		var slowest time.Duration
		for _, r := range all {
			if ok = ok && isRate(r.Rate) && r.Asked >= 0 && r.Asked <= now+time.Second && r.Full >= 0; ok {
				slowest = max(slowest, tokens(r.Rate, 2*r.Bucket()+1))
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
		float64(r.Bucket()+1)*float64(r.Per)/r.Events <= float64(3660*24*time.Hour)
}

// tokens is how long it takes until so many have come.
func tokens(r sched.Rate, n int) time.Duration {
	return time.Duration(float64(n) * float64(r.Per) / r.Events)
}

// draw takes something of the rates that hold: those that are asked for now, and those that somebody else asked for of late.
// What is used up of others is kept for those who will ask for them again.
func draw(all []used, now time.Duration, asked []sched.Rate, take func(sched.Timeline)) []used {
	all = slices.DeleteFunc(all, func(r used) bool { return !r.holds(now) && now > r.Full })
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
	var rates []sched.Rate
	var full []time.Duration
	for _, r := range all {
		if r.holds(now) {
			rates, full = append(rates, r.Rate), append(full, r.Full)
		}
	}
	line := sched.NewTimeline(rates, full)
	take(line)
	full = line.Full()
	for i := range all {
		if all[i].holds(now) {
			all[i].Full, full = full[0], full[1:]
		}
	}
	return all
}

func (r *used) holds(now time.Duration) bool { return now-r.Asked <= forgotten }

// spend adds so many parts of hop time.
func (b *budget) spend(now time.Duration, running []sched.Rate, spent int) (ready time.Duration) {
	b.Running = draw(b.Running, now, running, func(line sched.Timeline) {
		var window time.Duration // what was spent before it holds nobody up
		for _, r := range running {
			window = max(window, r.Per)
		}
		for n := spent; n > 0 && line.Ready() < now+window; n-- {
			line.Next(now)
		}
		ready = line.Ready()
	})
	return ready
}

// lease takes the next instants that are near, n at the most, for one who has waited so long, not before start. If there is
// none, again is when to ask once more.
func (b *budget) lease(now time.Duration, rates []sched.Rate, n int, start, waited time.Duration) (at []time.Duration, again time.Duration) {
	b.Rates = draw(b.Rates, now, rates, func(line sched.Timeline) {
		turn := leastTurn
		for _, r := range b.Rates {
			if r.holds(now) {
				turn = max(turn, tokens(r.Rate, 1))
			}
		}
		next := max(start, line.Ready())
		if next > now+near(waited, turn) {
			again = next - near(max(0, waited+next-nearest-now), turn)
			return
		}
		for len(at) < n && (len(at) == 0 || max(start, line.Ready()) <= now+ahead) {
			at = append(at, line.Next(start))
		}
	})
	if len(at) > 0 {
		return at, 0
	}
	longest := patience
	if len(b.Rates) > len(rates) { // others' may cease to hold
		longest = time.Second
	}
	return nil, min(max(again, now+time.Millisecond), now+longest)
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
// turn with all other processes of the user. It waits until one is near, so that who ends meanwhile takes nothing along.
func (d *Folder) Lease(host string, rates []fetcher.Rate, running Running) func(context.Context, int, time.Duration) ([]time.Time, error) {
	var asked, times []sched.Rate
	for _, r := range rates {
		asked = append(asked, sched.Rate(r))
	}
	if parts := int(running.Time / part); parts > 0 && running.Per > 0 {
		times = []sched.Rate{{Events: float64(parts), Per: running.Per, Burst: parts}}
	}
	return func(ctx context.Context, n int, spent time.Duration) (instants []time.Time, err error) {
		d.add(host, spent)
		for began := time.Now(); ; {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			var wait time.Duration
			err = d.change(ctx, host, func(b *budget, now time.Duration) {
				start := max(now, b.Until)
				if d.MaxFor > 0 {
					start = min(start, now+d.MaxFor)
				}
				start = max(start, b.spend(now, times, d.parts(host)))
				granted, again := b.lease(now, asked, n, start, time.Since(began))
				for _, at := range granted {
					instants = append(instants, time.Unix(0, int64(at)))
				}
				wait = again - now
			})
			switch {
			case ctx.Err() != nil && len(instants) == 0:
				return nil, ctx.Err()
			case err != nil:
				d.note("the budget of hosts is not shared with other processes", err)
				return instants, err
			case len(instants) > 0:
				return instants, nil
			}
			timer := time.NewTimer(wait)
			select {
			case <-ctx.Done():
				timer.Stop()
				return nil, ctx.Err()
			case <-timer.C:
			}
		}
	}
}

// add notes the hop times of a host, for the next time that the others can be told.
func (d *Folder) add(host string, spent time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rest[host] += spent
}

// parts is how many whole parts the hop times of a host have filled; the rest waits for more.
func (d *Folder) parts(host string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	spent := d.rest[host]
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
