package testserver

import (
	"fmt"
	"strconv"
)

// element is a standard atomic weight and its uncertainty.
type element struct{ weight, uncertainty float64 }

// elementOf gives the abridged standard atomic weights: IUPAC Commission on Isotopic Abundances and Atomic Weights, 2021
// (Pure and Applied Chemistry 94, 573, 2022), for the elements in compounds.tsv.
func elementOf(symbol string) (element, bool) {
	switch symbol {
	case "H":
		return element{1.0080, 0.0002}, true
	case "C":
		return element{12.011, 0.002}, true
	case "N":
		return element{14.007, 0.001}, true
	case "O":
		return element{15.999, 0.001}, true
	case "F":
		return element{18.998, 0.001}, true
	case "Na":
		return element{22.990, 0.001}, true
	case "Mg":
		return element{24.305, 0.002}, true
	case "Si":
		return element{28.085, 0.001}, true
	case "P":
		return element{30.974, 0.001}, true
	case "S":
		return element{32.06, 0.02}, true
	case "Cl":
		return element{35.45, 0.01}, true
	case "K":
		return element{39.098, 0.001}, true
	case "Ca":
		return element{40.078, 0.004}, true
	case "Cu":
		return element{63.546, 0.003}, true
	case "Br":
		return element{79.904, 0.003}, true
	case "I":
		return element{126.90, 0.01}, true
	}
	return element{}, false
}

// weigh gives the molecular weight of a formula such as C2H6O, as text, with as many decimals (one to three) as the
// uncertainties of its atoms leave: 18.015 for water, 46.07 for ethanol, 386.7 for cholesterol. PubChem's own can differ
// in the last digit where it uses other weights.
func weigh(formula string) (string, error) {
	var sum, uncertainty float64
	for rest := formula; rest != ""; {
		n := 1
		for n < len(rest) && rest[n] >= 'a' && rest[n] <= 'z' {
			n++
		}
		e, ok := elementOf(rest[:n])
		if !ok {
			return "", fmt.Errorf("formula %q: no weight for %q", formula, rest[:n])
		}
		rest = rest[n:]
		for n = 0; n < len(rest) && rest[n]-'0' <= 9; n++ {
		}
		atoms := 1.0
		if n > 0 {
			atoms, _ = strconv.ParseFloat(rest[:n], 64) // digits alone never fail
		}
		sum += atoms * e.weight
		uncertainty += atoms * e.uncertainty
		rest = rest[n:]
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
