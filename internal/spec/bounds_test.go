package spec

import (
	"testing"
	"time"

	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/policy"
)

// A connection may take as long as any host has for one, so that no bound of the transport comes first; but no longer than what
// was typed.
func TestLongestConnect(t *testing.T) {
	file, err := policy.OfEntries("/x/hosts.toml", []policy.Entry{{Line: 1, Key: []string{"hosts", "*.a.test", "connect-timeout"}, Values: []string{"20s"}}})
	if err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[bool]time.Duration{false: 20 * time.Second, true: 10 * time.Second} {
		f := &Spec{Connect: value.Seconds(10 * time.Second)}
		if err := f.TakePolicies(file); err != nil {
			t.Fatal(err)
		}
		if typed {
			f.Given = []Flag{{Name: "connect-timeout", Value: "10s"}}
		}
		of := f.Engine().TimeoutsOf
		if got := f.LongestConnect(); got != want || of("x.a.test:80").Connect != want || of("other.test:80").Connect != 10*time.Second {
			t.Error(typed, got, of("x.a.test:80"), of("other.test:80"))
		}
	}
}
