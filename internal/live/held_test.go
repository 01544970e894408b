package live

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/units"
)

// What a host learned is told in place of the limit that was asked for, on terminals of 80 and 200 columns, and as it is now.
func TestWhatAHostTaught(t *testing.T) {
	pubchem := func(h fetcher.HostStats) fetcher.HostStats {
		h.Host, h.Waiting = "pubchem.test:80", 120
		return h
	}
	change := func(from, to float64) *record.HostEvent {
		return &record.HostEvent{Host: "pubchem.test:80", Change: "pace", From: from, To: to, Why: "3 × 503, Yellow"}
	}
	quota := func(seconds, n float64) *record.HostEvent {
		return &record.HostEvent{Host: "pubchem.test:80", Change: "quota", From: seconds, To: n}
	}
	for _, tt := range []struct {
		name    string
		host    fetcher.HostStats
		learned *record.HostEvent
		want    string
	}{
		{"asked for", pubchem(fetcher.HostStats{RateLimited: true}), nil, "pubchem.test: 120 queued (rate limit)"},
		{"slots, asked for", pubchem(fetcher.HostStats{InFlight: 10}), nil, "pubchem.test: 120 queued (all its slots taken)"},
		{"slots, not all of them taken", pubchem(fetcher.HostStats{InFlight: 3}), nil, "pubchem.test: 120 queued (until it is their turn)"},
		{"none in flight", pubchem(fetcher.HostStats{Sleeping: 9}), nil, "pubchem.test: 120 queued (behind those to be retried) and 9 to be retried"},
		{"pace", pubchem(fetcher.HostStats{RateLimited: true, Pace: 2.5, Why: "3 × 503, Yellow"}), change(5, 2.5),
			"pubchem.test: 120 queued (5.0/s → 2.5/s after 3 × 503, Yellow)"},
		{"pace, grown since", pubchem(fetcher.HostStats{RateLimited: true, Pace: 3.5, Why: "3 × 503, Yellow"}), change(5, 2.5),
			"pubchem.test: 120 queued (5.0/s → 3.5/s after 3 × 503, Yellow)"},
		{"pace, as before", pubchem(fetcher.HostStats{RateLimited: true, Pace: 5.5, Why: "503"}), change(5, 2.5),
			"pubchem.test: 120 queued (5.5/s: 503)"},
		{"pace, of which no change is known", pubchem(fetcher.HostStats{RateLimited: true, Pace: 2.5, Why: "429"}), nil,
			"pubchem.test: 120 queued (2.5/s: 429)"},
		{"a stated limit", pubchem(fetcher.HostStats{RateLimited: true}), quota(1, 5), "pubchem.test: 120 queued (it states a limit of 5 in 1s)"},
		{"a stated limit without a time", pubchem(fetcher.HostStats{RateLimited: true}), quota(0, 40), "pubchem.test: 120 queued (rate limit)"},
		{"a stated limit, and less was asked for", pubchem(fetcher.HostStats{RateLimited: true}), quota(1, 50), "pubchem.test: 120 queued (rate limit)"},
		{"slots", pubchem(fetcher.HostStats{Slots: 3, Why: "3 × 503"}), nil, "pubchem.test: 120 queued (throttled to 3 of 10 slots: 3 × 503)"},
		{"slots, no fewer than asked", pubchem(fetcher.HostStats{Slots: 10}), nil, "pubchem.test: 120 queued (throttled to 10 slots)"},
		{"pause", pubchem(fetcher.HostStats{RateLimited: true, Pace: 5, Paused: 12 * time.Second, Why: "429, Retry-After"}), nil,
			"pubchem.test: 120 queued (paused 12s: 429, Retry-After)"},
		{"a moment", pubchem(fetcher.HostStats{RateLimited: true, Pace: 5, Paused: 12 * time.Millisecond, Why: "503"}), nil,
			"pubchem.test: 120 queued (5.0/s: 503)"},
		{"pause, nothing but sleepers", fetcher.HostStats{Host: "pubchem.test:80", Sleeping: 2, Paused: 90 * time.Second}, nil,
			"pubchem.test: paused 1m30s and 2 to be retried"},
		{"given up", pubchem(fetcher.HostStats{Down: true, Why: "connection refused"}), nil, "pubchem.test: given up: connection refused"},
		{"hostile", pubchem(fetcher.HostStats{Down: true, Why: "\x1b[2J\u202e"}), nil, `pubchem.test: given up: \x1b[2J\u202e`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := view{List: &List{Asked: func(string) (int, float64) { return 10, 20 }}, Stats: fetcher.Stats{Hosts: []fetcher.HostStats{tt.host}}}
			if tt.learned != nil {
				v.Changed(*tt.learned)
			}
			if got := v.Plain(); !strings.HasSuffix(got, "; waiting for "+tt.want) {
				t.Errorf("plain %q, want %q", got, tt.want)
			}
			for _, width := range []int{80, 200} {
				lines := v.Lines(width, usualHeight, false)
				if got := lines[len(lines)-1]; got != "waiting for "+tt.want && !(width == 80 && units.Width(got) == 79) {
					t.Errorf("at %d columns %q, want %q", width, got, tt.want)
				}
			}
			for width := range 120 {
				if line := v.Lines(width, usualHeight, false)[1]; units.Width(line) > max(width-1, 0) || !utf8.ValidString(line) {
					t.Fatalf("%q is wider than %d columns", line, width-1)
				}
			}
		})
	}
}

