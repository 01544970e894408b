package sched

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

var (
	extremeTimes   = []time.Duration{0, 1, -1, Unknown, ms, time.Second, time.Minute, hour, 24 * hour, 9223372036 * time.Second, math.MaxInt64, math.MinInt64}
	extremeNumbers = []float64{0, 1, -1, Unknown, 0.5, 5, 60, 1e-300, 1e18, 1e300, math.Inf(1), math.Inf(-1), math.NaN()}
)

// draws makes signals, delays and choices of bytes or of chance, whatever they are.
type draws interface {
	IntN(n int) int
}

func drawSignal(d draws) Signal {
	sig := Signal{Kind: Kind(d.IntN(int(Unreachable) + 1)), Word: "said"}
	span := func() time.Duration {
		if d.IntN(3) == 0 {
			return extremeTimes[d.IntN(len(extremeTimes))]
		}
		return time.Duration(d.IntN(100)) * 100 * ms
	}
	if d.IntN(3) == 0 {
		sig.Wait = span()
	}
	if d.IntN(8) == 0 {
		sig.Share = extremeNumbers[d.IntN(len(extremeNumbers))]
	}
	for d.IntN(6) == 0 && len(sig.Quotas) < 3 {
		sig.Quotas = append(sig.Quotas, Quota{
			Name: []string{"", "a", "b"}[d.IntN(3)], Unit: Unit(d.IntN(3)),
			Limit: extremeNumbers[d.IntN(len(extremeNumbers))], Remaining: extremeNumbers[d.IntN(len(extremeNumbers))],
			Window: span(), Reset: span(),
		})
	}
	return sig
}

