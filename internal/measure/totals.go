package measure

import (
	"cmp"
	"slices"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// Totals makes the LoadSummary of a load test from the lines of its journal. The same lines give the same LoadSummary, whether
// they come from a test that goes on or from a file. It is not safe for concurrent use.
type Totals struct {
	begun  Beginning
	start  record.Micros // of the measured part
	sum    Interval      // of the measured part
	warmUp WarmUp
	series series
	groups []*dimension // in the order of their coming
	client client
	full   full
}

// NewTotals is empty. Its memory is bounded, however long a test is.
func NewTotals(b Beginning) *Totals {
	start := b.Asked.WarmUp
	return &Totals{begun: b, start: start, warmUp: WarmUp{For: start}, sum: Interval{From: start, To: start}}
}

// Add takes the next interval. It neither keeps nor changes it.
func (t *Totals) Add(i *Interval) {
	if i.WarmUp {
		t.warmUp.Requests += i.ended()
		t.warmUp.Failed += i.Failed
		return
	}
	t.sum.merge(i)
	t.series.add(i, t.start)
	t.client.add(i, t.begun.Cores)
	t.full.add(i, &t.begun.Asked)
}

// AddGroup takes a group. Groups of the same name are merged.
func (t *Totals) AddGroup(g *GroupTimes) {
	i := slices.IndexFunc(t.groups, func(d *dimension) bool { return d.by == g.By })
	if i < 0 {
		i = len(t.groups)
		t.groups = append(t.groups, &dimension{by: g.By, groups: make(map[string]*GroupTimes)})
	}
	t.groups[i].named(g.Name).merge(g)
}

// Summary is what all comes to. Checks are left to the caller.
func (t *Totals) Summary(f Final) *LoadSummary {
	sum := &t.sum
	s := &LoadSummary{
		Asked:   t.begun.Asked,
		Started: t.begun.Started.Add(t.start.Duration()),
		Planned: f.Planned,
		Wall:    max(sum.LastEnd-t.start, 0),
		WarmUp:  t.warmUp,
		Due:     sum.ended() + f.NotStarted,
		Sent:    sum.ended(),
		OK:      sum.OK,
		Failed:  sum.Failed,
		Cut:     sum.Canceled,
		Unsent:  f.NotStarted,

		Lag:      sum.Lag.Latency(),
		Phases:   []Phase{},
		Bytes:    sum.Bytes,
		Wire:     sum.Wire,
		Opened:   sum.Opened,
		Reused:   sum.Reused,
		InFlight: sum.Peak,
		Statuses: cloned(sum.Statuses),
		Classes:  cloned(sum.Classes),
		Errors:   cloned(sum.Errors),
		Notes:    cloned(sum.Notes),
		Client:   Client{CPU: sum.CPU, Cores: t.begun.Cores, Share: t.client.share(sum, t.begun.Cores)},
		Groups:   []Group{},
		Seconds:  append([]Second{}, t.series.seconds...),
		Checks:   []Check{},
		Drawn:    draw(&sum.Response),
	}
	s.Response, s.Service = sum.latencies()
	for i, name := range phaseNames {
		if p := &sum.Phases[i]; p.n > 0 {
			s.Phases = append(s.Phases, Phase{Name: name, Latency: p.Latency()})
		}
	}
	switch {
	case s.Planned > 0:
	case s.Asked.Model == ModelClosed: // the last of the users went on until the last end
		s.Planned = s.Wall
	default:
		s.Planned = max(sum.LastDue-t.start, 0)
	}
	for _, d := range t.groups {
		for _, g := range d.sorted() {
			s.Groups = append(s.Groups, g.group())
		}
	}
	planned, wall := cmp.Or(s.Planned, s.Wall), max(s.Planned, s.Wall)
	s.Rate = Rates{Due: PerSecond(s.Due, planned), Sent: PerSecond(s.Sent, planned),
		Answered: PerSecond(s.OK+s.Failed, wall), OK: PerSecond(s.OK, wall)}
	s.Warnings = t.warnings(s, f)
	return s
}

// PerSecond is so many in a time, a second; 0 where no time has passed.
func PerSecond(n int64, in record.Micros) float64 {
	if in <= 0 {
		return 0
	}
	return float64(n) * float64(time.Second/time.Microsecond) / float64(in)
}

// phaseNames are the names of fetcher.Phases, in their order.
var phaseNames = [len(Phases{})]string{"blocked", "dns", "connect", "tls", "send", "wait", "receive"}

func phaseTimes(p *fetcher.Phases) [len(Phases{})]time.Duration {
	return [...]time.Duration{p.Blocked, p.DNS, p.Connect, p.TLS, p.Send, p.Wait, p.Receive}
}
