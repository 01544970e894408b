package threshold_test

import (
	"strings"
	"testing"

	"example.com/fetch/internal/threshold"
)

func TestParseRiseRefuses(t *testing.T) {
	for _, s := range []string{"", "p95", "p95>10", "p95<10%", "p75>10%", "p95>-10%", "p95>ten%", "failed>1ms", "failed>1s", "p95>+1e3%", "p95>>1%"} {
		if _, err := threshold.ParseRise(s); err == nil {
			t.Errorf("%q is taken", s)
		} else if !strings.Contains(err.Error(), "'") {
			t.Errorf("%q: the error does not say what to write: %v", s, err)
		}
	}
}

func FuzzParseRise(f *testing.F) {
	for _, s := range []string{"p95>+10%", "p99 > 20ms", "failed>+0", "p50>" + strings.Repeat("9", 400) + "s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if l, err := threshold.ParseRise(s); err == nil && (l.Text != s || !(l.Bound >= 0)) {
			t.Errorf("%q: %+v", s, l)
		}
	})
}
