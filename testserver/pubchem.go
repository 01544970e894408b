package testserver

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// pugFault refuses as PubChem does.
func pugFault(status int, code, message string, details ...string) *refusal {
	type fault struct {
		Code    string   `json:"Code"`
		Message string   `json:"Message"`
		Details []string `json:"Details,omitempty"`
	}
	return &refusal{status, map[string]fault{"Fault": {"PUGREST." + code, message, details}}}
}

func pugInvalid(message string, details ...string) *refusal {
	return pugFault(http.StatusBadRequest, "BadRequest", message, details...)
}

func unimplemented(message string) *refusal {
	return pugFault(http.StatusNotImplemented, "Unimplemented", message)
}

func (h *Handler) pubChem(w http.ResponseWriter, r *http.Request, rest string) *refusal {
	who := client(r)
	if retryAfter := h.pubchem.arrive(who); retryAfter > 0 {
		w.Header().Set("Retry-After", deltaSeconds(retryAfter, time.Time{}))
		w.Header().Set("X-Throttling-Control", h.pubchem.header(who, retryAfter == blockFor))
		return pugFault(http.StatusServiceUnavailable, "ServerBusy", "Too many requests or server too busy")
	}
	q, no := readPug(w, r, rest) // before the wait, which reads what is left of the body
	start := time.Now()
	there := wait(r, h.opt.PubChemDelay.or(100*time.Millisecond, 300*time.Millisecond).draw(h.opt.Seed, r.RequestURI))
	h.pubchem.leave(who, time.Since(start))
	if !there {
		return nil
	}
	var found []*compound
	var waiting string
	if no == nil {
		found, waiting, no = h.find(q)
	}
	w.Header().Set("X-Throttling-Control", h.pubchem.header(who, false))
	switch {
	case no != nil:
	case waiting != "":
		answer(w, http.StatusAccepted, jsonType, `{"Waiting":{"ListKey":"`+waiting+`"}}`)
	default:
		answer(w, http.StatusOK, pugOutputs[q.output], q.write(found))
	}
	return no
}

// pug is a question in PUG REST's grammar: compound/{namespace}/{identifiers}/{operation}/{output}.
type pug struct {
	namespace  string // of pugNamespaces
	ids        string // one of them, or CIDs with commas
	properties []string
	output     string        // of pugOutputs
	uri        string        // as it came: what a search is known by
	runs       time.Duration // how long a search takes; negative: as long as the server's options say
}

var (
	pugNamespaces = []string{"name", "cid", "formula", "fastformula", "listkey"}
	pugOutputs    = map[string]string{"JSON": jsonType, "CSV": "text/csv", "TXT": "text/plain"}
	otherOutputs  = []string{"XML", "SDF", "PNG", "ASNT", "ASNB", "JSONP"} // of the real one
)

// readPug reads a question. The identifiers may stand in the query or in a form instead of the path.
func readPug(w http.ResponseWriter, r *http.Request, path string) (*pug, *refusal) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost {
		return nil, pugFault(http.StatusMethodNotAllowed, "NotAllowed", "Request method not allowed")
	}
	parts := strings.Split(path, "/")
	switch {
	case parts[0] != "compound":
		return nil, unimplemented("Only the domain compound is here")
	case len(parts) < 4:
		return nil, pugInvalid("Invalid request", "write compound/name/ethanol/property/MolecularWeight/JSON")
	case !slices.Contains(pugNamespaces, parts[1]):
		return nil, unimplemented("Only the namespaces name, cid, formula, fastformula and listkey are here")
	}
	runs, ok := duration(r.URL.Query().Get("ready"), -1)
	if !ok {
		return nil, pugInvalid("Invalid wait", "ready= is how long the search runs, such as 2s")
	}
	q := &pug{namespace: parts[1], uri: r.RequestURI, runs: runs}
	parts = parts[2:]
	if parts[0] == "property" || parts[0] == "cids" {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		if err := r.ParseForm(); err != nil {
			return nil, pugInvalid("Invalid form", err.Error())
		}
		q.ids = r.Form.Get(q.namespace)
	} else {
		q.ids, parts = parts[0], parts[1:]
	}
	switch {
	case q.ids == "":
		return nil, pugInvalid("Missing identifiers", "they stand in the path, in ?"+q.namespace+"= or in a form")
	case parts[0] == "cids" && len(parts) == 2:
	case parts[0] == "property" && len(parts) == 3:
		q.properties = strings.Split(parts[1], ",")
	default:
		return nil, pugInvalid("Invalid operation", "property/{list}/{output} and cids/{output} are here; a name with a slash goes into ?name=")
	}
	q.output = parts[len(parts)-1]
	return q, q.check()
}

