package testserver

import (
	"cmp"
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// compoundsTSV holds CIDs, formulas and names: facts of general chemistry, which nobody owns. They were written down
// for this server from common knowledge, under the CIDs that PubChem (public domain) gives these compounds; a compound
// whose number or formula was not certain was left out. Some names are German, for their umlauts. Weights are sums of
// the abridged standard atomic weights (IUPAC Commission on Isotopic Abundances and Atomic Weights, 2021: Pure and
// Applied Chemistry 94, 573, 2022), with as many decimals as the uncertainties of their atoms leave; a test makes them
// again. PubChem's own can differ in the last digit where it uses other weights.
//
//go:embed compounds.tsv
var compoundsTSV string

// properties are PubChem's names for the columns of the table after the CID.
var properties = []string{"MolecularFormula", "MolecularWeight", "IUPACName", "Title"}

// compound is one line of the table.
type compound struct {
	cid    int64
	values []string // values of properties, and further names
}

// property returns one of properties.
func (c *compound) property(name string) string { return c.values[slices.Index(properties, name)] }

// library finds compounds.
type library struct {
	byCID     map[int64]*compound
	byName    map[string]*compound   // by plainName
	byFormula map[string][]*compound // by sameFormula, the lowest CID first
}

// compounds reads the table once. It is part of the program, and a test checks each line.
var compounds = sync.OnceValue(func() *library {
	l := &library{make(map[int64]*compound), make(map[string]*compound), make(map[string][]*compound)}
	for line := range strings.Lines(compoundsTSV) {
		if line[0] == '#' {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		cid, _ := strconv.ParseInt(f[0], 10, 64)
		c := &compound{cid, f[1:]}
		l.byCID[cid] = c
		formula, _ := sameFormula(f[1])
		l.byFormula[formula] = append(l.byFormula[formula], c)
		for _, name := range f[3:] {
			l.byName[plainName(name)] = c
		}
	}
	return l
})

// plainName normalizes a name for searching: in lower case, Greek letters written out, primes as apostrophes.
func plainName(name string) string { return greek.Replace(strings.ToLower(strings.TrimSpace(name))) }

var greek = strings.NewReplacer("α", "alpha", "β", "beta", "γ", "gamma", "δ", "delta", "ε", "epsilon", "λ", "lambda",
	"ω", "omega", "′", "'", "’", "'")

// atoms matches the atoms of one element at the beginning of a formula. Only elements of the table are known.
var atoms = regexp.MustCompile(`^(Br|Ca|Cl|Cu|Mg|Na|Si|C|F|H|I|K|N|O|P|S)([0-9]*)`)

// sameFormula normalizes a formula so that two with the same atoms are equal, in whatever order, and reports
// whether it is valid.
func sameFormula(formula string) (string, bool) {
	count := map[string]int{}
	for rest := formula; rest != ""; {
		found := atoms.FindStringSubmatch(rest)
		if found == nil {
			return "", false
		}
		n, err := strconv.Atoi(cmp.Or(found[2], "1"))
		if err != nil || n > 1_000_000 {
			return "", false
		}
		count[found[1]] += n
		rest = rest[len(found[0]):]
	}
	return fmt.Sprint(count), len(count) > 0
}
