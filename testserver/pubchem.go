package testserver

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

func (h *Handler) addPubChem() {
	h.addSite(site{"pubchem.test", "rest/pug/", "pubchem/rest/pug/", h.pubChem},
		"/pubchem/rest/pug/compound/name/{name}/property/MolecularWeight,MolecularFormula,IUPACName/JSON  and host pubchem.test;"+
			" /compound/cid/1,2,3/…, …/cids/JSON, ?name= for names with a slash, CSV, TXT; over 5 a second: 503;"+
			" /compound/formula/{formula}/cids/JSON?ready=1s answers 202 with a ListKey for /compound/listkey/{key}/…")
}

// fault is an error as PubChem tells it.
type fault struct {
	status  int
	Code    string   `json:"Code"`
	Message string   `json:"Message"`
	Details []string `json:"Details,omitempty"`
}

func badRequest(message string, details ...string) *fault {
	return &fault{http.StatusBadRequest, "PUGREST.BadRequest", message, details}
}

func unimplemented(message string) *fault {
	return &fault{http.StatusNotImplemented, "PUGREST.Unimplemented", message, nil}
}

func (h *Handler) pubChem(w http.ResponseWriter, r *http.Request, rest string) {
	who := client(r)
	v := h.pubchem.arrive(who)
	var q *pug
	var found []*compound
	var waiting string
	f := &fault{http.StatusServiceUnavailable, "PUGREST.ServerBusy", "Too many requests or server too busy", nil}
	if v == admitted {
		q, f = readPug(w, r, rest) // before the wait, which reads what is left of the body
		start := time.Now()
		there := wait(r, h.opt.PubChemDelay.or(100*time.Millisecond, 300*time.Millisecond).draw(h.opt.Seed, r.RequestURI))
		h.pubchem.leave(who, time.Since(start))
		if !there {
			return
		}
		if f == nil {
			found, waiting, f = h.find(q)
		}
	} else {
		w.Header().Set("Retry-After", map[verdict]string{busy: "1", blocked: strconv.Itoa(int(blockFor.Seconds()))}[v])
	}
	w.Header().Set("X-Throttling-Control", h.pubchem.header(who, v))
	switch {
	case f != nil:
		answerJSON(w, f.status, struct{ Fault *fault }{f})
	case waiting != "":
		answer(w, http.StatusAccepted, jsonType, `{"Waiting":{"ListKey":"`+waiting+`"}}`)
	default:
		answer(w, http.StatusOK, map[string]string{"JSON": jsonType, "CSV": "text/csv", "TXT": "text/plain"}[q.output], q.write(found))
	}
}

// pug is a question in PUG REST's grammar: compound/{namespace}/{identifiers}/{operation}/{output}.
type pug struct {
	namespace  string // "name", "cid", "formula", "fastformula" or "listkey"
	ids        string // one of them, or CIDs with commas
	properties []string
	output     string        // "JSON", "CSV" or "TXT"
	uri        string        // as it came: what a search is known by
	runs       time.Duration // how long a search takes; negative: as long as the server's options say
}

// readPug reads a question. The identifiers may stand in the query or in a form instead of the path.
func readPug(w http.ResponseWriter, r *http.Request, path string) (*pug, *fault) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost {
		return nil, &fault{http.StatusMethodNotAllowed, "PUGREST.NotAllowed", "Request method not allowed", nil}
	}
	parts := strings.Split(path, "/")
	if parts[0] != "compound" {
		return nil, unimplemented("Only the domain compound is here")
	}
	if len(parts) < 4 {
		return nil, badRequest("Invalid request", "write compound/name/ethanol/property/MolecularWeight/JSON")
	}
	q := &pug{namespace: parts[1], uri: r.RequestURI}
	switch q.namespace {
	case "name", "cid", "formula", "fastformula", "listkey":
	default:
		return nil, unimplemented("Only the namespaces name, cid, formula, fastformula and listkey are here")
	}
	var ok bool
	if q.runs, ok = duration(r.URL.Query().Get("ready"), -1); !ok {
		return nil, badRequest("Invalid wait", "ready= is how long the search runs, such as 2s")
	}
	parts = parts[2:]
	if parts[0] == "property" || parts[0] == "cids" {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		if err := r.ParseForm(); err != nil {
			return nil, badRequest("Invalid form", err.Error())
		}
		q.ids = r.Form.Get(q.namespace)
	} else {
		q.ids, parts = parts[0], parts[1:]
	}
	if q.ids == "" {
		return nil, badRequest("Missing identifiers", "they stand in the path, in ?"+q.namespace+"= or in a form")
	}
	switch {
	case parts[0] == "cids" && len(parts) == 2:
	case parts[0] == "property" && len(parts) == 3:
		q.properties = strings.Split(parts[1], ",")
	default:
		return nil, badRequest("Invalid operation", "property/{list}/{output} and cids/{output} are here; a name with a slash goes into ?name=")
	}
	return q, q.check(parts[len(parts)-1])
}

func (q *pug) check(output string) *fault {
	switch q.output = output; output {
	case "JSON", "CSV", "TXT":
	case "XML", "SDF", "PNG", "ASNT", "ASNB", "JSONP":
		return unimplemented("Only the outputs JSON, CSV and TXT are here")
	default:
		return badRequest("Invalid output format", output)
	}
	for _, p := range q.properties {
		if _, ok := new(compound).property(p); !ok {
			return badRequest("Invalid property", p)
		}
	}
	if output == "TXT" && len(q.properties) > 1 {
		return badRequest("TXT output takes one property only")
	}
	return nil
}

// find gives the compounds in the order asked for, or the key of a search that is still running. A CID that is not here is
// left out, unless none is.
func (h *Handler) find(q *pug) (found []*compound, waiting string, f *fault) {
	switch q.namespace {
	case "name":
		if c := compounds().byName[plainName(q.ids)]; c != nil {
			found = append(found, c)
		}
		return found, "", notFound(found, "No CID found that matches the given name")
	case "cid":
		return findCIDs(q.ids)
	case "listkey":
		return h.poll(q)
	}
	return h.search(q)
}

func findCIDs(list string) (found []*compound, waiting string, f *fault) {
	for text := range strings.SplitSeq(list, ",") {
		cid, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil || cid <= 0 {
			return nil, "", badRequest("Invalid CID", text)
		}
		if c := compounds().byCID[cid]; c != nil {
			found = append(found, c)
		}
	}
	return found, "", notFound(found, "No compound found for the given CID(s)")
}

// notFound is the fault of finding nothing, and nil if something was found.
func notFound(found []*compound, details string) *fault {
	if len(found) > 0 {
		return nil
	}
	return &fault{http.StatusNotFound, "PUGREST.NotFound", "No CID found", []string{details}}
}
