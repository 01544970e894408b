package threshold_test

import (
	"strings"
	"testing"

	"example.com/fetch/internal/threshold"
)

func TestParseRise(t *testing.T) {
	for text, want := range map[string]threshold.Rise{
		"p95>+10%": {Percent: 95, Bound: 0.1, Unit: "%"}, " p75 > 20ms ": {Percent: 75, Bound: 20, Unit: "ms"}, "p99.9>+0.5s": {Percent: 99.9, Bound: 500, Unit: "ms"},
		"p99.ok>+10%": {Percent: 99, OK: true, Bound: 0.1, Unit: "%"}, "p99.5.ok>+10%": {Percent: 99.5, OK: true, Bound: 0.1, Unit: "%"},
		"p99.5.all>+10%": {Percent: 99.5, Bound: 0.1, Unit: "%"},
		"failed>+0":      {}, "failed>0": {}, "failed>+1%": {Bound: 0.01, Unit: "%"}, "failed>+5 requests": {Bound: 5}, "failed>1 request": {Bound: 1},
	} {
		want.Text = text
		if got, err := threshold.ParseRise(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestParseRiseRefuses(t *testing.T) {
	for s, want := range map[string]string{
		"": "'p95>+10%'", "p95": "'p95>+10%'", "p95>10": "'p95>+10%' or 'p95>+10ms'", "p95<10%": "'p95>+10%'", "p95>-10%": "'p95>+10%'",
		"p95>ten%": "'p95>+10%'", "p95>+1e3%": "'p95>+10%'", "p95>>1%": "'p95>+10%'", "p100>+1%": "'p95>+10%'", "p0>+1%": "'p95>+10%'", "p999>+1%": "p99.9",
		"mean>+1%": "'p95.ok>+10%'", "p95.failed>+1%": "'p95.ok>+10%'", "p95.5.5>+1%": "'p95.ok>+10%'", "ok>+1%": "'failed>+0'",
		"failed>1ms": "'failed>+0'", "failed>1s": "'failed>+0'", "failed>+1": "'failed>+1%' or 'failed>+1 requests'", "failed>+0.01": "'failed>+1%'",
		"failed>+0.5 requests": "'failed>+0'", "p95>+10 requests": "'p95>+10%'",
	} {
		if got, err := threshold.ParseRise(s); err == nil || got != (threshold.Rise{}) {
			t.Errorf("%q is taken", s)
		} else if !strings.Contains(err.Error(), want) {
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
