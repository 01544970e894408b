package whatif

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"example.com/fetch/internal/web"
)

// knee describes a host that is loaded beyond its knee: with more requests in flight, responses took longer and
// throughput did not increase.
type knee struct {
	host      string
	few, many time.Duration // response time at first, when few were in flight, and later
	peak      int           // maximum number in flight
	enough    int           // about this number in flight would have had the same throughput; 0: the times differ too much to tell
}

// Criteria that separate a knee from requests of different cost.
const (
	significant = 0.02 // probability that by chance so few of the later ones are as quick as half of the first, or a quarter
	ofTwo       = 0.05 // the same with only two first ones

	sooner = 0.75                 // the first ones take at most this share of the later ones' time
	steep  = 1.5                  // a ratio this far above the number in flight is more than queueing explains
	slight = 2 * time.Millisecond // very short times vary by themselves
	judged = 8                    // minimum number of later ones
)

// departure is a hop of a job.
type departure struct {
	*Step
	job *Job
}

// byHost returns the hops of jobs to each host, in the order in which they were sent.
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

// kneeOf looks for the knee in all hops to a host, in the order in which they were sent; ok reports whether the host is
// beyond it. The first hops, as many as were ever in flight at once, were mostly sent together and queue behind between
// none and all of each other; later ones queue behind all of them. Only the most frequent kind of request is
// considered.
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

// atLeast returns the probability that among the quickest of all, first and later ones, there are at least firsts of
// the first ones, if the order of sending does not matter: the tail of the hypergeometric distribution.
func atLeast(firsts, first, later, quickest int) (tail float64) {
	for i := firsts; i <= min(first, quickest); i++ {
		if quickest-i <= later {
			tail += math.Exp(choose(first, i) + choose(later, quickest-i) - choose(first+later, quickest))
		}
	}
	return tail
}

// choose returns the logarithm of the binomial coefficient.
func choose(n, k int) float64 {
	all, _ := math.Lgamma(float64(n + 1))
	in, _ := math.Lgamma(float64(k + 1))
	out, _ := math.Lgamma(float64(n - k + 1))
	return all - in - out
}

// words explains why more workers are useless.
func (k *knee) words() string {
	return fmt.Sprintf("%s is beyond its saturation point: a response took %s when few were in flight and %s with %d", web.ShownHost(k.host),
		Seconds(k.few), Seconds(k.many), k.peak)
}
