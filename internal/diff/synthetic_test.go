package diff

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"

	"example.com/fetch/internal/record"
)

// shape is a synthetic run: hosts with URLs that are asked some times each.
type shape struct {
	name               string
	hosts, urls, times int
	spread             float64 // of the URLs' medians, standard deviation of the logarithm; 0: all are the same
}

const sigma = 0.3 // of the server's answers, standard deviation of the logarithm

// run makes a run of a server whose answers are lognormal with a median of 100 ms, slowed down by a factor.
func (s shape) run(rng *rand.Rand, slower float64) Run {
	var all []*record.Record
	medians := rand.New(rand.NewPCG(7, 7))
	for h := range s.hosts {
		for u := range s.urls {
			median := 100 * math.Exp(s.spread*medians.NormFloat64())
			for range s.times {
				ms := slower * median * math.Exp(sigma*rng.NormFloat64())
				all = append(all, success(h, u, int64(len(all)+1), ms))
			}
		}
	}
	return runOf(all...)
}

func success(host, url int, seq int64, ms float64) *record.Record {
	name := fmt.Sprintf("h%d.test:80", host)
	return &record.Record{
		Seq: seq, Page: 1, ID: fmt.Sprintf("%012x%012x", host, url), Method: "GET", URL: fmt.Sprintf("http://%s/%d", name, url),
		Host: name, OK: true, Status: 200, Service: record.Micros(1000 * ms), Bytes: 10,
	}
}

func runOf(records ...*record.Record) Run {
	return Run{Name: "run.jsonl", Records: sequence(records, nil), Count: int64(len(records))}
}

// sequence gives the records, and then err if there is one.
func sequence(records []*record.Record, err error) iter.Seq2[*record.Record, error] {
	return func(yield func(*record.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}
