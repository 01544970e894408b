package testserver

import (
	"image"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/testserver/internal/molecule"
)

// pugFault is the reason for a refusal by PubChem.
type pugFault struct {
	Code    string   `json:"Code"`
	Message string   `json:"Message"`
	Details []string `json:"Details,omitempty"`
}

func newFault(status int, code, message string, details ...string) *refusal {
	return &refusal{status, map[string]pugFault{"Fault": {"PUGREST." + code, message, details}}}
}

func pugInvalid(message string, details ...string) *refusal {
	return newFault(http.StatusBadRequest, "BadRequest", message, details...)
}

func unimplemented(message string) *refusal {
	return newFault(http.StatusNotImplemented, "Unimplemented", message)
}

func (h *Handler) pubChem(w http.ResponseWriter, r *http.Request, rest string) *refusal {
	who := client(r)
	q := &pug{output: rest[strings.LastIndexByte(rest, '/')+1:], uri: r.RequestURI}
	if retryAfter := h.pubchem.arrive(who); retryAfter > 0 {
		w.Header().Set("Retry-After", deltaSeconds(retryAfter, time.Time{}))
		w.Header().Set("X-Throttling-Control", h.pubchem.header(who, retryAfter == blockFor))
		return q.fault(w, newFault(http.StatusServiceUnavailable, "ServerBusy", "Too many requests or server too busy"))
	}
	no := q.read(w, r, rest) // before the wait, which reads the rest of the body
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
		return q.fault(w, no)
	case waiting != "":
		return answer(w, http.StatusAccepted, jsonType, `{"Waiting":{"ListKey":"`+waiting+`"}}`)
	}
	return answer(w, http.StatusOK, pugOutputs[q.output], q.write(found))
}

// pug is a query in PUG REST's grammar: compound/{namespace}/{identifiers}/{operation}/{output}.
type pug struct {
	namespace  string // of pugNamespaces
	ids        string // one identifier, or CIDs separated by commas
	operation  string // of pugOperations
	properties []string
	output     string        // of pugOutputs
	size       image.Point   // of a picture
	uri        string        // as received: it identifies a search
	runs       time.Duration // how long a search takes; negative: as long as the server's options say
}

// pugNamespaces map namespaces to the identifier in the message of a 404.
var pugNamespaces = map[string]string{"name": "name", "cid": "", "formula": "formula", "fastformula": "formula", "listkey": "formula",
	"smiles": "SMILES", "inchikey": "InChI key", "inchi": "InChI"}

// pugOperations map operations to their output formats.
var pugOperations = map[string][]string{
	"cids": {"JSON", "XML", "CSV", "TXT"}, "property": {"JSON", "XML", "CSV", "TXT"}, "synonyms": {"JSON", "XML", "TXT"},
	"description": {"JSON", "XML"}, "record": {"SDF", "PNG"},
}

var (
	pugOutputs = map[string]string{"JSON": jsonType, "XML": "application/xml", "CSV": "text/csv", "TXT": "text/plain",
		"SDF": "chemical/x-mdl-sdfile", "PNG": "image/png"}
	otherOutputs    = []string{"ASNT", "ASNB", "JSONP"} // of the real server
	otherOperations = []string{"sids", "aids", "assaysummary", "classification", "xrefs", "conformers", "dates"}
	otherProperties = []string{"XLogP", "TPSA", "Complexity", "Charge", "HBondDonorCount", "HBondAcceptorCount", "RotatableBondCount",
		"HeavyAtomCount", "IsotopeAtomCount", "AtomStereoCount", "CovalentUnitCount", "Volume3D", "Fingerprint2D"}
)

