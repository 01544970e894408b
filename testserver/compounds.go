package testserver

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// compoundsTSV holds CIDs, formulas and names: facts of general chemistry, which nobody owns. They were written down
// for this server from common knowledge, under the CIDs that PubChem (public domain) gives these compounds; a compound
// whose number or formula was not certain was left out. Some names are German, for their umlauts. Weights are not stored:
// they are computed from the formulas.
//
//go:embed compounds.tsv
var compoundsTSV string

// compound is one line of it.
type compound struct {
	cid                           int64
	formula, weight, iupac, title string
}

// library finds compounds.
type library struct {
	byCID  map[int64]*compound
	byName map[string]*compound // by plainName
}

// compounds reads the table once.
var compounds = sync.OnceValue(func() *library {
	l, err := readCompounds(compoundsTSV)
	if err != nil {
		panic(err) // the table is a part of the program, and a test reads it
	}
	return l
})

func readCompounds(table string) (*library, error) {
	l := &library{byCID: make(map[int64]*compound), byName: make(map[string]*compound)}
	for line := range strings.Lines(table) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) < 4 {
			return nil, fmt.Errorf("compounds.tsv: %q has fewer than 4 columns", line)
		}
		cid, err := strconv.ParseInt(f[0], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("compounds.tsv: %w", err)
		}
		weight, err := weigh(f[1])
		if err != nil {
			return nil, fmt.Errorf("compounds.tsv: CID %d: %w", cid, err)
		}
		c := &compound{cid: cid, formula: f[1], weight: weight, iupac: f[2], title: f[3]}
		if l.byCID[cid] != nil {
			return nil, fmt.Errorf("compounds.tsv: CID %d is there twice", cid)
		}
		l.byCID[cid] = c
		for _, name := range f[2:] {
			plain := plainName(name)
			if other := l.byName[plain]; other != nil && other != c {
				return nil, fmt.Errorf("compounds.tsv: %q is CID %d and CID %d", name, other.cid, cid)
			}
			l.byName[plain] = c
		}
	}
	return l, nil
}

// plainName is a name as it is looked up: in lower case, Greek letters written out, primes as apostrophes.
func plainName(name string) string { return greek.Replace(strings.ToLower(strings.TrimSpace(name))) }

var greek = strings.NewReplacer("α", "alpha", "β", "beta", "γ", "gamma", "δ", "delta", "ε", "epsilon", "λ", "lambda",
	"ω", "omega", "′", "'", "’", "'")

// property gives a property by PubChem's name for it, and whether there is one of that name.
func (c *compound) property(name string) (string, bool) {
	switch name {
	case "MolecularFormula":
		return c.formula, true
	case "MolecularWeight":
		return c.weight, true
	case "IUPACName":
		return c.iupac, true
	case "Title":
		return c.title, true
	}
	return "", false
}