// Whatever hosts say, and however late the caller is: no hop is lost, each leaves or is rejected in finite time, the limits
// that were asked for hold, and no time is negative or beyond all years.
func checkLaw(t testing.TB, d draws) {
	config := adapting()
	config.Slots = 1 + d.IntN(6)
	asked := Limit{InFlight: d.IntN(4)}
	if d.IntN(2) == 0 {
		asked.Rates = []Rate{{Events: float64(1 + d.IntN(20)), Per: time.Second, Burst: 1 + d.IntN(3)}}
	}
	if d.IntN(3) == 0 {
		config.Unheard = 1 + d.IntN(4)
	}
	if d.IntN(3) == 0 {
		asked.Leased = []Rate{{Events: float64(1 + d.IntN(20)), Per: time.Second, Strict: d.IntN(2) == 0}}
	}
	if d.IntN(3) == 0 {
		asked.RunningTime = RunningTime{Time: time.Duration(1+d.IntN(50)) * 100 * ms, Per: time.Duration(1+d.IntN(10)) * time.Second}
	}
	if d.IntN(3) == 0 {
		asked.Known = &Known{
			Pace: float64(d.IntN(20)) / 2, Slots: float64(d.IntN(4)), Concurrency: d.IntN(20), Wait: time.Duration(d.IntN(100)) * time.Second,
			Age: time.Duration(d.IntN(50)) * hour, Why: "kept",
		}
	}
	config.PerHost = func(string) Limit { return asked }
	if d.IntN(4) == 0 {
		config.MaxAway = 1 + d.IntN(3)
	}
	config.Retries = d.IntN(4)
	if d.IntN(4) == 0 {
		config.GiveUp = 0
	}
	config.Event = func(e Event) {
		if e.At < 0 || math.IsNaN(e.From) || math.IsNaN(e.To) || e.From < 0 || e.To < 0 {
			t.Fatalf("event %+v", e)
		}
	}
	s := New(config)
	type flight struct {
		hop  *Hop
		ends time.Duration
	}
	var flying []flight
	type lease struct {
		host string
		n    int
		at   time.Duration // it comes
	}
	now, seq, open := time.Duration(0), int64(0), 0
	var leases []lease
	line := NewTimeline(asked.Leased, make([]time.Duration, len(asked.Leased)))
	waiting := map[*Hop]bool{}
	var latest *Hop
	starts := make(map[string][]time.Duration)
	inFlight := make(map[string]int)
	tries := make(map[int64]*Tries)
	hosts := testHosts[:1+d.IntN(3)]
	left := 40
	for step := 0; left > 0 || open > 0; step++ {
		if step > 5000 {
			t.Fatalf("not over after %d steps, at %v: %d in flight, %d waiting, %d asleep", step, now, s.count.InFlight, s.Counts(now).Waiting, s.Counts(now).Sleeping)
		}
		for left > 0 && d.IntN(2) == 0 {
			left--
			seq++
			open++
			tries[seq] = &Tries{}
			h := &Hop{Seq: seq, Class: First, Host: hosts[d.IntN(len(hosts))]}
			if d.IntN(4) == 0 { // as a robots.txt has it
				limit := asked
				limit.Rates = append(limit.Rates[:len(limit.Rates):len(limit.Rates)], Rate{Events: 3, Per: time.Second})
				h.Limit = &limit
			}
			if d.IntN(4) == 0 {
				h.Due = now + time.Duration(d.IntN(1000))*ms
			}
			s.Add(now, h)
			waiting[h], latest = true, h
		}
		if d.IntN(20) == 0 && waiting[latest] {
			if !s.Remove(now, latest) {
				t.Fatalf("%+v does not wait", latest)
			}
			delete(waiting, latest)
			open--
		}
		for h := s.Rejected(now); h != nil; h = s.Rejected(now) {
			if !waiting[h] {
				t.Fatalf("%+v was not there", h)
			}
			delete(waiting, h)
			open--
		}
		for h := s.Next(now); h != nil; h = s.Next(now) {
			if h.Start != now || h.Queue < 0 || h.Limiter < 0 || h.Late < 0 || now < h.Due {
				t.Fatalf("at %v: %+v", now, h)
			}
			if !waiting[h] {
				t.Fatalf("%+v was not there", h)
			}
			delete(waiting, h)
			starts[h.Host] = append(starts[h.Host], now)
			inFlight[h.Host]++
			if most := asked.InFlight; most > 0 && inFlight[h.Host] > most || s.count.InFlight > config.Slots+config.Unheard {
				t.Fatalf("%d in flight to %s, %d in all", inFlight[h.Host], h.Host, s.count.InFlight)
			}
			flying = append(flying, flight{h, now + time.Duration(d.IntN(500))*ms})
		}
		for want := range s.Wanting {
			if want.N < 1 || want.Spent < 0 {
				t.Fatalf("%+v", want)
			}
			leases = append(leases, lease{want.Host, want.N, now + time.Duration(d.IntN(300))*ms})
		}
		at, ok := s.Wake(now)
		if ok && (at < 0 || at > now+100*24*hour) {
			t.Fatalf("at %v it is to be woken at %v", now, at)
		}
		if !ok && len(flying) == 0 && len(leases) == 0 && left == 0 && open > 0 {
			t.Fatalf("%d hops wait, and for nothing", open)
		}
		if ok && d.IntN(3) == 0 {
			at += time.Duration(d.IntN(2000)) * ms // late
		}
		for _, f := range flying {
			if !ok || f.ends < at {
				at, ok = f.ends, true
			}
		}
		for _, l := range leases {
			if !ok || l.at < at {
				at, ok = l.at, true
			}
		}
		if ok {
			now = max(now, at)
		}
		pending := leases
		leases = nil
		for _, l := range pending {
			if l.at > now {
				leases = append(leases, l)
				continue
			}
			var granted []time.Time
			for range l.n * min(1, d.IntN(8)) {
				granted = append(granted, epoch.Add(line.Next(now)))
			}
			s.Lease(now, l.host, epoch.Add(now), granted, d.IntN(8) > 0)
		}
		for state := range s.Hosts {
			if math.IsNaN(state.Pace) || state.Pace < 0 || state.Slots < 0 || state.PausedUntil < 0 || state.Away < 0 {
				t.Fatalf("state %+v", state)
			}
		}
		still := flying[:0:0]
		for _, f := range flying {
			if f.ends > now {
				still = append(still, f)
				continue
			}
			sig := drawSignal(d)
			if step > 2000 { // some time everything ends
				sig = serves
			}
			if d.IntN(2) == 0 {
				s.Observe(now, f.hop, sig)
			}
			host := f.hop.Host
			inFlight[host]--
			s.Done(now, f.hop, sig)
			if sig.Kind == Served || sig.Kind == Dropped {
				open--
				continue
			}
			v := s.Judge(now, host, sig, tries[f.hop.Seq])
			if v.Wait < 0 || v.Jitter < 0 || v.Wait > config.MaxWait || v.Jitter > config.MaxWait {
				t.Fatalf("%+v for %+v", v, sig)
			}
			if !v.Again {
				open--
				continue
			}
			s.Away(now, host)
			again := &Hop{Seq: f.hop.Seq, Class: Retry, Host: host, Due: now + v.Wait + v.Jitter/2, Refusals: tries[f.hop.Seq].Refusals}
			s.Add(now, again)
			waiting[again] = true
		}
		flying = still
	}
	if s.Counts(now).Waiting+s.Counts(now).Sleeping+s.count.InFlight > 0 {
		t.Fatalf("something is left at the end")
	}
	for _, h := range hosts {
		for _, r := range asked.Rates {
			most := r.Bucket() + int(math.Ceil(r.PerSecond()))
			if n := mostIn(starts[h], time.Second-slack); len(starts[h]) > 0 && n > most {
				t.Fatalf("%d hops in a second at %+v", n, r)
			}
		}
	}
}

