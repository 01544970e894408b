package testserver

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
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
	byCID     map[int64]*compound
	byName    map[string]*compound   // by plainName
	byFormula map[string][]*compound // by sameFormula, the lowest CID first
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
	l := &library{make(map[int64]*compound), make(map[string]*compound), make(map[string][]*compound)}
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
		weight, badFormula := weigh(f[1])
		if err := errors.Join(err, badFormula); err != nil {
			return nil, fmt.Errorf("compounds.tsv: CID %s: %w", f[0], err)
		}
		c := &compound{cid: cid, formula: f[1], weight: weight, iupac: f[2], title: f[3]}
		if l.byCID[cid] != nil {
			return nil, fmt.Errorf("compounds.tsv: CID %d is there twice", cid)
		}
		l.byCID[cid] = c
		same, _ := sameFormula(c.formula) // weigh has understood it
		l.byFormula[same] = append(l.byFormula[same], c)
		for _, name := range f[2:] {
			plain := plainName(name)
			if other := l.byName[plain]; other != nil && other != c {
				return nil, fmt.Errorf("compounds.tsv: %q is CID %d and CID %d", name, other.cid, cid)
			}
			l.byName[plain] = c
		}
	}
	for _, same := range l.byFormula {
		slices.SortFunc(same, func(a, b *compound) int { return cmp.Compare(a.cid, b.cid) })
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

// element is a standard atomic weight and its uncertainty.
type element struct{ weight, uncertainty float64 }

// elements are the abridged standard atomic weights of those in compounds.tsv: IUPAC Commission on Isotopic Abundances and
// Atomic Weights, 2021 (Pure and Applied Chemistry 94, 573, 2022).
var elements = map[string]element{
	"H":  {1.0080, 0.0002},
	"C":  {12.011, 0.002},
	"N":  {14.007, 0.001},
	"O":  {15.999, 0.001},
	"F":  {18.998, 0.001},
	"Na": {22.990, 0.001},
	"Mg": {24.305, 0.002},
	"Si": {28.085, 0.001},
	"P":  {30.974, 0.001},
	"S":  {32.06, 0.02},
	"Cl": {35.45, 0.01},
	"K":  {39.098, 0.001},
	"Ca": {40.078, 0.004},
	"Cu": {63.546, 0.003},
	"Br": {79.904, 0.003},
	"I":  {126.90, 0.01},
}

// weigh gives the molecular weight of a formula such as C2H6O, as text, with as many decimals (one to three) as the
// uncertainties of its atoms leave: 18.015 for water, 46.07 for ethanol, 386.7 for cholesterol. PubChem's own can differ
// in the last digit where it uses other weights.
func weigh(formula string) (string, error) {
	all, err := atomsOf(formula)
	if err != nil {
		return "", err
	}
	var sum, uncertainty float64
	for _, a := range all {
		sum += float64(a.n) * elements[a.symbol].weight
		uncertainty += float64(a.n) * elements[a.symbol].uncertainty
	}
	decimals := 1
	switch {
	case uncertainty < 0.0042:
		decimals = 3
	case uncertainty < 0.042:
		decimals = 2
	}
	return strconv.FormatFloat(sum, 'f', decimals, 64), nil
}

// atoms are so many of one element.
type atoms struct {
	symbol string
	n      int
}

var atom = regexp.MustCompile(`^([A-Z][a-z]*)([0-9]*)`)

// atomsOf takes a formula apart, in its order.
func atomsOf(formula string) (all []atoms, err error) {
	for rest := formula; rest != ""; {
		found := atom.FindStringSubmatch(rest)
		if found == nil || elements[found[1]] == (element{}) {
			return nil, fmt.Errorf("formula %q: no weight for what begins %q", formula, rest)
		}
		n, err := strconv.Atoi(cmp.Or(found[2], "1"))
		if err != nil || n > 1_000_000 {
			return nil, fmt.Errorf("formula %q: too many atoms", formula)
		}
		all = append(all, atoms{found[1], n})
		rest = rest[len(found[0]):]
	}
	return all, nil
}

// sameFormula writes a formula so that two of the same atoms are equal, whatever their order.
func sameFormula(formula string) (string, error) {
	all, err := atomsOf(formula)
	count := map[string]int{}
	for _, a := range all {
		count[a.symbol] += a.n
	}
	return fmt.Sprint(count), err
}
