package units_test

import (
	"testing"

	"example.com/fetch/internal/units"
)

func TestIsFormula(t *testing.T) {
	for cell, want := range map[string]bool{
		"": false, "x": false, "=1": true, "+1": false, "-1.5e+3": false, "-.5": false, "-": true, "+-1": true, "@a": true, "\tx": true,
		"\r": true, "-1-1": true, "1=1": false, "-1e": true, "+.": true,
	} {
		if got := units.IsFormula(cell); got != want {
			t.Errorf("%q: %t", cell, got)
		}
	}
}

func TestInert(t *testing.T) {
	if got, want := units.Inert("![x](y)|<b>&`*\\\x1b"), `!\[x\](y)\|&lt;b&gt;&amp;\`+"`"+`\*\\\\x1b`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
