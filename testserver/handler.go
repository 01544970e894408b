// Package testserver is a slow server for tests: responses that take as long as the request says, two public APIs in
// miniature (PubChem's limits included), responses that fail a few times and then recover, and a record of what the
// server itself saw, for verifying a client's own numbers.
//
// A Handler is an http.Handler; Start runs one on a listener, with HTTP/2 over TLS if asked. Everything random is drawn
// from Options.Seed and the request, so that two runs see the same server. All state is bounded. Nothing leaves the
// machine, and nothing here is safe to show to the internet: anyone who can reach the server can make it wait.
//
//	GET /                        lists the paths
//	GET /{seconds}               waits and answers {"time_elapsed": 2}; /delay/{seconds} likewise
//	GET /sample?dist=lognormal&p50=200ms&p99=2s&size=10k&capacity=8
//	GET /status/{code}  /flaky/{key}/{n}  /bytes/{n}  /range/{n}  /redirect/{n}  /redirect-to?url=  /page/{n}  /etag/{tag}  /echo
//	GET /cursor?size=10&pages=5  /versioned/{name}  /sensor/{name}  /crawl/{n}
//	GET /limit/{name}/…?rate=5   or host {name}.limit.test: refuses what is too much, by any rule and in any dialect of
//	                             headers, and counts; /limit/ lists what can be set
//	GET /fault/{name}            one thing that goes wrong, or that a hostile server would do; /fault/ lists them
//	GET /fingertips/api/…        or host fingertips.test: English public health data, slow
//	GET /pubchem/rest/pug/…      or host pubchem.test: compounds, their properties, structures and pictures, with a
//	                             limiter per client and searches by formula that must be polled
//	GET /__truth                 what the server saw; DELETE it, or POST /__truth/reset, to start again
//
// Clients are distinguished by their X-Client header, otherwise by their address. So that no client can block the server
// forever, every handler watches the request's context.
package testserver

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Options say how a Handler behaves. The zero value is useful.
type Options struct {
	Seed            uint64  // seed of everything random; the same seed gives the same responses and waits
	EmptyRate       float64 // share of Fingertips responses that are an empty 200, from 0 to 1; ?empty= overrides it
	FingertipsDelay Delay   // wait of a Fingertips response; the zero value means 200 ms to 1.5 s
	PubChemDelay    Delay   // wait of a PubChem response that is not refused; the zero value means 100 to 300 ms
	PubChemFree     bool    // PubChem has no limits, for tests of something else; its header still counts
	PubChemSearch   Delay   // how long a search by formula runs; the zero value means 1 s; ?ready= overrides it
}

// Delay is a range of waits, from which one is drawn for each path (the same path always has the same wait). The
// zero value means the default; a negative Max means no wait.
type Delay struct{ Min, Max time.Duration }

func (d Delay) or(low, high time.Duration) Delay {
	if d == (Delay{}) {
		return Delay{low, high}
	}
	return d
}

// draw returns the wait of a path.
func (d Delay) draw(seed uint64, path string) time.Duration {
	if d.Max <= d.Min {
		return d.Max
	}
	return d.Min + time.Duration(random(seed, path, 0).Int64N(int64(d.Max-d.Min)))
}

// Handler is the slow server. It is created by New and is safe for concurrent use.
type Handler struct {
	opt    Options
	truth  truth
	routes map[string]*route // by name
	sites  []*route          // routes with a host of their own
	usage  []string          // a line for each route, for GET /
	block  []byte            // the bytes that /bytes and /range repeat

	flaky    counters             // visits to /flaky, by key
	visits   counters             // visits to random paths, by path and query
	pools    bounded[waitingLine] // of /sample, by capacity
	pubchem  pubchem
	searches bounded[formulaSearch] // by ListKey
	versions bounded[version]       // of /versioned, by name
	limits   limits
}

// route is one kind of path.
type route struct {
	name  string // the first segment of its paths
	usage string
	serve func(w http.ResponseWriter, r *http.Request, rest string) *refusal // rest is what follows the first segment and below

	host, below string // a host for which the name may be omitted, and the required prefix of its paths; empty: none
}

