package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// soak is a load test that goes on for long, on many connections, and what it has to keep to.
type soak struct {
	load, rest time.Duration // how long requests come at the rate, and then at one a second
	rate       int           // requests a second
	wait       int           // seconds that an answer takes, so that rate·wait are in flight
	every      time.Duration // between two looks at the processes
	tolerance  float64       // of the median response time, as a share
}

const (
	// flatFrom is the length from which on memory is held to be flat: a shorter load ends before the collector has
	// found its pace.
	flatFrom = 5 * time.Minute

	// remembered is how many requests the server has an account of, for which it takes memory.
	remembered = 100_000

	// rested is longer than connections are kept that nobody uses.
	rested = 110 * time.Second

	moreConnections = 100 // than requests in flight: some are opened for requests that find another free meanwhile
	handful         = 30  // descriptors of a program that has a few connections
	moreMemory      = 8 << 20
)

// TestLoadSoak sends a load for as long as FETCH_SOAK says (1h), or for some seconds to see that the looking works. The
// memory of both processes must not grow, no descriptor stay open, and the figures be right.
func TestLoadSoak(t *testing.T) {
	t.Parallel()
	s := &soak{load: 4 * time.Second, rate: 50, wait: 1, every: 250 * time.Millisecond, tolerance: 0.25}
	if text := os.Getenv("FETCH_SOAK"); text != "" {
		load, err := time.ParseDuration(text)
		if err != nil || load < flatFrom {
			t.Fatalf("FETCH_SOAK=%s: write how long the load lasts, from %v on, such as 1h", text, flatFrom)
		}
		s = &soak{load: load, rest: rested, rate: 500, wait: 2, every: 10 * time.Second, tolerance: 0.01}
	}
	s.test(t)
}

// stages are the plan. It ends with a rest so that what is not needed any more can be seen to go.
func (s *soak) stages() string {
	stages := fmt.Sprintf("0s:%d/s,%v:%[1]d/s", s.rate, s.load)
	if s.rest > 0 {
		stages += fmt.Sprintf(",0s:1/s,%v:1/s", s.rest)
	}
	return stages
}

func (s *soak) test(t *testing.T) {
	server := server(t)
	journal := filepath.Join(t.TempDir(), "load.jsonl")
	before := holdings(t, server.cmd.Process.Pid)
	if s.load >= flatFrom {
		runIn(t, "", 0, "load", "-q", "-n", strconv.Itoa(remembered), fmt.Sprintf("http://%s/0", server.addr))
	}
	p := start(t, nil, "load", "-q", "--stages", s.stages(), "-f", "json", "-j", journal, fmt.Sprintf("http://%s/%d", server.addr, s.wait))
	looks := s.watch(p, server, journal)
	peak := s.checkFigures(p)
	s.checkLooks(t, looks, peak)
	p.wantExit(0, longest)
	// The server closes its end when it sees that the client has left.
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	limit := time.After(longest)
	for after := before; ; {
		if after = holdings(t, server.cmd.Process.Pid); after.files <= before.files+handful {
			return
		}
		select {
		case <-ticker.C:
		case <-limit:
			t.Fatalf("the server has %d descriptors open when the client has left, and had %d before", after.files, before.files)
		}
	}
}

// look is what the processes hold at a moment.
type look struct {
	at             time.Duration
	client, server holding
	journal        int64 // bytes
}

// watch looks at the processes until the client has ended.
func (s *soak) watch(p *process, server *serverProcess, journal string) (looks []look) {
	p.t.Helper()
	begin := time.Now()
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	limit := time.After(s.load + s.rest + longest)
	for {
		select {
		case <-p.done:
			return looks
		case <-limit:
			p.t.Fatalf("still running after %v; standard error: %s", time.Since(begin), p.err.String())
		case <-ticker.C:
		}
		client, err := held(p.cmd.Process.Pid)
		if err != nil { // it has just ended
			continue
		}
		l := look{at: time.Since(begin), client: client, server: holdings(p.t, server.cmd.Process.Pid)}
		if info, err := os.Stat(journal); err == nil {
			l.journal = info.Size()
		}
		looks = append(looks, l)
		p.t.Logf("%8s  client %5.1f MB %5d files  server %5.1f MB %5d files  journal %d KB", l.at.Round(time.Second/10),
			megabytes(l.client.memory), l.client.files, megabytes(l.server.memory), l.server.files, l.journal/1000)
	}
}

