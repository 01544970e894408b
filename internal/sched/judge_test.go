package sched

import (
	"testing"
	"time"
)

// served is a Scheduler with a host that has served so many hops, each after another.
func served(config Config, host string, n int) *Scheduler {
	s := New(config)
	for i := range n {
		h := &Hop{Seq: int64(i), Host: host}
		s.Add(s.now, h)
		s.Done(s.now+10*ms, s.Next(s.now), serves)
	}
	return s
}

// failed tells the outcome of one hop.
func failed(s *Scheduler, host string, sig Signal) {
	h := &Hop{Seq: 1e6, Class: Redirect, Host: host}
	s.Add(s.now, h)
	for s.Next(s.now) != h {
		at, ok := s.Wake(s.now)
		if !ok {
			panic("it never leaves")
		}
		s.advance(at)
	}
	s.Done(s.now, h, sig)
}

func TestJudge(t *testing.T) {
	const host = "a.test:80"
	const base = 500 * ms // of back-off
	for _, test := range []struct {
		name   string
		served int // by its host before
		change func(*Config)
		tries  Tries
		sig    Signal
		want   Verdict
		after  Tries // but for what is its own
	}{
		{"a refusal is free", 100, nil, Tries{}, Signal{Kind: Busy}, Verdict{Again: true, Requeued: true, Jitter: base}, Tries{Refusals: 1}},
		{"by a 429, too", 100, nil, Tries{}, Signal{Kind: OverQuota}, Verdict{Again: true, Requeued: true, Jitter: base}, Tries{Refusals: 1}},
		{"and where nobody listens", 100, nil, Tries{}, Signal{Kind: Unreachable}, Verdict{Again: true, Requeued: true, Jitter: base}, Tries{Refusals: 1}},
		{"the fifth is free", 100, nil, Tries{Refusals: 4}, Signal{Kind: Busy}, Verdict{Again: true, Requeued: true, Jitter: 8 * base}, Tries{Refusals: 5}},
		{"the sixth is not", 100, nil, Tries{Refusals: 5}, Signal{Kind: Busy}, Verdict{Again: true, Jitter: base}, Tries{Retries: 1, Refusals: 6}},
		{"and then retries end", 100, nil, Tries{Retries: 3, Refusals: 8}, Signal{Kind: Busy}, Verdict{}, Tries{Retries: 3, Refusals: 9}},
		{"its Retry-After is waited for", 100, nil, Tries{}, Signal{Kind: Busy, Wait: 7 * time.Second}, Verdict{Again: true, Requeued: true, Wait: 7 * time.Second, Jitter: base}, Tries{Refusals: 1}},
		{"a host that has served nothing: a retry", 0, nil, Tries{}, Signal{Kind: Busy, Wait: time.Second}, Verdict{Again: true, Wait: time.Second, Jitter: base}, Tries{Retries: 1, early: 1}},
		{"a failure: a retry", 100, nil, Tries{Retries: 1}, Signal{Kind: Failed}, Verdict{Again: true, Jitter: 2 * base}, Tries{Retries: 2}},
		{"a time-out: a retry", 100, nil, Tries{}, Signal{Kind: TimedOut}, Verdict{Again: true, Jitter: base}, Tries{Retries: 1}},
		{"the last retry", 100, nil, Tries{Retries: 3}, Signal{Kind: Failed}, Verdict{}, Tries{Retries: 3}},
		{"no retries", 100, func(c *Config) { c.Retries = 0 }, Tries{}, Signal{Kind: Busy}, Verdict{}, Tries{}},
		{"a back-off ends at the longest", 100, func(c *Config) { c.Retries = 100 }, Tries{Retries: 50}, Signal{Kind: Failed}, Verdict{Again: true, Jitter: time.Minute}, Tries{Retries: 51}},
		{"503 with too long a wait", 100, nil, Tries{}, Signal{Kind: Busy, Wait: time.Minute + 1}, Verdict{Why: WhyRetryAfter}, Tries{}},
		{"503 with the longest wait", 100, nil, Tries{}, Signal{Kind: Busy, Wait: time.Minute}, Verdict{Again: true, Requeued: true, Wait: time.Minute, Jitter: base}, Tries{Refusals: 1}},
		{"429 with too long a wait", 100, nil, Tries{}, Signal{Kind: OverQuota, Wait: time.Minute + 1}, Verdict{Why: WhyRetryAfter}, Tries{}},
		{"a wait that is none", 100, nil, Tries{}, Signal{Kind: Busy, Wait: -time.Hour}, Verdict{Again: true, Requeued: true, Jitter: base}, Tries{Refusals: 1}},
		{"without adapting, a refusal is a failure without a budget", 100, func(c *Config) { c.Adapt = false; c.Budget = 0 }, Tries{}, Signal{Kind: Busy, Wait: time.Second}, Verdict{Again: true, Wait: time.Second, Jitter: base}, Tries{Retries: 1}},
	} {
		config := adapting()
		if test.change != nil {
			test.change(&config)
		}
		s := served(config, host, test.served)
		failed(s, host, test.sig)
		got := s.Judge(s.now, host, test.sig, &test.tries)
		test.tries.seen = 0
		if got != test.want || test.tries != test.after {
			t.Errorf("%s: got %+v and %+v, want %+v and %+v", test.name, got, test.tries, test.want, test.after)
		}
		open := test.sig.Kind == OverQuota && test.sig.Wait > time.Minute
		if h := s.hosts[host]; h.givenUp(s.now) != open || h.givenUp(s.now+time.Minute) != open || h.givenUp(s.now+time.Minute+1) {
			t.Errorf("%s: given up: %v", test.name, h.givenUp(s.now))
		}
	}
}