// New returns a Handler.
func New(opt Options) *Handler {
	h := &Handler{opt: opt, routes: make(map[string]*route), block: block(opt.Seed)}
	h.truth.start()
	h.pubchem.free = opt.PubChemFree
	h.usage = []string{`/{seconds}  waits (0, 2, 0.25) and answers {"time_elapsed": 2}`}
	for _, rt := range []route{
		{name: "delay", usage: "/delay/{seconds}  likewise", serve: h.delay},
		{name: "sample", usage: "/sample?dist=lognormal&p50=200ms&p99=2s&size=10k&capacity=8  waits as drawn (constant, exponential, uniform, too);" +
			" at most capacity at once, first come first served", serve: h.sample},
		{name: "sensor", usage: "/sensor/{name}  one reading: temperature (50 ms), pressure (120 ms), humidity (200 ms)," +
			" co2 (400 ms, one in ten 3 s)", serve: h.sensor},
		{name: "status", usage: "/status/{code}  answers with that status; ?retry_after=5", serve: h.status},
		{name: "flaky", usage: "/flaky/{key}/{n}  answers 503 n times, then 200; ?code=429&retry_after=1", serve: h.flakyPath},
		{name: "redirect", usage: "/redirect/{n}  n redirects, then 200; ?code=307", serve: h.redirect},
		{name: "redirect-to", usage: "/redirect-to?url=…&code=302  one redirect, to any place", serve: h.redirectTo},
		{name: "bytes", usage: "/bytes/{n}  n bytes, always the same ones; 10k, 2m and 1g can be written", serve: h.bytesPath},
		{name: "range", usage: "/range/{n}  the same bytes, with ranges (206), If-Range and an ETag", serve: h.rangePath},
		{name: "echo", usage: "/echo  the request as JSON: method, path, query, headers, body", serve: h.echo},
		{name: "page", usage: "/page/{n}  page n of a list, with Link: rel=next; ?pages=5&size=10", serve: h.page},
		{name: "cursor", usage: "/cursor?size=10&pages=5  a list by pages that name the next one in the body: next (a URL, null at the end)" +
			" and cursor (for ?after=); ?loop=1 leads from the last back to the second", serve: h.cursor},
		{name: "crawl", usage: "/crawl/{n}  a page of HTML with a link to the next one; 2n+16 times < and 3n+16 times >", serve: h.crawl},
		{name: "etag", usage: "/etag/{tag}  has that ETag: If-None-Match gives 304, If-Match 412; ?weak=1", serve: h.etag},
		{name: "versioned", usage: "/versioned/{name}  has an ETag and Last-Modified, and answers 304 where they are known (RFC 9110," +
			" section 13); POST makes a new version, DELETE makes it 410 (?code=404); ?every=2s a new one by itself," +
			" ?only=etag, date or none, ?weak=1", serve: h.versioned},
		{name: "fault", usage: "/fault/{name}  one thing that goes wrong, or that a hostile server would do; /fault/ lists them", serve: h.fault},
		{name: "robots.txt", usage: "/robots.txt  of hosts {what}.robots.test: a status (503), hang, or rules, with a Crawl-delay (300ms)" +
			" if it is one; of others there is none", serve: h.robots},
		{name: "limit", usage: "/limit/{name}/…?rate=5  and host {name}.limit.test: refuses what is too much, and says so as you like;" +
			" /limit/ lists what can be set, /limit/{name}/count is what came", serve: h.limit},
		{name: "fingertips", host: "fingertips.test", below: "api/", usage: "/fingertips/api/profiles  and host fingertips.test;" +
			" profile, area_types, ages, sexes, areas/by_area_type, indicator_search?search_text=smoking, indicator_metadata/…," +
			" all_data/csv/by_indicator_id?indicator_ids=90001&child_area_type_id=502&parent_area_type_id=6; ?empty=0.1", serve: h.fingertips},
		{name: "pubchem", host: "pubchem.test", below: "rest/pug/", usage: "/pubchem/rest/pug/compound/name/{name}/property/" +
			"MolecularWeight,MolecularFormula,IUPACName/JSON  and host pubchem.test;" +
			" /compound/cid/1,2,3/…, also by smiles, inchi, inchikey; …/cids, synonyms, description, in JSON, XML, CSV, TXT; …/SDF," +
			" …/PNG?image_size=small; ?name= (or a form) for what has a slash; over 5 a second: 503;" +
			" /compound/formula/{formula}/cids/JSON?ready=1s answers 202 with a ListKey for /compound/listkey/{key}/…", serve: h.pubChem},
	} {
		h.routes[rt.name] = &rt
		h.usage = append(h.usage, rt.usage)
		if rt.host != "" {
			h.sites = append(h.sites, &rt)
		}
	}
	slices.Sort(h.usage)
	return h
}

// ServeHTTP answers a request and records it for the truth.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/__truth"); ok {
		if no := h.serveTruth(w, r, rest); no != nil {
			no.answer(w)
		}
		return
	}
	rec := h.truth.begin(w, r)
	defer rec.end()
	if no := h.dispatch(rec, r); no != nil {
		no.answer(rec)
	}
}

func (h *Handler) dispatch(w http.ResponseWriter, r *http.Request) *refusal {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if name, ok := strings.CutSuffix(hostname(r.Host), limitHosts); ok { // before the hot path, because a path there may look like one
		return h.limit(w, r, name+"/"+path)
	}
	if path != "" && path[0]-'0' <= 9 { // the hot path
		return h.delay(w, r, path)
	}
	first, rest, _ := strings.Cut(path, "/")
	to := h.routes[first]
	for _, site := range h.sites {
		if strings.HasPrefix(path, site.below) && strings.EqualFold(hostname(r.Host), site.host) {
			to, rest = site, path
		}
	}
	if to != nil {
		if rest, ok := strings.CutPrefix(rest, to.below); ok {
			return to.serve(w, r, rest)
		}
	}
	if path == "" {
		return answer(w, http.StatusOK, textType, "A slow server.\n\n"+strings.Join(h.usage, "\n")+"\n")
	}
	return refuse(http.StatusNotFound, "no such path here; GET / lists those there are")
}

// reset forgets what the server has seen: the truth, and the numbers of visits.
func (h *Handler) reset() {
	h.truth.reset()
	h.flaky.reset()
	h.visits.reset()
	h.pubchem.reset()
	h.searches.reset()
	h.versions.reset()
	h.limits.reset()
}

// hostname returns the host of a Host header without its port.
func hostname(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		return host[:i]
	}
	return host
}
