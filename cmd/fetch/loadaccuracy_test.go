//go:build unix

package main

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/testserver"
)

// A load test is right where it says what the server says, and what follows from when requests were due. These are real
// processes on a machine that has other tests to run, where the client may come late by itself: then it has to say so.
const accurateRuns = 5

// TestLoadAgreesWithTheServer: the percentiles are those of the server's own record.
func TestLoadAgreesWithTheServer(t *testing.T) {
	server := serverFor(t)
	for _, rate := range []int{50, 150} {
		until(t, func() (s *measure.LoadSummary, wrong []string) {
			s = loadSummary(t, "--rate", strconv.Itoa(rate)+"/s", "-z", "3s", "--seed", "5",
				"http://"+server.addr+"/sample?dist=lognormal&p50=50ms&p99=500ms")
			saw := servedTimes(t, server, s.OK)
			for _, q := range []struct {
				name string
				at   float64
				got  *record.Micros
			}{{"p50", 0.50, s.Response.OK.P50}, {"p95", 0.95, s.Response.OK.P95}, {"p99", 0.99, s.Response.OK.P99}} {
				want := saw[int(math.Ceil(q.at*float64(len(saw))))-1]
				if got := q.got.Milliseconds(); math.Abs(got-want) > 0.03*want {
					wrong = append(wrong, q.name+" at "+strconv.Itoa(rate)+"/s: "+ms(got)+", and the server saw "+ms(want))
				}
			}
			return s, wrong
		})
	}
}

// TestLoadOfAStoppedServer: while a server stands still requests go on being due. Of a fifth of the run, which is lost,
// each tenth of the requests waits for half.
func TestLoadOfAStoppedServer(t *testing.T) {
	const run, stop = 2500 * time.Millisecond, 500 * time.Millisecond
	server := serverFor(t)
	until(t, func() (s *measure.LoadSummary, wrong []string) {
		time.AfterFunc(run/3, func() { server.cmd.Process.Signal(syscall.SIGSTOP) })
		time.AfterFunc(run/3+stop, func() { server.cmd.Process.Signal(syscall.SIGCONT) })
		s = loadSummary(t, "--rate", "200/s", "-z", run.String(), "http://"+server.addr+"/0")
		for _, q := range []struct {
			name  string
			share float64 // of the stop
			got   *record.Micros
		}{{"p90", 0.5, s.Response.OK.P90}, {"p95", 0.75, s.Response.OK.P95}, {"p99", 0.95, s.Response.OK.P99}, {"max", 1, s.Response.OK.Max}} {
			want := q.share * float64(stop.Milliseconds())
			if got := q.got.Milliseconds(); math.Abs(got-want) > 25 { // the 0.1 s of a stop of 2 s
				wrong = append(wrong, q.name+": "+ms(got)+", want "+ms(want))
			}
		}
		if s.OK != 500 {
			wrong = append(wrong, strconv.FormatInt(s.OK, 10)+" answers, want 500: nothing that was due is left out")
		}
		return s, wrong
	})
}

// until repeats a measurement that the machine may have disturbed. What is never right is an error, unless each time the
// report says that the client was late, and a timer of our own was late as well.
func until(t *testing.T, try func() (s *measure.LoadSummary, wrong []string)) {
	t.Helper()
	var all [][]string
	busy := 0
	for range accurateRuns {
		stop := watchTimers()
		s, wrong := try()
		late := stop()
		if wrong == nil {
			return
		}
		all = append(all, append(wrong, "a timer was "+late.String()+" late, the client "+ms(s.Lag.P99.Milliseconds())))
		warned := slices.ContainsFunc(s.Warnings, func(w measure.Warning) bool { return w.Code == "schedule_lag" || w.Code == "client_cpu" })
		if warned && late > 5*time.Millisecond {
			busy++
		}
	}
	if busy == accurateRuns {
		t.Logf("this machine is too busy to tell, as each report says: %q", all)
		return
	}
	t.Errorf("not right in any of %d runs, in %d of which the machine was busy: %q", accurateRuns, busy, all)
}

// watchTimers begins to look at how late timers of this process are; stop tells what one in a hundred exceeds.
func watchTimers() (stop func() time.Duration) {
	quit, result := make(chan struct{}), make(chan time.Duration)
	go func() {
		var late []time.Duration
		const every = 5 * time.Millisecond
		for due := time.Now().Add(every); ; due = time.Now().Add(every) {
			select {
			case <-time.After(time.Until(due)):
				late = append(late, time.Since(due))
			case <-quit:
				slices.Sort(late)
				result <- late[len(late)*99/100]
				return
			}
		}
	}()
	return func() time.Duration { close(quit); return <-result }
}

func ms(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) + "ms" }

// serverFor starts a server that ends with the test.
func serverFor(t *testing.T) *serverProcess {
	t.Helper()
	server, err := startServer()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// loadSummary is what a load test in a process of its own says.
func loadSummary(t *testing.T, args ...string) *measure.LoadSummary {
	t.Helper()
	out, err := command(append([]string{"load", "-q", "-f", "json"}, args...)...).Output()
	if err != nil {
		t.Fatalf("fetch load %q: %v", args, err)
	}
	s := new(measure.LoadSummary)
	if err := json.Unmarshal(out, s); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return s
}

// servedTimes are the times that a server took for its last n requests, in order of length, in milliseconds.
func servedTimes(t *testing.T, server *serverProcess, n int64) []float64 {
	t.Helper()
	text, err := server.truth("")
	if err != nil {
		t.Fatal(err)
	}
	var truth testserver.Truth
	if err := json.Unmarshal(text, &truth); err != nil {
		t.Fatal(err)
	}
	var times []float64
	for _, hop := range truth.Hops[len(truth.Hops)-int(n):] {
		times = append(times, hop.EndMS-hop.ArrivalMS)
	}
	slices.Sort(times)
	return times
}
