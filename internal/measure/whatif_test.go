package measure

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure/whatif"
	"example.com/fetch/internal/sched"
)

func simulate(jobs []whatif.Job, settings whatif.Settings) time.Duration {
	return settings.Simulate(jobs)
}

func TestSimulateClosedForm(t *testing.T) {
	second := func(events float64, burst int) []fetcher.Rate {
		return []fetcher.Rate{{Events: events, Per: time.Second, Burst: burst}}
	}
	twoHosts := plain(1, 1, 1, 1, 1, 1)
	for i := range twoHosts[:4] {
		twoHosts[i].Steps[0].Host = "slow.test:80"
	}
	slowHost := func(l fetcher.Limit) func(string) (fetcher.Limit, bool) {
		return func(h string) (fetcher.Limit, bool) { return l, h == "slow.test:80" }
	}
	retried := []whatif.Job{{Seq: 1, Page: 1, Rest: 50 * ms, Steps: []whatif.Step{
		{Host: "a.test:80", Class: sched.First, Service: 100 * ms},
		{Host: "a.test:80", Class: sched.Retry, Service: 200 * ms, Backoff: 1000 * ms},
		{Host: "b.test:80", Class: sched.Redirect, Service: 300 * ms},
	}}}
	pages := plain(1, 2, 3)
	for i := range pages {
		pages[i].Seq, pages[i].Page = 1, i+1
	}
	late := plain(1, 1)
	late[1].Due = 2 * time.Second

	for _, test := range []struct {
		name   string
		jobs   []whatif.Job
		config whatif.Settings
		want   time.Duration
	}{
		{"nothing", nil, whatif.Settings{}, 0},
		{"all at once", plain(slowList...), whatif.Settings{}, 900 * ms},
		{"as many slots as jobs", plain(slowList...), whatif.Settings{Slots: 10}, 900 * ms},
		{"one slot", plain(slowList...), whatif.Settings{Slots: 1}, 4400 * ms},
		{"five slots in list order", plain(slowList...), whatif.Settings{Slots: 5}, 1100 * ms},
		{"rate: the eleventh leaves after ten intervals", plain(make([]int, 11)...),
			whatif.Settings{Slots: 5, Total: fetcher.Limit{Rates: second(10, 1)}}, 1000 * ms},
		{"rate with a burst", plain(make([]int, 11)...),
			whatif.Settings{Slots: 5, Total: fetcher.Limit{Rates: second(10, 6)}}, 500 * ms},
		{"host rate", twoHosts, whatif.Settings{Host: slowHost(fetcher.Limit{Rates: second(2, 1)})}, 1600 * ms},
		{"host slots", twoHosts, whatif.Settings{Host: slowHost(fetcher.Limit{InFlight: 2})}, 200 * ms},
		{"a host that waits holds no slot", twoHosts,
			whatif.Settings{Slots: 2, Host: slowHost(fetcher.Limit{InFlight: 1})}, 400 * ms},
		{"back-off, redirect and rest", retried, whatif.Settings{Slots: 1}, 1650 * ms},
		{"pages follow each other", pages, whatif.Settings{}, 600 * ms},
		{"not before it is due", late, whatif.Settings{}, 2100 * ms},
		{"a job that sent nothing", []whatif.Job{{Seq: 1, Page: 1}}, whatif.Settings{Slots: 1}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := simulate(test.jobs, test.config); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// The order in which requests ended does not matter, only their places in the list.
func TestSimulateOrder(t *testing.T) {
	jobs := plain(slowList...)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(jobs), func(i, j int) { jobs[i], jobs[j] = jobs[j], jobs[i] })
	if got := simulate(jobs, whatif.Settings{Slots: 5}); got != 1100*ms {
		t.Errorf("got %v, want 1.1s", got)
	}
}

// chain is the longest time that one request takes with all its pages, by itself.
func chain(jobs []whatif.Job) time.Duration {
	whole := make(map[int64]time.Duration)
	longest := time.Duration(0)
	for _, j := range jobs {
		whole[j.Seq] += j.Rest
		for _, s := range j.Steps {
			whole[j.Seq] += s.Backoff + s.Service
		}
		longest = max(longest, whole[j.Seq])
	}
	return longest
}

func TestSimulateUnlimited(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		jobs := drawJobs(t)
		if got, want := simulate(jobs, whatif.Settings{}), chain(jobs); got != want {
			t.Fatalf("with no limits it takes %v, and the longest chain is %v", got, want)
		}
	})
}

// R. L. Graham, Bounds on multiprocessing timing anomalies (1969): a list schedule takes no longer than
// work/slots + (1-1/slots)·longest chain, and so is at most 2-1/slots times the best one, with more slots too.
func TestSimulateGraham(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		jobs := drawJobs(t)
		for i := range jobs { // back-off is time in which no slot is used and a chain does not advance: not Graham's
			jobs[i].Rest = 0
			for s := range jobs[i].Steps {
				jobs[i].Steps[s].Backoff = 0
			}
		}
		var work time.Duration
		for _, j := range jobs {
			for _, s := range j.Steps {
				work += s.Service
			}
		}
		n := rapid.IntRange(1, 10).Draw(t, "slots")
		few := simulate(jobs, whatif.Settings{Slots: n})
		longest := chain(jobs)
		if bound := work/time.Duration(n) + longest - longest/time.Duration(n) + 2; few > bound {
			t.Fatalf("%d slots take %v, over Graham's bound %v", n, few, bound)
		}
		more := simulate(jobs, whatif.Settings{Slots: n + rapid.IntRange(1, 10).Draw(t, "more")})
		if float64(more) > (2-1/float64(n))*float64(few)+2 {
			t.Fatalf("more slots take %v instead of %v", more, few)
		}
	})
}

// What a record keeps is all that a simulation needs.
func TestJobOfRecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, j := range drawJobs(t) {
			if diff := cmp.Diff(j, whatif.JobOf(recordOf(j), strings.Clone), cmpopts.EquateEmpty()); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
