package spec

import (
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/cli/value"
)

// The 0 of a flag means no bound, whatever the library takes a zero field for.
func TestNoBounds(t *testing.T) {
	f := new(Spec).Engine()
	if none := fetcher.NoTimeout; f.Timeout.Attempt != none || f.Timeout.Connect != none || f.Timeout.Stall != none {
		t.Errorf("%+v", f.Timeout)
	}
	if f.Retry.Max != fetcher.NoRetries || f.MaxRedirects != fetcher.NoRedirects || f.Retry.GiveUp != fetcher.NoBound {
		t.Errorf("%d redirects, %+v", f.MaxRedirects, f.Retry)
	}
	if err := f.Check(); err != nil {
		t.Error(err)
	}
	var s Spec
	s.Timeout, s.Connect = value.Seconds(3*time.Second), value.Seconds(2*time.Second)
	if f := s.Engine(); f.Timeout.Attempt != 3*time.Second || f.Timeout.Connect != 2*time.Second {
		t.Errorf("%+v", f.Timeout)
	}
}
