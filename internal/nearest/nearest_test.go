package nearest_test

import (
	"strings"
	"testing"

	"example.com/fetch/internal/nearest"
)

func TestTo(t *testing.T) {
	words := []string{"timeout", "connect", "name", "service_ms", "csv", "Key"}
	for word, want := range map[string]string{
		"timeout": "timeout", "timeuot": "timeout", "TIMEOUT": "timeout", "tmieout": "timeout", "conect": "connect",
		"nmae": "name", "ser": "service_ms", "jsv": "csv", "key": "Key", "xyz": "", "": "",
		strings.Repeat("timeout", 20): "",
	} {
		if got := nearest.To(word, words); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	if got := nearest.To("a", nil); got != "" {
		t.Errorf("%q from nothing", got)
	}
}
