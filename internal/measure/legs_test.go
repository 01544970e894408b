package measure

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"example.com/fetch/internal/measure/whatif"
	"example.com/fetch/internal/record"
)

func TestEarlierAttemptsCount(t *testing.T) {
	c := New(Config{})
	c.Add(&record.Record{Seq: 1, OK: true, EarlierAttempts: 4, Attempts: make([]record.Attempt, 2)})
	c.Add(&record.Record{Seq: 2, OK: true, Attempts: make([]record.Attempt, 1)})
	if s := c.Summary(End{}); s.Attempts != 7 {
		t.Errorf("%d attempts, want 7", s.Attempts)
	}
}

func TestLegsInSummary(t *testing.T) {
	for legs, want := range map[int]string{0: "", 1: "", 2: `"legs":2,`} {
		s := New(Config{}).Summary(End{Legs: legs})
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if has := strings.Contains(string(text), `"legs"`); has != (want != "") || !strings.Contains(string(text), want) {
			t.Errorf("%d legs: %s", legs, text)
		}
	}
}

// legsOf cuts jobs into legs, each of which runs by itself from where the one before it ended.
func legsOf(t *rapid.T, jobs []whatif.Job, config Config) (shifted []whatif.Job, end End) {
	end.Offsets = []record.Micros{0}
	for len(jobs) > 0 {
		n := rapid.IntRange(1, len(jobs)).Draw(t, "leg")
		for n < len(jobs) && jobs[n].Page > 1 {
			n++ // the pages of a request are in one leg
		}
		for _, job := range jobs[:n] {
			job.Due += end.Wall
			shifted = append(shifted, job)
		}
		end.Wall = (end.Wall + simulateUnder(jobs[:n], config) + time.Microsecond - 1).Truncate(time.Microsecond)
		end.Legs++
		jobs = jobs[n:]
		end.Offsets = append(end.Offsets, micros(end.Wall))
	}
	end.Offsets = end.Offsets[:end.Legs]
	return shifted, end
}

// However a run was cut into legs, no floor is over what they took together, and the work is that of the run in one.
func TestFloorIsNotOverWallOfLegs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		config := drawConfig(t)
		jobs := drawJobs(t)
		for i := range jobs {
			jobs[i].Seq, jobs[i].Page = int64(i+1), 1
		}
		shifted, end := legsOf(t, jobs, config)
		s := collect(config, shifted).Summary(end)
		if s.Floor > s.Wall || s.Efficiency > 1 {
			t.Fatalf("floor %d µs (%s %s) is over wall %d µs of %d legs", s.Floor, s.Bound, s.BoundHost, s.Wall, end.Legs)
		}
		whole := collect(config, jobs).Summary(End{Wall: end.Wall, Legs: end.Legs})
		s.PerHost, whole.PerHost = nil, nil // when the hops were is another thing
		if diff := cmp.Diff(whole, s); diff != "" {
			t.Fatalf("in %d legs: %s", end.Legs, diff)
		}
	})
}

// The advice on a run that was broken off is not that its requests were due no sooner.
func TestAdviceOnLegs(t *testing.T) {
	config := Config{Slots: 2}
	jobs := plain(slowList...)
	want := collect(config, jobs).Summary(End{Wall: 2400 * ms}).Advice
	for i := range jobs {
		if i >= 5 {
			jobs[i].Due = 20 * time.Second
		}
	}
	c := collect(config, jobs)
	for _, offsets := range [][]record.Micros{nil, {0, micros(20 * time.Second)}} {
		if got := c.Summary(End{Wall: 2400 * ms, Legs: 2, Offsets: offsets}).Advice; got != want || want == "" {
			t.Errorf("offsets %v: %q, want %q", offsets, got, want)
		}
	}
	if c.jobs[9].Due != 20*time.Second {
		t.Error("the jobs themselves were changed")
	}
	late := plain(1, 1)
	late[0].Due, late[1].Due = 21*time.Second, 22*time.Second
	got := inOnePart(late, End{Legs: 2, Offsets: []record.Micros{0, micros(20 * time.Second), micros(time.Minute)}})
	if got[0].Due != time.Second || got[1].Due != 2*time.Second {
		t.Errorf("what was due after the beginning of its leg is due at %v and %v", got[0].Due, got[1].Due)
	}
}

func ExampleCollector() {
	c := New(Config{Slots: 10})
	c.Add(&record.Record{Seq: 1, Host: "a.test:80", OK: true, Service: 1_500_000, Response: 1_500_000})
	s := c.Summary(End{Wall: 3 * time.Second, Legs: 2})
	fmt.Println(s.OK, s.Legs, s.Latency.OK.Max.Duration())
	// Output: 1 2 1.5s
}
