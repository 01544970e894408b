package hostfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync"
	"time"

	"example.com/fetch/fetcher"
)

// kept is what a file has of a host. Fields that are not known are left out.
type kept struct {
	Version     int       `json:"v"`
	Host        string    `json:"host"`
	Found       time.Time `json:"found,omitzero"` // when Pace and Slots were
	Pace        float64   `json:"pace_per_s,omitempty"`
	Slots       float64   `json:"slots,omitempty"`
	Concurrency int       `json:"concurrency,omitempty"`
	Until       time.Time `json:"until,omitzero"` // it is to be sent nothing
}

const (
	version = 1
	maxWait = 30 * 24 * time.Hour // that a host asks for
	most    = 1e9                 // hops a second, or at once
	slowest = 1.0 / 60            // hops a second: nobody would wait longer for a mistake
	saved   = 10 * time.Second    // between two times that what was learned is written
	skew    = time.Minute         // by which a clock may have been set back
)

var errForeign = errors.New("this is not what is known of the host")

const notKept = "what was learned of hosts is not kept"

// parse reads what a file has of a host. What cannot be is an error.
func parse(text []byte, host string, now time.Time) (k kept, err error) {
	if err := json.Unmarshal(text, &k); err != nil {
		return kept{}, err
	}
	isBound := func(n float64) bool { return n >= 0 && n <= most }
	if k.Version != version || k.Host != host || !isBound(k.Pace) || k.Pace > 0 && k.Pace < slowest || !isBound(k.Slots) || !isBound(float64(k.Concurrency)) ||
		k.Found.Sub(now) > skew || k.Until.Sub(now) > maxWait {
		return kept{}, errForeign
	}
	return k, nil
}

// known is what a run begins with; nil if nothing of it holds any more.
func (k *kept) known(now time.Time) *fetcher.Known {
	known := &fetcher.Known{Pace: k.Pace, Slots: k.Slots, Concurrency: k.Concurrency, Wait: max(0, k.Until.Sub(now)), Why: "kept from a run before"}
	if !k.Found.IsZero() {
		known.Age = max(0, now.Sub(k.Found))
		known.Why = "kept from a run " + ago(known.Age)
	}
	if k.Pace <= 0 && k.Slots <= 0 && k.Concurrency <= 0 && known.Wait <= 0 {
		return nil
	}
	return known
}

// load reads what is kept of a host; nil if nothing is.
func (d *Folder) load(host string, now time.Time) *kept {
	if d.err != nil {
		return nil
	}
	f, err := open(d.path(host, suffix), os.O_RDONLY)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			d.note(notKept, err)
		}
		return nil
	}
	defer f.Close()
	text, err := read(f)
	var k kept
	if err == nil {
		k, err = parse(text, host, now)
	}
	if err != nil {
		d.note("what was learned of a host is passed over, in "+f.Name(), err)
		return nil
	}
	return &k
}

// entry is what is known of a host: what its file has, and what a run begins with; nil if that is nothing.
type entry struct {
	kept
	known *fetcher.Known
}

// now is what a run begins with at this moment: pauses pass.
func (e *entry) now() *fetcher.Known {
	if e.known == nil || e.known.Wait == 0 {
		return e.known
	}
	k := *e.known
	k.Wait = max(0, time.Until(e.Until))
	return &k
}

// Recall is what earlier runs have learned of a host; nil: nothing. It answers the same for as long as nothing new is kept, but
// that pauses pass, and is quick from the second time on.
func (d *Folder) Recall(host string) *fetcher.Known {
	d.mu.Lock()
	e, asked := d.hosts[host]
	full := len(d.hosts) >= maxHosts
	d.mu.Unlock()
	if asked || full {
		return e.now()
	}
	now := time.Now()
	k := (*kept)(nil)
	if !d.Forget {
		if k = d.load(host, now); k != nil {
			e = entry{*k, k.known(now)}
		}
	}
	if d.Forget || k != nil && e.known == nil {
		e = entry{}
		if err := d.remove(host); err != nil {
			d.note("what was learned of a host cannot be forgotten", err)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if before, asked := d.hosts[host]; asked {
		return before.now()
	}
	d.hosts[host] = e
	return e.now()
}

// Follow writes what was learned every now and then, and when stop is called, which waits for that.
func (d *Folder) Follow(learned func() map[string]fetcher.Known) (stop func()) {
	over := make(chan struct{})
	var joined sync.WaitGroup
	joined.Go(func() {
		each := time.NewTicker(saved)
		defer each.Stop()
		for done := false; !done; {
			select {
			case <-each.C:
			case <-over:
				done = true
			}
			d.Keep(learned(), time.Now())
		}
		if d.err == nil {
			d.prune(time.Now())
		}
	})
	return func() { close(over); joined.Wait() }
}

// Keep writes what is new of what was learned, and removes what does not hold any more.
func (d *Folder) Keep(learned map[string]fetcher.Known, now time.Time) {
	for host, known := range learned {
		next := lineOf(host, &known, now)
		d.mu.Lock()
		e, asked := d.hosts[host]
		full := !asked && len(d.hosts) >= maxHosts
		d.mu.Unlock()
		if full || e.same(&next) {
			continue
		}
		e = entry{next, next.known(now)}
		var err error
		if e.known == nil {
			err = d.remove(host)
		} else {
			e.known.Why = "learned earlier in this run"
			err = d.save(&next)
		}
		if err != nil {
			d.note(notKept, err)
			return
		}
		d.mu.Lock()
		d.hosts[host] = e
		d.mu.Unlock()
	}
}

// lineOf is what a file is to have of a host.
func lineOf(host string, known *fetcher.Known, now time.Time) kept {
	now = now.Round(0).UTC()
	k := kept{Version: version, Host: host, Pace: bounded(known.Pace), Slots: bounded(known.Slots), Concurrency: known.Concurrency}
	if k.Pace < slowest {
		k.Pace = 0
	}
	if k.Pace > 0 || k.Slots > 0 || k.Concurrency > 0 {
		k.Found = now.Add(-known.Age)
	}
	if known.Wait >= time.Second {
		k.Until = now.Add(min(known.Wait, maxWait))
	}
	return k
}

// same reports whether there is nothing new in what is to be written.
func (k *kept) same(next *kept) bool {
	return k.Pace == next.Pace && k.Slots == next.Slots && k.Concurrency == next.Concurrency &&
		next.Found.Sub(k.Found).Abs() < saved && (next.Until.Sub(k.Until).Abs() < saved || k.Until.IsZero() && next.Until.IsZero())
}

// remove forgets what is kept of a host.
func (d *Folder) remove(host string) error {
	if d.err != nil { // the path would be one of the present folder
		return nil
	}
	if err := os.Remove(d.path(host, suffix)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (d *Folder) save(k *kept) error {
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return d.write(k.Host, append(text, '\n'))
}

// bounded is a number as a file has it, in three digits; what makes no sense is not known.
func bounded(n float64) float64 {
	if !(n > 0 && n <= most) {
		return 0
	}
	n, _ = strconv.ParseFloat(strconv.FormatFloat(n, 'g', 3, 64), 64)
	return n
}

// ago is an age in words.
func ago(age time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "days"}, {time.Hour, "h"}, {time.Minute, "min"}} {
		if age >= 2*unit.of || unit.name != "days" && age >= unit.of {
			return fmt.Sprintf("%d %s ago", age/unit.of, unit.name)
		}
	}
	return "a moment ago"
}
