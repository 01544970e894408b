package testserver

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// defaultSearch is how long a search by formula runs.
const defaultSearch = time.Second

// formulaSearch is a search by formula that was asked for.
type formulaSearch struct {
	ready time.Time
	found []*compound
}

// search looks for a formula: at once in the namespace fastformula, and behind a ListKey in formula. Every question is a
// search of its own.
func (h *Handler) search(q *pug) (found []*compound, waiting string, f *fault) {
	wanted, ok := sameFormula(q.ids)
	if !ok {
		return nil, "", badRequest("Invalid formula", "write it like C2H6O")
	}
	for _, c := range compounds().byCID {
		if formula, _ := sameFormula(c.formula); formula == wanted {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b *compound) int { return cmp.Compare(a.cid, b.cid) })
	if q.namespace == "fastformula" {
		return found, "", notFound(found, "No CID found that matches the given formula")
	}
	runs := q.runs
	if runs < 0 {
		runs = h.opt.PubChemSearch.or(defaultSearch, defaultSearch).draw(h.opt.Seed, q.uri)
	}
	key := listKey(h.opt.Seed, q.uri, h.visits.add(q.uri))
	h.searches.change(key, func(s *formulaSearch) { *s = formulaSearch{time.Now().Add(runs), found} })
	return nil, key, nil
}

// listKey is a whole number of 19 digits, as PubChem's are: a client that takes it for a floating-point number asks for
// another one.
func listKey(seed uint64, uri string, visit int64) string {
	return strconv.FormatUint(random(seed, "listkey "+uri, visit).Uint64()>>2|1<<62|1, 10)
}

// poll asks how a search is doing.
func (h *Handler) poll(q *pug) (found []*compound, waiting string, f *fault) {
	search, ok := h.searches.look(q.ids)
	switch {
	case !ok:
		return nil, "", notFound(nil, "No list found for the given ListKey, or it has expired")
	case time.Now().Before(search.ready):
		return nil, q.ids, nil
	}
	return search.found, "", notFound(search.found, "No CID found that matches the given formula")
}

// sameFormula writes a formula so that two of the same atoms are equal, whatever their order, and reports whether it is one.
func sameFormula(formula string) (string, bool) {
	all, err := atomsOf(formula)
	if err != nil {
		return "", false
	}
	count := map[string]int{}
	for _, a := range all {
		count[a.symbol] += a.n
	}
	var parts []string
	for symbol, atoms := range count {
		parts = append(parts, symbol+strconv.Itoa(atoms))
	}
	slices.Sort(parts)
	return strings.Join(parts, " "), len(parts) > 0
}
