// Package plan reports what a list of requests would send to which host, and how long its limits would make it
// take, without sending anything.
package plan

import (
	"cmp"
	"io"
	"net/http"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure/whatif"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// Options are the settings of a run. All may be zero.
type Options struct {
	Slots   int           // hops in flight in total; 0 means fetcher.DefaultWorkers
	Total   fetcher.Limit // as in fetcher.Limits
	PerHost fetcher.Limit
	Host    func(host string) (fetcher.Limit, bool)
	Source  func(host string) string // names the source of a host's stated limits; empty: there is none. May be nil

	// Assume is the assumed time of each response; 0: none is assumed, and only rates and due times determine the
	// time.
	Assume time.Duration

	// FileName determines the name of a request's file as a run would, in the order of the list, and reports
	// whether the request would have another if it were alone: Settle of a *store.Names. Nil: no files are saved.
	FileName func(*fetcher.Request) (name string, other bool)

	// Credentials reports whether a request carries credentials; nil means to look for them in it.
	Credentials func(*fetcher.Request) bool
}

const (
	maxHosts    = 1000 // hosts with a line of their own
	maxExamples = 10   // of duplicates, and of names shared by several files
	maxSeqs     = 10   // places in the list in each example
	maxMethods  = 20   // methods that are counted by name

	others = "(others)"

	// maxBody is how much of a content is compared; for longer content the length counts, too.
	maxBody = 64 << 10
)

// Plan counts requests. It takes about 20 bytes of memory per request, plus what FileName takes. It is not safe
// for concurrent use.
type Plan struct {
	o        Options
	limits   whatif.Settings
	report   Report
	hosts    map[string]*Host
	further  Host // all hosts beyond maxHosts
	requests repeats
	last     time.Duration // the latest Due
}

// New returns an empty plan.
func New(o Options) *Plan {
	if o.Slots <= 0 {
		o.Slots = fetcher.DefaultWorkers
	}
	if o.Credentials == nil {
		o.Credentials = func(req *fetcher.Request) bool { return len(secret.Of(req).Secrets()) > 0 }
	}
	return &Plan{
		o: o, limits: whatif.Settings{Slots: o.Slots, Total: o.Total, PerHost: o.PerHost, Host: o.Host}, hosts: map[string]*Host{}, report: Report{V: Version, Methods: map[string]int64{}}, requests: repeats{shown: map[uint64]int{}},
	}
}

// Add counts a request. Its content is read once, and not kept.
func (p *Plan) Add(req *fetcher.Request) {
	r := &p.report
	if req.Err != nil {
		r.Unsendable++
		return
	}
	r.Requests++
	seq := cmp.Or(req.Seq, r.Requests)
	method := cmp.Or(req.Method, http.MethodGet)
	counted := method
	if _, ok := r.Methods[method]; !ok && len(r.Methods) >= maxMethods {
		counted = others
	}
	r.Methods[counted]++
	p.last = max(p.last, req.Due)

	h := p.host(web.HostOf(req.URL))
	h.N++
	if p.o.Credentials(req) {
		h.Credentials++
	}
	p.rows(req)
	body := p.body(req)
	p.requests.add(hashOf(method, web.Comparable(req.URL), body), seq, func() Example {
		return Example{Method: method, URL: secret.Of(req).ShownURL()}
	})
	p.file(req, seq)
}

func (p *Plan) host(name string) *Host {
	h := p.hosts[name]
	switch {
	case h != nil:
		return h
	case len(p.hosts) >= maxHosts:
		return &p.further
	}
	h = &Host{Host: strings.Clone(name)}
	p.hosts[h.Host] = h
	return h
}

func (p *Plan) rows(req *fetcher.Request) {
	r := &p.report
	n := int64(len(req.Rows))
	switch {
	case n > 0:
		r.Rows += n
		b := &r.Batches
		b.N++
		b.Smallest = min(cmp.Or(b.Smallest, n), n)
		b.Largest = max(b.Largest, n)
	case len(req.Row) > 0:
		r.Rows++
	}
}

// body counts the content of a request and returns what distinguishes it from others.
func (p *Plan) body(req *fetcher.Request) string {
	if req.Body == nil {
		return ""
	}
	r := &p.report
	r.Bodies.N++
	if req.Length > 0 {
		r.Bodies.Bytes += req.Length
	}
	var text []byte
	body, err := req.Body()
	if err == nil && body != nil {
		text, err = io.ReadAll(io.LimitReader(body, maxBody))
		body.Close()
	}
	switch {
	case err != nil:
		return "?" // it will fail in the run, with the reason
	case req.Length <= 0 && len(text) < maxBody:
		r.Bodies.Bytes += int64(len(text))
	case req.Length <= 0:
		r.Bodies.Unknown++
	}
	return "=" + string(text) + "/" + time.Duration(req.Length).String()
}

func (p *Plan) file(req *fetcher.Request, seq int64) {
	if p.o.FileName == nil {
		return
	}
	r := &p.report
	r.Files++
	name, other := p.o.FileName(req)
	if !other {
		return
	}
	r.Collisions.N++
	if len(r.Collisions.Examples) < maxExamples {
		e := Example{N: 1, URL: secret.Of(req).ShownURL(), File: name, Seqs: []int64{seq}}
		r.Collisions.Examples = append(r.Collisions.Examples, e)
	}
}