// checkLooks compares the last quarter of the load with the second; in the first the processes find their size. Peak is
// the most requests that were in flight at once.
func (s *soak) checkLooks(t *testing.T, looks []look, peak int) {
	t.Helper()
	second, last := s.quarter(looks, 2), s.quarter(looks, 4)
	if len(second) == 0 || len(last) == 0 {
		t.Fatalf("%d looks in the second quarter, %d in the last", len(second), len(last))
	}
	for name, of := range map[string]func(look) holding{
		"client": func(l look) holding { return l.client },
		"server": func(l look) holding { return l.server },
	} {
		memory := func(l look) int64 { return of(l).memory }
		files := func(l look) int { return of(l).files }
		then, now := memory(middle(second, memory)), memory(middle(last, memory))
		most := files(slices.MaxFunc(looks, by(files)))
		atLast := files(looks[len(looks)-1])
		t.Logf("the %s: %.1f MB in the second quarter, %.1f in the last, %.1f at the most; %d descriptors at the most, %d at last", name,
			megabytes(then), megabytes(now), megabytes(memory(slices.MaxFunc(looks, by(memory)))), most, atLast)
		if s.load >= flatFrom && now > then+then/10+moreMemory {
			t.Errorf("the %s had %.1f MB in the second quarter of the load, and %.1f in the last: it grows", name, megabytes(then), megabytes(now))
		}
		if most > peak+moreConnections {
			t.Errorf("the %s had %d descriptors open, when at most %d requests were in flight", name, most, peak)
		}
		if s.rest > 0 && atLast > handful {
			t.Errorf("the %s has %d descriptors open %v after the load", name, atLast, s.rest)
		}
	}
	size := func(l look) int64 { return l.journal }
	first, end := second[0], last[len(last)-1]
	t.Logf("the journal grows by %.0f bytes a second", float64(size(end)-size(first))/(end.at-first.at).Seconds())
}

// quarter gives the looks in a quarter of the load, from 1 to 4.
func (s *soak) quarter(looks []look, n int) (within []look) {
	for _, l := range looks {
		if from := s.load * time.Duration(n-1) / 4; from <= l.at && l.at < from+s.load/4 {
			within = append(within, l)
		}
	}
	return within
}

// checkFigures looks at what the client itself tells, and gives the most requests that it had in flight at once.
func (s *soak) checkFigures(p *process) (peak int) {
	p.t.Helper()
	var report struct {
		Sent     int64 `json:"requests"`
		OK       int64
		Unsent   int64 `json:"not_started"`
		Response struct {
			OK struct{ P50, Max float64 }
		} `json:"response_ms"`
		Lag    struct{ P50, P99, Max float64 } `json:"lag_ms"`
		Opened int64                           `json:"connections_opened"`
		Peak   int                             `json:"peak_in_flight"`
		Client struct {
			CPU float64 `json:"cpu_ms"`
		}
		Warnings []struct{ Text string }
	}
	if err := json.Unmarshal(p.out.Bytes(), &report); err != nil {
		p.t.Fatalf("the report is not whole: %v in %s", err, p.out.String())
	}
	p.t.Logf("%d requests on %d connections, at most %d in flight; response p50 %.1f ms, max %.1f; lag p50 %.2f ms, p99 %.2f (5 is the aim), max %.1f; CPU %.0f µs a request; warnings: %v",
		report.Sent, report.Opened, report.Peak, report.Response.OK.P50, report.Response.OK.Max, report.Lag.P50, report.Lag.P99, report.Lag.Max,
		report.Client.CPU*1000/float64(report.Sent), report.Warnings)
	planned := float64(s.rate)*s.load.Seconds() + s.rest.Seconds()
	if sent := float64(report.Sent); sent < planned-10 || sent > planned+10 || report.OK != report.Sent || report.Unsent != 0 {
		p.t.Errorf("%d requests were sent, %d were answered and %d not sent; planned were %.0f", report.Sent, report.OK, report.Unsent, planned)
	}
	least := 1000 * float64(s.wait)
	if p50 := report.Response.OK.P50; p50 < least || p50 > least*(1+s.tolerance) {
		p.t.Errorf("the median response took %.1f ms; the server waits for %.0f", p50, least)
	}
	return report.Peak
}

// holding is what a process has of the system.
type holding struct {
	memory int64 // bytes, resident
	files  int   // open descriptors
}

// held is what a process that runs holds.
func held(pid int) (holding, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return holding{}, err
	}
	_, resident, _ := strings.Cut(string(status), "VmRSS:")
	resident, _, found := strings.Cut(resident, "kB")
	if !found {
		return holding{}, fmt.Errorf("process %d has no memory", pid)
	}
	kib, err := strconv.ParseInt(strings.TrimSpace(resident), 10, 64)
	if err != nil {
		return holding{}, err
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return holding{kib * 1024, len(files)}, err
}

// holdings is held of a process that must be running.
func holdings(t *testing.T, pid int) holding {
	t.Helper()
	h, err := held(pid)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func megabytes(bytes int64) float64 { return float64(bytes) / 1e6 }

// by compares looks by one of their numbers.
func by[N cmp.Ordered](number func(look) N) func(a, b look) int {
	return func(a, b look) int { return cmp.Compare(number(a), number(b)) }
}

// middle is the look with the median of a number.
func middle[N cmp.Ordered](looks []look, number func(look) N) look {
	sorted := slices.SortedFunc(slices.Values(looks), by(number))
	return sorted[len(sorted)/2]
}
