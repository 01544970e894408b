package run

import (
	"errors"
	"testing"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/spec"
	"example.com/fetch/internal/units"
)

// TestAllowed: of an allowance that grew beyond what was asked for it is said that it was as asked.
func TestAllowed(t *testing.T) {
	flags := &spec.Spec{
		Concurrency: 10, PerHost: value.PerHost[int]{Parse: value.ParseSlots}, Rates: value.PerHost[fetcher.Rate]{Parse: value.ParseRate}, RateHost: value.PerHost[fetcher.Rate]{Parse: value.ParseRate},
	}
	if err := errors.Join(flags.PerHost.Set("b.test=4"), flags.Rates.Set("50/s"), flags.RateHost.Set("b.test=20/s")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		event record.HostEvent
		want  string
	}{
		{record.HostEvent{Host: "a.test:80", Change: "slots", From: 16, To: 1}, "as asked → 1 slot"},
		{record.HostEvent{Host: "a.test:80", Change: "slots", From: 10, To: 3}, "as asked → 3 slots"},
		{record.HostEvent{Host: "a.test:80", Change: "slots", From: 5, To: 3}, "5 → 3 slots"},
		{record.HostEvent{Host: "b.test:80", Change: "slots", From: 5, To: 3}, "as asked → 3 slots"},
		{record.HostEvent{Host: "a.test:80", Change: "pace", From: 60, To: 3}, "as asked → 3.0/s"}, // of all hosts
		{record.HostEvent{Host: "b.test:80", Change: "pace", From: 2605, To: 15}, "as asked → 15.0/s"},
		{record.HostEvent{Host: "b.test:80", Change: "pace", From: 19, To: 15}, "19.0/s → 15.0/s"},
		{record.HostEvent{Host: "b.test:80", Change: "quota", From: 60, To: 100}, "states a limit of 100 in 1m"},
	} {
		e := allowed(flags, test.event)
		if got := units.Change(&e); got != test.want {
			t.Errorf("%+v is %q, want %q", test.event, got, test.want)
		}
	}
}
