package testserver

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every weight again, from a table of its own and by another way of reading formulas.
func TestWeightsComeFromFormulas(t *testing.T) {
	weights := map[string]float64{"H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "Na": 22.990, "Mg": 24.305,
		"Si": 28.085, "P": 30.974, "S": 32.06, "Cl": 35.45, "K": 39.098, "Ca": 40.078, "Cu": 63.546, "Br": 79.904, "I": 126.90}
	uncertain := map[string]float64{"H": 0.0002, "C": 0.002, "Mg": 0.002, "S": 0.02, "Cl": 0.01, "Ca": 0.004, "Cu": 0.003, "Br": 0.003, "I": 0.01}
	part := regexp.MustCompile(`([A-Z][a-z]?)(\d*)`)
	for _, c := range compounds().byCID {
		off := 0.0
		sum, rest := 0.0, c.property("MolecularFormula")
		for _, m := range part.FindAllStringSubmatch(c.property("MolecularFormula"), -1) {
			n, err := strconv.Atoi(m[2])
			if err != nil {
				n = 1
			}
			sum += weights[m[1]] * float64(n)
			off += cmp.Or(uncertain[m[1]], 0.001) * float64(n)
			rest = strings.Replace(rest, m[0], "", 1)
		}
		got, err := strconv.ParseFloat(c.property("MolecularWeight"), 64)
		decimals := 1 // as many as the uncertainties leave
		switch {
		case off < 0.0042:
			decimals = 3
		case off < 0.042:
			decimals = 2
		}
		if want := strconv.FormatFloat(sum, 'f', decimals, 64); err != nil || rest != "" || c.property("MolecularWeight") != want || got <= 0 {
			t.Errorf("%s %s: %s, want %s", c.property("Title"), c.property("MolecularFormula"), c.property("MolecularWeight"), want)
		}
	}
}

// The weights that PubChem shows for some.
func TestKnownWeights(t *testing.T) {
	for name, want := range map[string]string{
		"water": "18.015", "ethanol": "46.07", "methanol": "32.042", "acetone": "58.08", "benzene": "78.11", "toluene": "92.14",
		"hexane": "86.18", "acetic acid": "60.05", "ammonia": "17.031", "glucose": "180.16", "caffeine": "194.19", "aspirin": "180.16",
		"cholesterol": "386.7", "carbon dioxide": "44.009", "sodium chloride": "58.44", "morphine": "285.34",
	} {
		if c := compounds().byName[name]; c == nil || c.property("MolecularWeight") != want {
			t.Errorf("%s: %+v, want %s", name, c, want)
		}
	}
}

// What holds for every closed-shell molecule: the number of atoms with an odd number of bonds is even, and there are not
// more hydrogens than the others can hold. A wrong digit in a formula rarely passes.
func TestFormulasAreMolecules(t *testing.T) {
	radicals := []string{"NO", "NO2"}
	part := regexp.MustCompile(`([A-Z][a-z]?)(\d*)`)
	valence := map[string]int{"H": 1, "F": 1, "Cl": 1, "Br": 1, "I": 1, "Na": 1, "K": 1, "O": 2, "S": 2, "Mg": 2, "Ca": 2, "Cu": 2,
		"N": 3, "P": 3, "C": 4, "Si": 4}
	hill := func(a, b string) int { // carbon, hydrogen, then the alphabet
		rank := func(s string) string { return map[string]string{"C": "0", "H": "1"}[s] }
		return strings.Compare(rank(a)+"~"+a, rank(b)+"~"+b)
	}
	for _, c := range compounds().byCID {
		odd, spare := 0, 2
		var symbols []string
		for _, m := range part.FindAllStringSubmatch(c.property("MolecularFormula"), -1) {
			n, _ := strconv.Atoi(m[2])
			n = max(n, 1)
			odd += n * (valence[m[1]] % 2)
			spare += n * (valence[m[1]] - 2)
			symbols = append(symbols, m[1])
		}
		if c.property("MolecularFormula") == "H4N2O3" || c.property("MolecularFormula") == "ClH4N" || strings.Contains(c.property("IUPACName"), "λ6") { // five and six bonds
			spare = 0
		}
		if (odd%2 == 1 || spare < 0) && !slices.Contains(radicals, c.property("MolecularFormula")) {
			t.Errorf("%s cannot be %s", c.property("Title"), c.property("MolecularFormula"))
		}
		if strings.HasPrefix(c.property("MolecularFormula"), "C") && symbols[0] == "C" && !slices.IsSortedFunc(symbols, hill) {
			t.Errorf("%s: %s is not in Hill's order", c.property("Title"), c.property("MolecularFormula"))
		}
	}
}

func TestCompoundTable(t *testing.T) {
	l := compounds()
	if len(l.byCID) < 300 {
		t.Errorf("only %d compounds", len(l.byCID))
	}
	for name, cid := range map[string]int64{
		"Ethanol": 702, " ACETIC ACID ": 176, "α-pinene": 6654, "alpha-pinene": 6654, "N,N-dimethylformamide": 6228,
		"2',7'-dichlorofluorescein": 64944, "2′,7′-dichlorofluorescein": 64944, "(+/-)-menthol": 1254, "2,2'-bipyridine": 1474,
	} {
		if c := l.byName[plainName(name)]; c == nil || c.cid != cid {
			t.Errorf("%q: %+v, want CID %d", name, c, cid)
		}
	}
	last := int64(0)
	names := map[string]int64{}
	for line := range strings.Lines(compoundsTSV) {
		if strings.HasPrefix(line, "# ") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		cid, err := strconv.ParseInt(f[0], 10, 64)
		if err != nil || cid <= last || len(f) < 5 || slices.Contains(f, "") {
			t.Errorf("%q does not begin with a CID higher than %d and four columns", line, last)
			continue
		}
		if _, ok := sameFormula(f[1]); !ok {
			t.Errorf("%q has no formula", line)
		}
		for _, name := range f[3:] {
			if other, ok := names[plainName(name)]; ok && other != cid {
				t.Errorf("%q is CID %d and CID %d", name, other, cid)
			}
			names[plainName(name)] = cid
		}
		last = cid
	}
	for _, bad := range []string{"", "Xy2", "h", "2H", "H2O-", "C1000001", "C99999999999999999999"} {
		if same, ok := sameFormula(bad); ok {
			t.Errorf("%q is accepted as %s", bad, same)
		}
	}
}