func (q *pug) check() *refusal {
	if slices.Contains(otherOutputs, q.output) {
		return unimplemented("Only the outputs JSON, CSV and TXT are here")
	}
	if pugOutputs[q.output] == "" {
		return pugInvalid("Invalid output format", q.output)
	}
	for _, p := range q.properties {
		if !slices.Contains(properties, p) {
			return pugInvalid("Invalid property", p)
		}
	}
	if q.output == "TXT" && len(q.properties) > 1 {
		return pugInvalid("TXT output takes one property only")
	}
	return nil
}

// find gives the compounds in the order asked for, or the key of a search that is still running. A CID that is not here is
// left out, unless none is.
func (h *Handler) find(q *pug) (found []*compound, waiting string, no *refusal) {
	missing := "No CID found that matches the given formula"
	switch q.namespace {
	case "name":
		missing = "No CID found that matches the given name"
		if c := compounds().byName[plainName(q.ids)]; c != nil {
			found = append(found, c)
		}
	case "cid":
		missing = "No compound found for the given CID(s)"
		for text := range strings.SplitSeq(q.ids, ",") {
			cid, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
			if err != nil || cid <= 0 {
				return nil, "", pugInvalid("Invalid CID", text)
			}
			if c := compounds().byCID[cid]; c != nil {
				found = append(found, c)
			}
		}
	case "listkey":
		search, ok := h.searches.look(q.ids)
		if !ok {
			missing = "No list found for the given ListKey, or it has expired"
		} else if time.Now().Before(search.ready) {
			return nil, q.ids, nil
		}
		found = search.found
	default:
		wanted, ok := sameFormula(q.ids)
		if !ok {
			return nil, "", pugInvalid("Invalid formula", "write it like C2H6O")
		}
		found = compounds().byFormula[wanted]
		if q.namespace == "formula" {
			return nil, h.search(q, found), nil
		}
	}
	if len(found) == 0 {
		no = pugFault(http.StatusNotFound, "NotFound", "No CID found", missing)
	}
	return found, "", no
}

// formulaSearch is a search by formula that was asked for.
type formulaSearch struct {
	ready time.Time
	found []*compound
}

// search begins to look for a formula, and gives the key to ask for what was found. Every question is a search of its own.
func (h *Handler) search(q *pug, found []*compound) (key string) {
	runs := q.runs
	if runs < 0 {
		runs = h.opt.PubChemSearch.or(time.Second, time.Second).draw(h.opt.Seed, q.uri)
	}
	key = listKey(h.opt.Seed, q.uri, h.visits.add(q.uri))
	h.searches.change(key, func(s *formulaSearch) { *s = formulaSearch{time.Now().Add(runs), found} })
	return key
}

// listKey is a whole number of 19 digits, as PubChem's are: a client that takes it for a floating-point number asks for
// another one.
func listKey(seed uint64, uri string, visit int64) string {
	return strconv.FormatUint(random(seed, "listkey "+uri, visit).Uint64()>>2|1<<62|1, 10)
}

// write gives the compounds in the form asked for, their properties in the order asked for. A weight is a string, as
// PubChem's is.
func (q *pug) write(found []*compound) string {
	lines := make([]string, len(found))
	for i, c := range found {
		line := strconv.FormatInt(c.cid, 10)
		for _, p := range q.properties {
			value := c.property(p)
			switch q.output {
			case "TXT":
				line = value
			case "CSV":
				line += `,"` + strings.ReplaceAll(value, `"`, `""`) + `"`
			case "JSON":
				line += `,"` + p + `":` + quoteJSON(value)
			}
		}
		lines[i] = line
	}
	switch {
	case q.output == "CSV":
		head := `"` + strings.Join(append([]string{"CID"}, q.properties...), `","`) + `"`
		lines = slices.Insert(lines, 0, head)
	case q.output == "JSON" && q.properties == nil:
		return `{"IdentifierList":{"CID":[` + strings.Join(lines, ",") + "]}}\n"
	case q.output == "JSON":
		return `{"PropertyTable":{"Properties":[{"CID":` + strings.Join(lines, `},{"CID":`) + "}]}}\n"
	}
	return strings.Join(lines, "\n") + "\n"
}

