package plan

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// Version is the version of the report's JSON form.
const Version = 1

// Report is the result of a plan. Its JSON form always has every field, except those marked "omitempty".
type Report struct {
	V          int              `json:"v"`
	Requests   int64            `json:"requests"`
	Unsendable int64            `json:"unsendable"` // requests that would fail because of errors in the list; in no other count
	Methods    map[string]int64 `json:"methods"`    // requests by method; those beyond 20 methods as "(others)"
	Hosts      int64            `json:"hosts"`      // with a line in PerHost
	PerHost    []Host           `json:"per_host"`
	Others     int64            `json:"others"` // requests to hosts beyond the first 1,000, which PerHost does not have
	Rows       int64            `json:"rows"`   // requested rows of tables
	Batches    Batches          `json:"batches"`
	Bodies     Bodies           `json:"bodies"`
	Duplicates Repeated         `json:"duplicates"` // same method, URL and content
	Files      int64            `json:"files"`      // requests whose responses get a file
	Collisions Collisions       `json:"collisions"` // files that get a suffix, because their name is in use
	Time       Time             `json:"time"`
}

// Host is what one host would receive.
type Host struct {
	Host        string        `json:"host"` // "hostname:port"; empty for invalid URLs
	N           int64         `json:"n"`
	Credentials int64         `json:"credentials"` // requests with credentials
	Floor       record.Micros `json:"floor_ms"`    // the least time that its own limits allow
	Limit       fetcher.Limit `json:"-"`
}

// Batches counts the requests for several rows, and the rows of the smallest and the largest.
type Batches struct {
	N        int64 `json:"n"`
	Smallest int64 `json:"smallest"`
	Largest  int64 `json:"largest"`
}

// Bodies counts the requests with content, and the known size.
type Bodies struct {
	N       int64 `json:"n"`
	Bytes   int64 `json:"bytes"`
	Unknown int64 `json:"unknown"` // contents whose size is not known
}

// Repeated counts repetitions.
type Repeated struct {
	N        int64     `json:"n"`      // number of repetitions
	Groups   int64     `json:"groups"` // number of different ones that are repeated
	Examples []Example `json:"examples,omitempty"`
}

// Collisions counts the files that get a suffix.
type Collisions struct {
	N        int64     `json:"n"`
	Examples []Example `json:"examples,omitempty"`
}

// Example is a repeated request, or a file that gets a suffix.
type Example struct {
	N      int64   `json:"n"` // how often
	Method string  `json:"method,omitempty"`
	URL    string  `json:"url"`            // masked; that of the second one if they differ
	File   string  `json:"file,omitempty"` // with its suffix
	Seqs   []int64 `json:"seqs"`           // the first 10 places in the list
}

// Time is the time that the limits allow.
type Time struct {
	Floor record.Micros `json:"floor_ms"` // the least time that is possible; 0 if nothing is known
	// Bound is what causes the floor: measure.BoundRate and the like, or BoundDue; empty if nothing does.
	Bound   string        `json:"bound"`
	Host    string        `json:"bound_host,omitempty"`   // of a host's own limit
	Source  string        `json:"bound_source,omitempty"` // source of the limit, if not a flag: "preset pubchem"
	Assumed record.Micros `json:"assumed_ms"`             // for each response; 0: nothing
	Unknown []string      `json:"unknown"`                // what the floor does not include, in words
	Rate    fetcher.Rate  `json:"-"`                      // if a rate is the bound, not slots
	Slots   int           `json:"-"`
}

// BoundDue is the bound of a list whose last request is due later than the floor of the limits.
const BoundDue = "due"

// Finish returns the report. Requests may be added after it, and it may be called again.
func (p *Plan) Finish() Report {
	r := p.report
	r.Hosts, r.Others = int64(len(p.hosts)), p.further.N
	r.PerHost = make([]Host, 0, len(p.hosts))
	for _, h := range p.hosts {
		r.PerHost = append(r.PerHost, Host{Host: h.Host, N: h.N, Credentials: h.Credentials, Limit: p.limits.LimitOf(h.Host)})
	}
	slices.SortFunc(r.PerHost, func(a, b Host) int { return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(a.Host, b.Host)) })
	r.Duplicates = p.requests.Repeated
	r.Duplicates.Examples = slices.Clone(r.Duplicates.Examples)
	r.Collisions.Examples = slices.Clone(r.Collisions.Examples)
	r.Time = p.time(r.PerHost)
	return r
}

// time finds the largest of all floors, and sets those of the hosts.
func (p *Plan) time(hosts []Host) Time {
	assumed := record.MicrosOf(p.o.Assume)
	t := Time{Assumed: assumed, Unknown: p.unknown()}
	if p.report.Requests == 0 {
		return t
	}
	consider := func(c Time) {
		if c.Floor > t.Floor {
			t.Floor, t.Bound, t.Host, t.Rate, t.Slots, t.Source = c.Floor, c.Bound, c.Host, c.Rate, c.Slots, ""
			if c.Host != "" && p.o.Source != nil {
				t.Source = p.o.Source(c.Host)
			}
		}
	}
	consider(Time{Floor: assumed, Bound: measure.BoundLongest})
	if p.last > 0 {
		consider(Time{Floor: record.MicrosOf(p.last) + assumed, Bound: BoundDue})
	}
	limits := func(n int64, l fetcher.Limit, rate, slots, host string) record.Micros {
		var least record.Micros
		if l.InFlight > 0 {
			rounds := (n + int64(l.InFlight) - 1) / int64(l.InFlight) // of all slots together, as each response takes the same
			floor := micros(float64(rounds) * float64(assumed))
			least = max(least, floor)
			consider(Time{Floor: floor, Bound: slots, Host: host, Slots: l.InFlight})
		}
		for _, r := range l.Rates {
			late := max(n-int64(r.Bucket()), 0) // the last of them leaves at late / rate
			floor := micros(float64(late)/r.PerSecond()*1e6) + assumed
			least = max(least, floor)
			if floor > assumed {
				consider(Time{Floor: floor, Bound: rate, Host: host, Rate: r})
			}
		}
		return least
	}
	limits(p.report.Requests, fetcher.Limit{InFlight: p.limits.InFlight(), Rates: p.o.Total.Rates}, measure.BoundRate, measure.BoundSlots, "")
	for i := range hosts {
		h := &hosts[i]
		h.Floor = max(limits(h.N, h.Limit, measure.BoundHostRate, measure.BoundHostSlots, h.Host), assumed)
	}
	return t
}

// unknown says what the floor does not include.
func (p *Plan) unknown() []string {
	all := []string{}
	if p.report.Requests == 0 {
		return all
	}
	if p.o.Assume == 0 {
		all = append(all, "how long each response takes (see --assume)")
	}
	all = append(all, "retries, redirects and further pages", "servers that are slower than their limits, or ask to slow down")
	if p.further.N > 0 {
		all = append(all, "the limits of the hosts beyond the first 1,000")
	}
	return all
}

// AppendJSON appends the report as one line, with its end.
func (r *Report) AppendJSON(dst []byte) []byte {
	return record.AppendAnyLine(dst, r)
}

// micros converts a time, limited to what fits: a plan of a thousand years is long enough.
func micros(f float64) record.Micros { return record.Micros(math.Min(f, math.MaxInt64/4)) }
