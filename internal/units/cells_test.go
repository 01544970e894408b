package units_test

import (
	"testing"

	"example.com/fetch/internal/units"
)

func TestInert(t *testing.T) {
	if got, want := units.Inert("![x](y)|<b>&`*\\\x1b"), `!\[x\](y)\|&lt;b&gt;&amp;\`+"`"+`\*\\\\x1b`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