// PubChem's limits, and what its colours count (https://pubchem.ncbi.nlm.nih.gov/docs/dynamic-request-throttling).
const (
	perSecond    = 5                 // more requests in a second are refused
	maxRefused   = 20                // more refusals in a minute block the client …
	blockFor     = 30 * time.Second  // … for so long
	perMinute    = 400               // requests in a minute that are 100 % of the request count: more are refused
	timePerMin   = 300 * time.Second // running time in a minute that is 100 % of the request time: beyond it all are refused
	fullService  = 50                // requests in flight, of all clients, that are 100 % of the service
	countBuckets = int(time.Minute / time.Second)
)

// pubchem is the limiter, which knows each client. The zero value is ready and is safe for concurrent use.
type pubchem struct {
	free     bool // refuses nobody
	inFlight int
	bounded[caller]
}

// caller is what is known of one client. The zero value has never been here.
type caller struct {
	arrivals     slidingLog // of a second; those beyond the limit count, too
	refusals     slidingLog // of a minute
	blockedUntil time.Time
	seconds      [countBuckets]use // the last minute, a ring
}

// use is what a client did in one second.
type use struct {
	second   int64 // Unix time: a bucket of another minute is empty
	requests int
	running  time.Duration
}

// arrive judges a request: 0 if it is admitted, and then must leave; else how long the client must wait, which is blockFor
// if it is blocked.
func (p *pubchem) arrive(who string) (retryAfter time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	c := p.get(who)
	c.bucket(now).requests++
	requests, running := c.lastMinute(now)
	tooMany := c.arrivals.over(now, perSecond, time.Second) || requests > perMinute || running > timePerMin
	switch {
	case now.Before(c.blockedUntil):
		return blockFor
	case !tooMany || p.free:
		p.inFlight++
		return 0
	case c.refusals.over(now, maxRefused, time.Minute):
		c.blockedUntil = now.Add(blockFor)
		c.refusals = slidingLog{} // after the block the count begins anew
		return blockFor
	}
	return time.Second
}

// leave notes that an admitted request ran for so long.
func (p *pubchem) leave(who string, running time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inFlight--
	p.get(who).bucket(time.Now()).running += running
}

// header is the value of X-Throttling-Control for a client.
func (p *pubchem) header(who string, blocked bool) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	requests, running := p.get(who).lastMinute(time.Now())
	text := "Request Count status: " + colour(requests*100/perMinute) +
		", Request Time status: " + colour(int(running*100/timePerMin)) +
		", Service status: " + colour(p.inFlight*100/fullService)
	if blocked {
		text += ", too many requests per second or blacklisted"
	}
	return text
}

// over reports whether there was no room for one more in the window. It takes it even so.
func (g *slidingLog) over(now time.Time, limit int, window time.Duration) bool {
	g.limit, g.window = limit, window
	full := g.meter(now, 1).remaining == 0
	g.take(now)
	return full
}

func (c *caller) bucket(now time.Time) *use {
	second := now.Unix()
	u := &c.seconds[second%int64(countBuckets)]
	if u.second != second {
		*u = use{second: second}
	}
	return u
}

// lastMinute gives what the client did in this second and the 59 before it.
func (c *caller) lastMinute(now time.Time) (requests int, running time.Duration) {
	second := now.Unix()
	for _, u := range c.seconds {
		if second-u.second < int64(countBuckets) {
			requests += u.requests
			running += u.running
		}
	}
	return requests, running
}

func colour(percent int) string {
	name := "Green"
	switch {
	case percent > 100:
		name = "Black"
	case percent > 75:
		name = "Red"
	case percent >= 50:
		name = "Yellow"
	}
	return fmt.Sprintf("%s (%d%%)", name, percent)
}
