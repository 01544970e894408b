package whatif

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"example.com/fetch/internal/web"
)

// knee is what more in flight made of the responses of a host that is beyond its knee: they took longer, and no more came.
type knee struct {
	host      string
	few, many time.Duration // what a response took at first, when few were in flight, and later
	peak      int           // the most in flight
	enough    int           // about so many in flight would have done the same; 0: the times differ too much to tell
}

// What tells a knee from requests that differ by themselves.
const (
	significant = 0.02 // the chance that so few of the later ones would be as quick as half of the first, or a quarter
	ofTwo       = 0.05 // where there are two first ones

	sooner = 0.75                 // of the later ones' time is the most that those take
	steep  = 1.5                  // times as much as the number in flight is more than a queue makes of it
	slight = 2 * time.Millisecond // very short times vary by themselves
	judged = 8                    // later ones
)

// departure is a hop of a job.
type departure struct {
	*Step
	job *Job
}

// byHost are the hops of jobs to each host, in the order in which they left.
func byHost(jobs []Job) map[string][]departure {
	all := make(map[string][]departure)
	for i := range jobs {
		for j := range jobs[i].Steps {
			step := &jobs[i].Steps[j]
			all[step.Host] = append(all[step.Host], departure{step, &jobs[i]})
		}
	}
	for _, steps := range all {
		slices.SortStableFunc(steps, func(a, b departure) int { return cmp.Compare(a.Start, b.Start) })
	}
	return all
}

// kneeOf finds the knee in all hops to a host, in the order in which they left; ok means that the host is beyond it. As many as
// it was ever asked at once left first, most of them together, and queue behind few of them or many; those that left later
// queue behind all. Only what is most often asked of it is looked at.
func kneeOf(hops []departure) (k knee, ok bool) {
	ends := make([]time.Duration, len(hops))
	kinds, most := make(map[uint64]int), uint64(0)
	for i, h := range hops {
		ends[i] = h.Start + h.Service
		if kinds[h.job.Kind]++; kinds[h.job.Kind] > kinds[most] {
			most = h.job.Kind
		}
	}
	slices.Sort(ends)
	var took []time.Duration
	for i, ended := 0, 0; i < len(hops); i++ {
		for ended < i && ends[ended] <= hops[i].Start {
			ended++
		}
		if hops[i].Took > 0 && hops[i].job.Kind == most {
			took = append(took, hops[i].Took)
			k.peak = max(k.peak, i+1-ended)
		}
	}
	if k.peak < 2 || len(took)-k.peak < judged {
		return k, false
	}
	first, later := took[:k.peak], took[k.peak:]
	slices.Sort(first)
	slices.Sort(later)
	k.few, k.many = first[k.peak/8], later[len(later)/2]
	if n := len(later); later[n-1-n/10]-later[n/10] <= k.many/5 {
		k.enough = max(1, int(math.Ceil(float64(k.peak)*float64(k.few)/float64(k.many)-0.25)))
	}
	if float64(k.many) > steep*float64(k.peak)*float64(k.few) {
		return k, false
	}
	for _, n := range []int{(k.peak + 1) / 2, (k.peak + 3) / 4} {
		quick := first[n-1]
		asQuick, _ := slices.BinarySearch(later, quick+1)
		chance := atLeast(n, len(first), len(later), n+asQuick)
		if (chance <= significant || k.peak == 2 && chance <= ofTwo) && float64(quick) <= sooner*float64(k.many) && k.many-quick >= slight {
			return k, true
		}
	}
	return k, false
}

// atLeast is the chance that of the so many quickest of all, the first and the later ones, so many or more are first ones, if
// it is all the same when they left: the tail of the hypergeometric distribution.
func atLeast(firsts, first, later, quickest int) (tail float64) {
	for i := firsts; i <= min(first, quickest); i++ {
		if quickest-i <= later {
			tail += math.Exp(choose(first, i) + choose(later, quickest-i) - choose(first+later, quickest))
		}
	}
	return tail
}

// choose is the logarithm of the binomial coefficient.
func choose(n, k int) float64 {
	all, _ := math.Lgamma(float64(n + 1))
	in, _ := math.Lgamma(float64(k + 1))
	out, _ := math.Lgamma(float64(n - k + 1))
	return all - in - out
}

// words say what makes more workers useless.
func (k *knee) words() string {
	return fmt.Sprintf("%s is beyond its knee, a response took %s when few were in flight and %s with %d", web.ShownHost(k.host),
		Seconds(k.few), Seconds(k.many), k.peak)
}
