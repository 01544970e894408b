package fetcher_test

import (
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
)

// senseless are fields that make no sense, by what the error has to name.
func senseless() map[string]*fetcher.Fetcher {
	rates := func(r ...fetcher.Rate) fetcher.Limits { return fetcher.Limits{PerHost: fetcher.Limit{Rates: r}} }
	return map[string]*fetcher.Fetcher{
		"Workers":                   {Workers: -7},
		"LookAhead":                 {LookAhead: -1},
		"LookAhead is 92233":        {LookAhead: math.MaxInt},
		"MaxRedirects":              {MaxRedirects: -3},
		"MaxBody":                   {MaxBody: math.MinInt64},
		"Cookies":                   {Cookies: 17},
		"Timeout.Attempt":           {Timeout: fetcher.Timeouts{Attempt: -time.Second}},
		"Timeout.Stall":             {Timeout: fetcher.Timeouts{Stall: math.MaxInt64}},
		"Retry.Max":                 {Retry: fetcher.Retry{Max: -2}},
		"Retry.MinWait":             {Retry: fetcher.Retry{MinWait: -1}},
		"Retry.Budget":              {Retry: fetcher.Retry{Budget: math.NaN()}},
		"Retry.Budget is -0.5":      {Retry: fetcher.Retry{Budget: -0.5}},
		"Retry.GiveUp":              {Retry: fetcher.Retry{GiveUp: -2}},
		"PerHost.InFlight":          {Limits: fetcher.Limits{PerHost: fetcher.Limit{InFlight: -1}}},
		"PerHost.Rates[1]":          {Limits: rates(fetcher.PerSecond(1), fetcher.Rate{Events: 5})},
		"PerHost.Rates[0]":          {Limits: rates(fetcher.Rate{Per: time.Second})},
		"Rates[0] is {Events: NaN":  {Limits: rates(fetcher.PerSecond(math.NaN()))},
		"Rates[0] is {Events: +Inf": {Limits: rates(fetcher.PerSecond(math.Inf(1)))},
		"Burst: -1":                 {Limits: rates(fetcher.Rate{Events: 1, Per: time.Second, Burst: -1})},
		"73 years":                  {Limits: rates(fetcher.PerSecond(1e-300))},
		"PerHost.RunningTime":       {Limits: fetcher.Limits{PerHost: fetcher.Limit{RunningTime: fetcher.RunningTime{Time: 1}}}},
		"Limits.Total":              {Limits: fetcher.Limits{Total: fetcher.Limit{RunningTime: fetcher.RunningTime{Time: 1, Per: 1}}}},
		`Hosts["http://a.test/"]`:   {Limits: fetcher.Limits{Hosts: map[string]fetcher.Limit{"http://a.test/": {}}}},
		`Hosts["*.test"]`:           {Limits: fetcher.Limits{Hosts: map[string]fetcher.Limit{"*.test": {}}}},
		`the same host as "A.test"`: {Limits: fetcher.Limits{Hosts: map[string]fetcher.Limit{"a.test": {}, "A.test": {}}}},
		`Hosts["b.test"].InFlight`:  {Limits: fetcher.Limits{Hosts: map[string]fetcher.Limit{"b.test": {InFlight: -1}}}},
	}
}

// TestCheck: Check names the field, Run and Do fail with the same before anything is sent, and nothing hangs or panics.
func TestCheck(t *testing.T) {
	for want, f := range senseless() {
		t.Run(want, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				f.Transport = inMemory(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") }))
				err := f.Check()
				if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, fetcher.KindInput) {
					t.Fatalf("Check: %v", err)
				}
				results, failure := gather(t, f.Run(t.Context(), fetcher.URLs("http://a.test/")))
				if failure == nil || failure.Error() != err.Error() || !errors.Is(failure, fetcher.KindInput) || len(results) > 0 {
					t.Errorf("Run: %d results, %v", len(results), failure)
				}
				if r := f.Do(t.Context(), &fetcher.Request{URL: "http://a.test/"}); r.Err == nil || r.Err.Error() != err.Error() {
					t.Errorf("Do: %v", r.Err)
				}
				f.Stats()
				f.Stop()
				f.Close()
			})
		})
	}
}

// All that makes no sense is told at once; what has a name, and the zero value, makes sense.
func TestCheckTellsAll(t *testing.T) {
	f := &fetcher.Fetcher{Workers: -2, LookAhead: -2, Retry: fetcher.Retry{Max: -2}}
	err := f.Check()
	for _, name := range []string{"Workers is -2", "LookAhead is -2", "Retry.Max is -2"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not name %q", err, name)
		}
	}
	for _, f := range []*fetcher.Fetcher{
		{},
		{Workers: fetcher.Auto, MaxRedirects: fetcher.NoRedirects, MaxBody: fetcher.NoBound,
			Retry: fetcher.Retry{Max: fetcher.NoRetries, Budget: fetcher.NoBound, GiveUp: fetcher.NoBound},
			Timeout: fetcher.Timeouts{Attempt: fetcher.NoTimeout, Connect: fetcher.NoTimeout, FirstByte: fetcher.NoTimeout,
				Stall: fetcher.NoTimeout, Request: fetcher.NoTimeout},
			Limits: fetcher.Limits{
				Total: fetcher.Limit{Rates: []fetcher.Rate{fetcher.PerMinute(0.1)}, InFlight: 3},
				Hosts: map[string]fetcher.Limit{"a.test": {}, "a.test:80": {}, "[::1]:8080": {}, "bücher.test": {InFlight: 1}}}},
	} {
		if err := f.Check(); err != nil {
			t.Error(err)
		}
	}
}