// A Line knows the last change of pace, whose end it shows.
func TestChanged(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		e := newEngine(10)
		e.held.Store(&[]fetcher.HostStats{{Host: "a.test:80", Waiting: 3, RateLimited: true, Pace: 2, Slots: 1, Why: "429\u202e"}})
		list := &List{Stats: e.stats}
		l := Start(t.Context(), Options{Mode: Plain, Out: &out, Look: list.Look})
		list.Changed(record.HostEvent{Host: "a.test:80", Change: fetcher.EventPace, From: 9, To: 4, Why: "503"})
		list.Changed(record.HostEvent{Host: "a.test:80", Change: fetcher.EventPace, From: 4, To: 2, Why: "2 × 429"})
		list.Changed(record.HostEvent{Host: "a.test:80", Change: fetcher.EventSlots, From: 10, To: 1, Why: "503"})
		time.Sleep(2500 * time.Millisecond)
		l.Stop()
		if want := "waiting for a.test: 3 queued (4.0/s → 2.0/s after 2 × 429)\n"; !strings.HasSuffix(out.String(), want) {
			t.Errorf("%q, want %q at its end", out.String(), want)
		}
		out.Reset()
		l = Start(t.Context(), Options{Mode: JSON, Out: &out, Look: (&List{Stats: e.stats}).Look})
		time.Sleep(1500 * time.Millisecond)
		l.Stop()
		if want := `"rate_limited":true,"pace_per_s":2,"slots":1,"why":"429\u202e"}]}`; !strings.Contains(out.String(), want) {
			t.Errorf("%s lacks %s", out.String(), want)
		}
	})
}

// What is told of a host of which no rate was asked for is never a rate limit.
func TestNoRateWasAskedFor(t *testing.T) {
	day := record.HostEvent{Host: "a.test:80", Change: fetcher.EventQuota, From: 86400, To: 5000, Why: "as it says"}
	for _, tt := range []struct {
		name   string
		host   fetcher.HostStats
		events []record.HostEvent
		want   string
	}{
		{"nothing is known", fetcher.HostStats{}, nil, "held back"},
		{"it is probed", fetcher.HostStats{Why: "2 × 503", Paused: 100 * time.Millisecond}, nil, "held back: 2 × 503"},
		{"a stated limit without a time", fetcher.HostStats{}, []record.HostEvent{{Host: "a.test:80", Change: fetcher.EventQuota, To: 40}}, "it states a limit of 40 requests"},
		{"two limits", fetcher.HostStats{}, []record.HostEvent{day, {Host: "a.test:80", Change: fetcher.EventQuota, From: 10, To: 40}}, "it states a limit of 40 in 10s"},
	} {
		v := view{List: &List{Asked: func(string) (int, float64) { return 10, 0 }}}
		for _, e := range tt.events {
			v.Changed(e)
		}
		tt.host.Host, tt.host.Waiting, tt.host.RateLimited = "a.test:80", 7, true
		v.Hosts = []fetcher.HostStats{tt.host}
		if got, want := v.Plain(), "; waiting for a.test: 7 queued ("+tt.want+")"; !strings.HasSuffix(got, want) {
			t.Errorf("%s: %q, want %q", tt.name, got, want)
		}
	}
}

// The time left is no shorter than a pause for which requests wait.
func TestETAOfAPause(t *testing.T) {
	for _, tt := range []struct {
		name string
		host fetcher.HostStats
		want string
	}{
		{"some wait", fetcher.HostStats{Waiting: 3, Paused: time.Minute}, "ETA 1m00s"},
		{"some sleep", fetcher.HostStats{Sleeping: 3, Paused: time.Minute}, "ETA 1m00s"},
		{"none", fetcher.HostStats{Paused: time.Minute}, "ETA 8s"},
		{"it is given up", fetcher.HostStats{Waiting: 3, Paused: time.Minute, Down: true}, "ETA 8s"},
		{"it ends soon", fetcher.HostStats{Waiting: 3, Paused: time.Second}, "ETA 8s"},
	} {
		bubble.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			e := newEngine(10)
			tt.host.Host = "a.test:80"
			e.held.Store(&[]fetcher.HostStats{tt.host})
			l := Start(t.Context(), Options{Mode: Plain, Out: &out, Look: (&List{Stats: e.stats, Total: total(100)}).Look})
			time.Sleep(2500 * time.Millisecond)
			l.Stop()
			if !strings.Contains(out.String(), tt.want) {
				t.Errorf("%s: %q lacks %s", tt.name, out.String(), tt.want)
			}
		})
	}
}

// What waits for a slow rate takes as long as that allows, whatever went on before.
func TestQueued(t *testing.T) {
	v := view{List: &List{Asked: func(host string) (int, float64) {
		return 10, map[string]float64{"slow.test:80": 0.01, "fast.test:80": 5}[host]
	}}}
	v.Hosts = []fetcher.HostStats{
		{Host: "fast.test:80", Waiting: 50, RateLimited: true},
		{Host: "slow.test:80", Waiting: 3, RateLimited: true},
		{Host: "free.test:80", Waiting: 1000},
	}
	if got := v.queued(); got != 5*time.Minute {
		t.Errorf("%v", got)
	}
}
