package measure

import (
	"cmp"
	"runtime"
	"slices"
	"strconv"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// LoadSummary is the result of a load test. Requests that were due in the warm-up count only in WarmUp. Its JSON form
// is described in docs/formats.md.
type LoadSummary struct {
	Asked   Asked         `json:"asked"`
	Started time.Time     `json:"started"`              // in UTC; when the measured part began
	Planned record.Micros `json:"planned_ms"`           // how long requests were due: until -z, or the last one's due time, or for users the last end
	Wall    record.Micros `json:"wall_ms"`              // from the start of the measured part until its planned end and the end of the last request that was not cancelled
	WarmUp  WarmUp        `json:"warm_up"`              // what was left out
	Due     int64         `json:"due"`                  // requests that were due: Requests + NotStarted
	Sent    int64         `json:"requests"`             // OK + Failed + Canceled
	OK      int64         `json:"ok"`                   //
	Failed  int64         `json:"failed"`               //
	Cut     int64         `json:"canceled"`             // in flight when the run was stopped; in no latency
	Unsent  int64         `json:"not_started"`          // due, and never sent
	Idle    int64         `json:"idle_users,omitempty"` // users whose first request was due, and never sent

	Rate     Rates      `json:"rate_per_s"`
	Response Latencies  `json:"response_ms"` // from when a request was due until its end
	Service  Latencies  `json:"service_ms"`  // the sum of its hop times
	Lag      Latency    `json:"lag_ms"`      // delay by this client itself, which is part of the response time, see fetcher.Result.Lag
	Phases   []Phase    `json:"phases_ms"`   // of all hops, in the order of fetcher.Phases; phases that never occurred are left out
	Bytes    int64      `json:"bytes"`       // of bodies, decoded
	Wire     int64      `json:"wire_bytes"`  // of bodies, as transferred
	Opened   int64      `json:"connections_opened"`
	Reused   int64      `json:"connections_reused"` // hops on a reused connection
	InFlight int64      `json:"peak_in_flight"`
	Statuses Counts     `json:"statuses"`          // responses by status, "200", including those of retried attempts and redirects
	Classes  Counts     `json:"classes"`           // failures by class
	Retried  Counts     `json:"retried"`           // failed attempts that were retried, by class; also by the transport itself
	Errors   Errors     `json:"errors"`            // first error of each class, without secrets
	Notes    Counts     `json:"notes"`             // results by note of fetcher
	Proxies  []string   `json:"proxies,omitempty"` // proxies that were used, without passwords
	Client   Client     `json:"client"`
	Groups   []Group    `json:"groups"` // per URL, per host, and by the requested column; most requests first in each, except for (others)
	Seconds  []Second   `json:"series"`
	Warnings []Warning  `json:"warnings"`
	Checks   []Check    `json:"thresholds"`
	Drawn    *Histogram `json:"histogram"` // of the response times of successes; nil: there were none
}

// Asked is the plan, in words and numbers.
type Asked struct {
	Target      string        `json:"target"`          // the URL, masked, or "12 requests of list.csv"
	Tests       int           `json:"tests,omitempty"` // number of merged tests; 0: a single one
	Model       string        `json:"model"`           // open, closed
	Arrivals    string        `json:"arrivals,omitempty"`
	Rate        float64       `json:"rate_per_s,omitempty"`  // of the open model without stages
	Concurrency int           `json:"concurrency,omitempty"` // users of the closed model without stages
	Stages      string        `json:"stages,omitempty"`      // as given
	MaxInFlight int           `json:"max_in_flight"`
	ByFiles     bool          `json:"limited_by_open_files,omitempty"` // MaxInFlight is limited by the open-files limit to less than was requested
	For         record.Micros `json:"for_ms,omitempty"`                // -z
	Requests    int64         `json:"requests,omitempty"`
	WarmUp      record.Micros `json:"warm_up_ms,omitempty"`
	Think       record.Micros `json:"think_ms,omitempty"`
	ThinkTo     record.Micros `json:"think_to_ms,omitempty"` // end of a range; 0: Think is constant
	Seed        uint64        `json:"seed,omitempty"`
	GroupBy     string        `json:"group_by,omitempty"`
	Thresholds  []string      `json:"thresholds,omitempty"` // as given
}

// Course describes the load over time in the syntax of stages: 50/s, 20 (users), or stages.
func (a *Asked) Course() string {
	switch {
	case a.Stages != "":
		return a.Stages
	case a.Model == ModelOpen:
		return strconv.FormatFloat(a.Rate, 'g', -1, 64) + "/s"
	}
	return strconv.Itoa(a.Concurrency)
}

// Values of Asked.Model.
const (
	ModelOpen   = "open"
	ModelClosed = "closed"
)

// WarmUp counts what was left out of the figures.
type WarmUp struct {
	For      record.Micros `json:"for_ms"`
	Requests int64         `json:"requests"`
	Failed   int64         `json:"failed"`
}

// Rates are per second of LoadSummary.Planned, except for Answered and OK, which are per second until the last end, or
// until the planned end if that is later.
type Rates struct {
	Due      float64 `json:"due"`
	Sent     float64 `json:"sent"`
	Answered float64 `json:"answered"` // OK and failed
	OK       float64 `json:"ok"`
}

// Phase is one of the phases of fetcher.Phases.
type Phase struct {
	Name string `json:"name"` // blocked, dns, connect, tls, send, wait, receive
	Latency
}

// Client is the cost of the load on this side.
type Client struct {
	CPU   record.Micros `json:"cpu_ms"`
	Cores int           `json:"cores"` // that it may use
	Share float64       `json:"share"` // share of the cores that it used, 0 to 1, in the second with the maximum
}

// Group is one URL, one host, or one value of a column.
type Group struct {
	By       string    `json:"by"` // url, host, or the name of the column
	Name     string    `json:"name"`
	OK       int64     `json:"ok"`
	Failed   int64     `json:"failed"`
	Response Latencies `json:"response_ms"`
	Service  Latencies `json:"service_ms"`
	Bytes    int64     `json:"bytes"`
}

// Second is one entry of the series: one second, or several if there would be too many entries.
type Second struct {
	From     record.Micros  `json:"from_ms"` // from the start of the measured part
	To       record.Micros  `json:"to_ms"`
	Sent     int64          `json:"sent"`
	OK       int64          `json:"ok"`
	Failed   int64          `json:"failed"`
	InFlight int64          `json:"in_flight"` // at its end
	Waiting  int64          `json:"waiting"`   // due and not sent, at its end
	P50      *record.Micros `json:"p50_ms"`    // response times of the successes that ended in it; nil: there were none
	P90      *record.Micros `json:"p90_ms"`
	P99      *record.Micros `json:"p99_ms"`
	Max      *record.Micros `json:"max_ms"`
}

// Warning is a reason to distrust some of the figures.
type Warning struct {
	Code string `json:"code"` // client_cpu, schedule_lag, file_descriptors, in_flight, response, sample, not_started, users, behind, aborted, apart
	Text string `json:"text"`
}

// Check is a threshold and its outcome.
type Check struct {
	Threshold string `json:"threshold"` // as given
	OK        bool   `json:"ok"`
	Measured  string `json:"measured"` // "212ms", or why there is no value
}

// Histogram is a distribution as bars whose bounds grow by a constant factor.
type Histogram struct {
	Bars []Bar `json:"bars"`
}

// Bar is the number of times above From and up to To.
type Bar struct {
	From  record.Micros `json:"from_ms"`
	To    record.Micros `json:"to_ms"`
	Count int64         `json:"count"`
}

// Beginning is what is known about a load test before it begins.
type Beginning struct {
	Asked   Asked     `json:"asked"`
	Started time.Time `json:"started"` // start of the run, in UTC, warm-up included
	Cores   int       `json:"cores"`   // that this process may use; 0: not known
}

// Begin returns the Beginning of a load test by this process.
func Begin(asked Asked, started time.Time) Beginning {
	return Beginning{Asked: asked, Started: started.UTC().Round(0), Cores: runtime.GOMAXPROCS(0)}
}

// Final is what is known only at the end of a load test and not from its intervals. The zero value is that of an
// interrupted test.
type Final struct {
	Planned      record.Micros `json:"planned_ms"`           // as LoadSummary.Planned; 0: in the closed model until the last end, in the open one until the last ended request was due
	NotStarted   int64         `json:"not_started"`          // requests that were due after the warm-up, and never sent
	Idle         int64         `json:"idle_users,omitempty"` // users whose first request was due, and never sent
	Aborted      string        `json:"aborted,omitempty"`    // why the test was ended early
	MaxOpenFiles int64         `json:"max_open_files"`       // open-files limit of this process; 0: not known
	Proxies      []string      `json:"proxies,omitempty"`    // as LoadSummary.Proxies
}

// Totals computes the LoadSummary of a load test from the lines of its journal. The same lines give the same
// LoadSummary, whether from a running test or from a file. It is not safe for concurrent use.
type Totals struct {
	begun  Beginning
	start  record.Micros // of the measured part
	sum    Interval      // of the measured part
	warmUp WarmUp
	series series
	groups []*dimension // in order of arrival
	client client
	full   full
}

// NewTotals returns empty Totals. Their memory is bounded, however long a test is.
func NewTotals(b Beginning) *Totals {
	start := b.Asked.WarmUp
	return &Totals{begun: b, start: start, warmUp: WarmUp{For: start}, sum: Interval{From: start, To: start}}
}

// Add adds the next interval. It neither keeps nor changes it.
func (t *Totals) Add(i *Interval) {
	t.Watch(i, &t.begun)
	t.Count(i)
}

// Watch observes the client in an interval of one of several tests: its CPU usage, and its number of requests in
// flight. Count adds the merged figures of a second.
func (t *Totals) Watch(i *Interval, b *Beginning) {
	if !i.WarmUp {
		t.client.add(i, b.Cores)
		t.full.add(i, &b.Asked)
	}
}

// Count is Add without Watch.
func (t *Totals) Count(i *Interval) {
	if i.WarmUp {
		t.warmUp.Requests += i.ended()
		t.warmUp.Failed += i.Failed
		return
	}
	t.sum.Merge(i)
	t.series.add(i, t.start)
}

// AddGroup adds a group. Groups of the same name are merged.
func (t *Totals) AddGroup(g *GroupTimes) {
	i := slices.IndexFunc(t.groups, func(d *dimension) bool { return d.by == g.By })
	if i < 0 {
		i = len(t.groups)
		t.groups = append(t.groups, &dimension{by: g.By, groups: make(map[string]*GroupTimes)})
	}
	t.groups[i].named(g.Name).merge(g)
}

// Summary returns the summary. Checks are left to the caller.
func (t *Totals) Summary(f Final) *LoadSummary {
	sum := &t.sum
	s := &LoadSummary{
		Asked:   t.begun.Asked,
		Started: t.begun.Started.Add(t.start.Duration()),
		Planned: f.Planned,
		Wall:    max(sum.LastEnd-t.start, 0),
		Idle:    f.Idle,
		WarmUp:  t.warmUp,
		Due:     sum.ended() + f.NotStarted,
		Sent:    sum.ended(),
		OK:      sum.OK,
		Failed:  sum.Failed,
		Cut:     sum.Canceled,
		Unsent:  f.NotStarted,

		Lag:      sum.Lag.known(),
		Phases:   []Phase{},
		Bytes:    sum.Bytes,
		Wire:     sum.Wire,
		Opened:   sum.Opened,
		Reused:   sum.Reused,
		InFlight: sum.Peak,
		Statuses: cloned(sum.Statuses),
		Classes:  cloned(sum.Classes),
		Retried:  cloned(sum.Retried),
		Errors:   cloned(sum.Errors),
		Notes:    cloned(sum.Notes),
		Proxies:  f.Proxies,
		Client:   Client{CPU: sum.CPU, Cores: t.begun.Cores, Share: t.client.share(sum, t.begun.Cores)},
		Groups:   []Group{},
		Seconds:  append([]Second{}, t.series.seconds...),
		Checks:   []Check{},
		Drawn:    draw(&sum.Response),
	}
	if s.Asked.Requests == 0 || s.Due < s.Asked.Requests { // it ended with its time
		s.Wall = max(s.Wall, f.Planned)
	}
	s.Response, s.Service = sum.latencies()
	for i, name := range phaseNames {
		if p := &sum.Phases[i]; p.n > 0 {
			s.Phases = append(s.Phases, Phase{Name: name, Latency: p.Latency()})
		}
	}
	switch {
	case s.Planned > 0:
	case s.Asked.Model == ModelClosed: // the last users were active until the last end
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

// PerSecond returns n per second over a time; 0 if no time has passed.
func PerSecond(n int64, in record.Micros) float64 {
	if in <= 0 {
		return 0
	}
	return float64(n) * float64(time.Second/time.Microsecond) / float64(in)
}

// phaseNames are the names of fetcher.Phases, in order.
var phaseNames = [len(Phases{})]string{"blocked", "dns", "connect", "tls", "send", "wait", "receive"}

func phaseTimes(p *fetcher.Phases) [len(Phases{})]time.Duration {
	return [...]time.Duration{p.Blocked, p.DNS, p.Connect, p.TLS, p.Send, p.Wait, p.Receive}
}
