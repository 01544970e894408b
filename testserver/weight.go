package testserver

import (
	"fmt"
	"strconv"
)

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

// atomsOf takes a formula apart, in its order.
func atomsOf(formula string) (all []atoms, err error) {
	for rest := formula; rest != ""; {
		n := 1
		for n < len(rest) && rest[n] >= 'a' && rest[n] <= 'z' {
			n++
		}
		a := atoms{rest[:n], 1}
		if _, known := elements[a.symbol]; !known {
			return nil, fmt.Errorf("formula %q: no weight for %q", formula, a.symbol)
		}
		rest = rest[n:]
		for n = 0; n < len(rest) && rest[n]-'0' <= 9; n++ {
		}
		if n > 0 {
			if a.n, err = strconv.Atoi(rest[:n]); err != nil || a.n > 1_000_000 {
				return nil, fmt.Errorf("formula %q: too many atoms", formula)
			}
		}
		all = append(all, a)
		rest = rest[n:]
	}
	return all, nil
}