func TestLawProperties(t *testing.T) {
	for seed := range uint64(1000) {
		checkLaw(t, rand.New(rand.NewPCG(seed, 7)))
	}
}

// byteDraws takes its choices from bytes, and zeros when those are used up.
type byteDraws struct{ data []byte }

func (d *byteDraws) IntN(n int) int {
	if len(d.data) == 0 {
		return 0
	}
	x := int(d.data[0])
	d.data = d.data[1:]
	return x % n
}

func FuzzLaw(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		data := make([]byte, 600)
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkLaw(t, &byteDraws{data}) })
}

// Without Adapt the hosts can say what they like: the same hops leave at the same instants as if they had served each.
func TestNoAdaptChangesNothing(t *testing.T) {
	for seed := range uint64(50) {
		run := func(said bool) (at []time.Duration) {
			random, signals := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 2))
			config := adapting()
			config.Adapt = false
			config.PerHost = func(string) Limit { return Limit{InFlight: 3, Rates: perSecond(20).Rates} }
			config.Event = func(e Event) { t.Errorf("event %+v", e) }
			s := New(config)
			for i := range 100 {
				s.Add(0, &Hop{Seq: int64(i), Class: First, Host: testHosts[random.IntN(3)]})
			}
			for now := time.Duration(0); len(at) < 100 && now < hour; now += 10 * ms {
				for h := s.Next(now); h != nil; h = s.Next(now) {
					at = append(at, now+time.Duration(h.Seq))
					sig := serves
					if drawn := drawSignal(signals); said {
						sig = drawn
					}
					s.Observe(now, h, sig)
					s.Done(now, h, sig)
					if v := s.Judge(now, h.Host, sig, &Tries{}); v.Requeued || v.Why == WhyCircuit {
						t.Fatalf("%+v for %+v", v, sig)
					}
				}
				if s.Rejected(now) != nil {
					t.Fatal("a hop is rejected")
				}
			}
			for _, h := range s.hosts {
				if h.learned != nil {
					t.Fatalf("something was learned of %s", h.name)
				}
			}
			return at
		}
		if with, without := run(true), run(false); len(with) < 100 || !reflect.DeepEqual(with, without) {
			t.Fatalf("seed %d: %v and %v", seed, with, without)
		}
	}
}
