package testserver

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Options say how a Handler behaves. The zero value is useful.
type Options struct {
	Seed            uint64  // of everything random; the same seed gives the same answers and waits
	EmptyRate       float64 // share of Fingertips answers that are an empty 200, from 0 to 1; ?empty= overrides it
	FingertipsDelay Delay   // wait of a Fingertips answer; the zero value means 200 ms to 1.5 s
	PubChemDelay    Delay   // wait of a PubChem answer that is not refused; the zero value means 100 to 300 ms
	PubChemFree     bool    // PubChem refuses nobody, for tests of something else; its header still counts
	PubChemSearch   Delay   // how long a search by formula runs; the zero value means 1 s; ?ready= overrides it
}

// Delay is a range of waits, from which one is drawn for each path (the same path always waits as long). The zero
// value means the default; a negative Max means no wait.
type Delay struct{ Min, Max time.Duration }

func (d Delay) or(low, high time.Duration) Delay {
	if d == (Delay{}) {
		return Delay{low, high}
	}
	return d
}

// Handler is the slow server. It is made by New and is safe for concurrent use.
type Handler struct {
	opt    Options
	truth  truth
	routes map[string]route // by the first segment of the path
	usage  []string         // a line for each route, for GET /
	sites  []site
	block  []byte // what /bytes and /range repeat

	flaky    counters // visits to /flaky, by key
	visits   counters // visits to random paths, by path and query
	pools    pools
	pubchem  pubchem
	searches bounded[formulaSearch] // by ListKey
	versions bounded[version]       // of /versioned, by name
	limits   limits
}

// A route answers one kind of path; rest is what follows its first segment, without the slash.
type route func(w http.ResponseWriter, r *http.Request, rest string)

// A site is a set of paths below prefix on one host, or below anyPrefix on any host.
type site struct {
	host, prefix, anyPrefix string
	serve                   route
}

// New makes a Handler. Each file of this package registers its own paths here.
func New(opt Options) *Handler {
	h := &Handler{opt: opt, routes: make(map[string]route)}
	h.truth.start()
	h.pubchem.free = opt.PubChemFree
	h.addDelay()
	h.addSample()
	h.addStatus()
	h.addBytes()
	h.addRedirect()
	h.addPage()
	h.addCursor()
	h.addVersioned()
	h.addSensor()
	h.addCrawl()
	h.addFault()
	h.addLimit()
	h.addEcho()
	h.addFingertips()
	h.addPubChem()
	slices.Sort(h.usage)
	return h
}

// add registers a route for paths whose first segment is name, with a line for the list of paths.
func (h *Handler) add(name, usage string, f route) {
	h.routes[name] = f
	h.usage = append(h.usage, usage)
}

// addSite registers a site: the same paths under a host of its own, and under a prefix on every host.
func (h *Handler) addSite(s site, usage string) {
	h.sites = append(h.sites, s)
	h.usage = append(h.usage, usage)
}

// ServeHTTP answers a request and keeps the truth about it.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/__truth"); ok {
		h.serveTruth(w, r, rest)
		return
	}
	rec := &recorder{ResponseWriter: w, left: -1, hop: h.truth.begin(r)}
	defer rec.end()
	h.dispatch(rec, r)
}

func (h *Handler) dispatch(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if name, ok := limitName(r.Host); ok { // before the hot path, which a path there may look like
		h.limit(w, r, name+"/"+path)
		return
	}
	if path != "" && path[0]-'0' <= 9 { // the hot path
		h.delay(w, r, path)
		return
	}
	host := hostname(r.Host)
	for _, s := range h.sites {
		if rest, ok := strings.CutPrefix(path, s.anyPrefix); ok {
			s.serve(w, r, rest)
			return
		}
		if rest, ok := strings.CutPrefix(path, s.prefix); ok && strings.EqualFold(host, s.host) {
			s.serve(w, r, rest)
			return
		}
	}
	first, rest, _ := strings.Cut(path, "/")
	if f, ok := h.routes[first]; ok {
		f(w, r, rest)
		return
	}
	if path == "" {
		h.index(w)
		return
	}
	fail(w, http.StatusNotFound, "no such path here; GET / lists those there are")
}

func (h *Handler) index(w http.ResponseWriter) {
	answer(w, http.StatusOK, "text/plain; charset=utf-8", "A slow server.\n\n"+strings.Join(h.usage, "\n")+"\n")
}

// reset forgets what the server has seen: the truth, and how often a path was visited.
func (h *Handler) reset() {
	h.truth.reset()
	h.flaky.reset()
	h.visits.reset()
	h.pubchem.reset()
	h.searches.reset()
	h.versions.reset()
	h.limits.reset()
}

// hostname gives the host of a Host header without its port.
func hostname(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		return host[:i]
	}
	return host
}

// autoLength is how long a body may be for net/http to find out its length by itself.
const autoLength = 2048

// answer writes a whole answer that is in memory.
func answer(w http.ResponseWriter, status int, contentType, body string) {
	w.Header()["Content-Type"] = []string{contentType}
	if len(body) > autoLength {
		w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // an error means that the client left: nobody is there to tell
}