// A host that refuses everything for a while uses up nobody's patience: only what it accepts meanwhile makes a refusal one
// of the request.
func TestRefusalsOfAllCountOnce(t *testing.T) {
	const host = "a.test:80"
	s := served(adapting(), host, 100)
	var tries Tries
	for range 2 {
		s.Judge(s.now, host, Signal{Kind: Busy}, &tries)
	}
	if tries.Refusals != 1 {
		t.Errorf("%d refusals count, want 1, since nothing was served between them", tries.Refusals)
	}
	for range 3 {
		failed(s, host, serves)
		s.Judge(s.now, host, Signal{Kind: Busy}, &tries)
	}
	if tries.Refusals != 4 {
		t.Errorf("%d refusals count, want 4", tries.Refusals)
	}
}

// The budget of failures: 10 for each host and a share of what has ended there, and 100 for all that need more.
func TestRetryBudget(t *testing.T) {
	for _, test := range []struct {
		name    string
		budget  float64
		served  int
		failed  int
		retries int // of those that failed, before the first that is not tried again
	}{
		{"nothing served", 0.2, 0, 0, 110},
		{"20 % of what was served", 0.2, 100, 0, 130},
		{"and of what failed for good", 0.2, 0, 50, 120},
		{"none", 0, 100, 0, 110},
		{"all", 1, 100, 0, 210},
		{"no bound", -1, 0, 0, 1000},
	} {
		config := adapting()
		config.Budget, config.Retries = test.budget, 1
		s := served(config, "a.test:80", test.served)
		for range test.failed {
			s.Judge(s.now, "a.test:80", Signal{Kind: Failed}, &Tries{Retries: 1})
		}
		n := 0
		for n < 1000 {
			v := s.Judge(s.now, "a.test:80", Signal{Kind: Failed}, &Tries{})
			if !v.Again {
				if v.Why != WhyBudget {
					t.Errorf("%s: got %+v", test.name, v)
				}
				break
			}
			n++
		}
		if n != test.retries {
			t.Errorf("%s: %d retries, want %d", test.name, n, test.retries)
		}
		if test.budget < 0 {
			continue
		}
		other := 0 // another host has its own, but what all have is spent
		for other < 1000 && s.Judge(s.now, "b.test:80", Signal{Kind: TimedOut}, &Tries{}).Again {
			other++
		}
		if other != hostBudget && other != hostBudget+1 { // what failed for good counts there, too
			t.Errorf("%s: %d retries at another host, want %d", test.name, other, hostBudget)
		}
		if !s.Judge(s.now, "a.test:80", Signal{Kind: Unreachable}, &Tries{}).Again {
			t.Errorf("%s: a refusal needs a budget", test.name)
		}
	}
}