// read parses a query. The identifiers may be in the query string or in a form instead of the path.
func (q *pug) read(w http.ResponseWriter, r *http.Request, path string) *refusal {
	parts, query := strings.Split(path, "/"), r.URL.Query()
	if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost {
		return newFault(http.StatusMethodNotAllowed, "NotAllowed", "Request method not allowed")
	}
	switch {
	case parts[0] != "compound":
		return unimplemented("Only the domain compound is here")
	case len(parts) < 3:
		return pugInvalid("Invalid request", "write compound/name/ethanol/property/MolecularWeight/JSON")
	}
	q.namespace, parts = parts[1], parts[2:]
	if _, ok := pugNamespaces[q.namespace]; !ok {
		return unimplemented("Only the namespaces name, cid, smiles, inchi, inchikey, formula, fastformula and listkey are here")
	}
	var ok bool
	if q.runs, ok = duration(query.Get("ready"), -1); !ok {
		return pugInvalid("Invalid wait", "ready= is how long the search runs, such as 2s")
	}
	if q.size, ok = pictureSize(query.Get("image_size")); !ok {
		return pugInvalid("Invalid image size", "image_size= is small, large, or width and height such as 320x240")
	}
	if pugOperations[parts[0]] != nil || slices.Contains(otherOperations, parts[0]) || len(parts) == 1 {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		if err := r.ParseForm(); err != nil {
			return pugInvalid("Invalid form", err.Error())
		}
		q.ids = r.Form.Get(q.namespace)
	} else {
		q.ids, parts = parts[0], parts[1:]
	}
	if query.Get("record_type") == "3d" {
		return newFault(http.StatusNotFound, "NotFound", "No records found for the given CID(s)", "compounds are flat here")
	}
	if q.ids == "" {
		return pugInvalid("Missing identifiers", "they are in the path, in ?"+q.namespace+"= or in a form")
	}
	q.operation = "record"
	if len(parts) > 1 {
		q.operation, parts = parts[0], parts[1:]
	}
	if q.operation == "property" && len(parts) == 2 {
		q.properties, parts = strings.Split(parts[0], ","), parts[1:]
	}
	if len(parts) != 1 || q.operation == "property" && q.properties == nil {
		return pugInvalid("Invalid operation", "property/{list}/{output} and cids/{output} are here; a name with a slash goes into ?name=")
	}
	return q.check()
}

func (q *pug) check() *refusal {
	outputs := pugOperations[q.operation]
	switch {
	case slices.Contains(otherOperations, q.operation):
		return unimplemented("Only property, cids, synonyms, description and record are here")
	case outputs == nil:
		return pugInvalid("Invalid operation", q.operation)
	case slices.Contains(otherOutputs, q.output):
		return unimplemented("Only the outputs JSON, XML, CSV, TXT, SDF and PNG are here")
	case pugOutputs[q.output] == "":
		return pugInvalid("Invalid output format", q.output)
	case !slices.Contains(outputs, q.output):
		return unimplemented("Of " + q.operation + " only " + strings.Join(outputs, ", ") + " are here")
	case q.output == "TXT" && len(q.properties) > 1:
		return pugInvalid("TXT output takes one property only")
	}
	for _, p := range q.properties {
		switch {
		case slices.Contains(otherProperties, p):
			return unimplemented("The property " + p + " is not here")
		case !slices.Contains(properties, p) && molecule.Property(p) == "":
			return pugInvalid("Invalid property", p)
		}
	}
	return nil
}

// pictureSize parses image_size, which is small, large, or width and height such as 320x240.
func pictureSize(text string) (size image.Point, ok bool) {
	switch text {
	case "small":
		text = "100x100"
	case "", "large":
		text = "300x300"
	}
	w, h, _ := strings.Cut(text, "x")
	width, isWidth := number(w, 0, 1, 1000)
	height, isHeight := number(h, 0, 1, 1000)
	return image.Pt(int(width), int(height)), isWidth && isHeight
}

// find returns the compounds in the requested order, or the key of a search that is still running. Unknown CIDs
// are left out, unless all are unknown.
func (h *Handler) find(q *pug) (found []*compound, waiting string, no *refusal) {
	missing := "No CID found that matches the given " + pugNamespaces[q.namespace]
	switch q.namespace {
	case "smiles", "inchi", "inchikey":
		if c := compounds().byCID[molecule.CID(q.ids)]; c != nil {
			found = append(found, c)
		} else if q.namespace == "smiles" && q.operation == "cids" {
			found = append(found, &compound{}) // CID 0, like the real server for an unknown structure
		}
	case "name":
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
		no = newFault(http.StatusNotFound, "NotFound", "No CID found", missing)
	}
	return found, "", no
}

// formulaSearch is a search by formula in progress.
type formulaSearch struct {
	ready time.Time
	found []*compound
}

// search starts a search by formula, and returns its key. Every query starts a new search.
func (h *Handler) search(q *pug, found []*compound) (key string) {
	runs := q.runs
	if runs < 0 {
		runs = h.opt.PubChemSearch.or(time.Second, time.Second).draw(h.opt.Seed, q.uri)
	}
	key = listKey(h.opt.Seed, q.uri, h.visits.add(q.uri))
	h.searches.change(key, func(s *formulaSearch) { *s = formulaSearch{time.Now().Add(runs), found} })
	return key
}

// listKey returns an integer of 19 digits, like PubChem's: a client that parses it as a floating-point number
// gets another one.
func listKey(seed uint64, uri string, visit int64) string {
	return strconv.FormatUint(random(seed, "listkey "+uri, visit).Uint64()>>2|1<<62|1, 10)
}
