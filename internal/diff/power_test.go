package diff

import (
	"math/rand/v2"
	"testing"

	"example.com/fetch/internal/record"
)

// TestFalseAlarms: of 200 pairs of runs of a server that is the same at most 16 may be called different anywhere.
func TestFalseAlarms(t *testing.T) {
	shapes := []shape{
		{"200 requests", 1, 200, 1, 0},
		{"200 requests that differ", 1, 200, 1, 1},
		{"one URL 200 times", 1, 1, 200, 0},
		{"three hosts", 3, 40, 1, 0.5},
		{"two hosts, ten URLs, 20 times each", 2, 5, 20, 0.5},
		{"20 URLs, 12 times each", 1, 20, 12, 0.5},
		{"two URLs, 200 times each", 1, 2, 200, 0.5},
	}
	for n, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(20, uint64(n)))
			alarms := 0
			for range 200 {
				if verdictOf(t, s.run(rng, 1), s.run(rng, 1)).Verdict == VerdictDifferent {
					alarms++
				}
			}
			t.Logf("false alarms: %d of 200", alarms)
			if alarms > 16 {
				t.Errorf("false alarms: %d of 200, more than 16", alarms)
			}
		})
	}
}

// TestSlowdownIsFound: 20 % more, with 200 + 200 requests, in at least 95 of 100.
func TestSlowdownIsFound(t *testing.T) {
	shapes := []shape{
		{"200 requests", 1, 200, 1, 0},
		{"200 requests that differ", 1, 200, 1, 0.5},
		{"one URL 200 times", 1, 1, 200, 0},
		{"two hosts", 2, 100, 1, 0},
		{"two hosts, ten URLs, 20 times each", 2, 5, 20, 0},
	}
	for n, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(21, uint64(n)))
			found := 0
			for range 100 {
				l := verdictOf(t, s.run(rng, 1), s.run(rng, 1.2))
				for _, c := range l.Overall.all() {
					if c.Verdict == VerdictDifferent && c.Ratio > 1 {
						found++
						break
					}
				}
			}
			t.Logf("found: %d of 100", found)
			if found < 95 {
				t.Errorf("found: %d of 100, fewer than 95", found)
			}
		})
	}
}

func verdictOf(t *testing.T, a, b Run) Latency {
	t.Helper()
	c, err := Compare(a, b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c.Latency
}

// TestOneHostIsSlower: it is found, and no other is accused for it.
func TestOneHostIsSlower(t *testing.T) {
	rng := rand.New(rand.NewPCG(22, 22))
	s := shape{"", 3, 100, 1, 0.5}
	found, alarms := 0, 0
	for range 100 {
		slow := s.run(rng, 1)
		b := Run{Records: func(yield func(*record.Record, error) bool) {
			for r, err := range slow.Records {
				if r.Host == "h1.test:80" {
					slower := *r
					slower.Service = r.Service * 13 / 10
					r = &slower
				}
				if !yield(r, err) {
					return
				}
			}
		}}
		alarm := false
		for _, g := range verdictOf(t, s.run(rng, 1), b).PerHost {
			switch {
			case g.Name == "h1.test:80" && g.different():
				found++
			case g.different():
				alarm = true
			}
		}
		if alarm {
			alarms++
		}
	}
	t.Logf("found: %d of 100, false alarms: %d of 100", found, alarms)
	if found < 90 || alarms > 8 {
		t.Errorf("found: %d of 100, false alarms: %d of 100", found, alarms)
	}
}