// A request that makes no sense fails by itself, and nothing waits for it.
func TestSenselessRequests(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{Transport: inMemory(t, delays)}
		const url = "http://a.test/0s"
		start := time.Now()
		results, err := gather(t, f.Run(t.Context(), listOf(
			&fetcher.Request{URL: url, Due: math.MaxInt64},
			&fetcher.Request{URL: url, Due: math.MaxInt64, Err: io.ErrUnexpectedEOF},
			&fetcher.Request{URL: url, Due: -time.Second},
			&fetcher.Request{URL: url, Timeout: -time.Second},
			&fetcher.Request{URL: url, Timeout: math.MaxInt64},
			&fetcher.Request{URL: url, Length: -2},
			&fetcher.Request{URL: url, Length: 5},
			&fetcher.Request{URL: url, Timeout: fetcher.NoTimeout},
		)))
		if err != nil || len(results) != 8 || time.Since(start) > time.Second {
			t.Fatalf("%d results after %v: %v", len(results), time.Since(start), err)
		}
		for _, r := range results {
			if sane := r.Seq == 8; kindIs(r, fetcher.KindInput) == sane || sane && r.Err != nil {
				t.Errorf("request %d: %v", r.Seq, r.Err)
			}
		}
	})
}

// What Limits.Host gives is looked at, too, for the host of the request and for that of a redirect.
func TestSenselessLimitOfHost(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &fetcher.Fetcher{
			Transport: inMemory(t, http.RedirectHandler("http://b.test/", http.StatusFound)),
			Limits: fetcher.Limits{Host: func(host string) (fetcher.Limit, bool) {
				return fetcher.Limit{Rates: []fetcher.Rate{{Events: 1}}}, host == "b.test:80"
			}},
		}
		for _, url := range []string{"http://b.test/", "http://a.test/"} {
			r := f.Do(t.Context(), &fetcher.Request{URL: url})
			if !kindIs(r, fetcher.KindInput) || !strings.Contains(r.Err.Error(), "b.test:80: Limits.Host().Rates[0]") {
				t.Errorf("%s: %v", url, r.Err)
			}
		}
	})
}

// The zero Timeouts are those of the command line, and NoTimeout switches them off.
func TestDefaultTimeouts(t *testing.T) {
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/silent" {
			w.Write([]byte("first"))
			w.(http.Flusher).Flush()
		}
		pause(r.Context(), time.Hour)
	})
	for _, test := range []struct {
		path string
		set  fetcher.Timeouts
		kind fetcher.Kind
		took time.Duration
	}{
		{"/", fetcher.Timeouts{}, fetcher.KindTimeoutAttempt, 30 * time.Second},
		{"/", fetcher.Timeouts{Attempt: fetcher.NoTimeout}, fetcher.KindNone, time.Hour},
		{"/silent", fetcher.Timeouts{Attempt: fetcher.NoTimeout}, fetcher.KindTimeoutStall, 30 * time.Second},
		{"/silent", fetcher.Timeouts{Attempt: fetcher.NoTimeout, Stall: fetcher.NoTimeout}, fetcher.KindNone, time.Hour},
	} {
		bubble.Test(t, func(t *testing.T) {
			f := &fetcher.Fetcher{Transport: inMemory(t, server), Timeout: test.set, Retry: fetcher.Retry{Max: fetcher.NoRetries}}
			r := f.Do(t.Context(), &fetcher.Request{URL: "http://a.test" + test.path})
			if r.Service != test.took || test.kind == fetcher.KindNone != (r.Err == nil) || r.Err != nil && !kindIs(r, test.kind) {
				t.Errorf("%s with %+v: %v after %v", test.path, test.set, r.Err, r.Service)
			}
		})
	}
}

// Limits of single hosts are found by name, and by name and port before that, however they are spelt.
func TestLimitsOfHosts(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		one := fetcher.Limit{InFlight: 1}
		f := &fetcher.Fetcher{Transport: inMemory(t, delays), Limits: fetcher.Limits{
			PerHost: fetcher.Limit{InFlight: 4},
			Hosts:   map[string]fetcher.Limit{"A.Test": one, "a.test:8080": {InFlight: 2}, "b.test:81": one},
		}}
		for base, want := range map[string]time.Duration{
			"http://a.test":      4 * time.Second,
			"http://a.test:81":   4 * time.Second,
			"http://a.test:8080": 2 * time.Second,
			"http://b.test":      time.Second,
			"http://b.test:81":   4 * time.Second,
		} {
			start := time.Now()
			succeeded(t, f.Run(t.Context(), repeat(4, base+"/1s")))
			if took := time.Since(start).Round(100 * time.Millisecond); took != want {
				t.Errorf("four requests of 1 s to %s took %v, want %v", base, took, want)
			}
		}
	})
}
