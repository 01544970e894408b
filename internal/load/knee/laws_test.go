package knee_test

import (
	"math"
	"math/rand/v2"
	"time"

	"example.com/fetch/internal/load/knee"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// service is how long the servers of these laws take for a request that does not wait.
const service = 0.08

// law is the throughput a second and the mean response time in seconds at so many users.
type law func(users float64) (rate, mean float64)

// alone is the law of users who do nothing but wait for their answers: those who are not served wait, so that by Little's
// law the mean follows from the throughput.
func alone(rate func(users float64) float64) law {
	return func(n float64) (float64, float64) { return rate(n), n / rate(n) }
}

// capacity serves so many at once, each in the same time.
func capacity(most float64) law {
	return alone(func(n float64) float64 { return min(n, most) / service })
}

// linear gives each user a server.
func linear() law { return alone(func(n float64) float64 { return n / service }) }

// universal is the Universal Scalability Law.
func universal(contention, coherence float64) law {
	return alone(func(n float64) float64 {
		return n / service / (1 + contention*(n-1) + coherence*n*(n-1))
	})
}

// repair is M/M/c//n: n users who think and then ask one of the servers, all with exponential times.
func repair(servers int, think float64) law {
	return func(n float64) (float64, float64) {
		weight, sum, rate := 1.0, 1.0, 0.0
		for k := 1; k <= int(n); k++ {
			busy := float64(min(k, servers))
			weight *= (n - float64(k) + 1) / think * service / busy
			sum += weight
			rate += weight * busy / service
		}
		rate /= sum
		return rate, n/rate - think
	}
}

// sweep measures a law, with noise of so much of each figure.
func sweep(l law, noise float64, seed uint64, users ...int) []knee.Step {
	random := rand.New(rand.NewPCG(seed, 1))
	noisy := func(f float64) float64 { return f * (1 + noise*(2*random.Float64()-1)) }
	var steps []knee.Step
	for _, n := range users {
		rate, mean := l(float64(n))
		steps = append(steps, knee.Step{Users: n, Summary: summary(noisy(rate), noisy(mean), noisy(1.2*mean))})
	}
	return steps
}

// summary is that of five seconds in which all went well.
func summary(rate, mean, p99 float64) *measure.LoadSummary {
	n := int64(5 * rate)
	s := &measure.LoadSummary{
		Planned: record.MicrosOf(5 * time.Second), Wall: record.MicrosOf(5 * time.Second), Sent: n, OK: n,
		Rate: measure.Rates{Answered: rate, OK: rate},
	}
	s.Asked.Target = "http://slow.test/sample"
	s.Response.OK = measure.Latency{N: n, Mean: micros(mean), P50: micros(mean), P90: micros(p99), P99: micros(p99), Max: micros(p99)}
	s.Service.OK = measure.Latency{N: n, P99: micros(service)}
	return s
}

func micros(seconds float64) *record.Micros {
	m := record.Micros(math.Round(seconds * 1e6))
	return &m
}

// erlang is M/M/c in the open model at a rate below its capacity: the mean response time, and the 99th percentile.
func erlang(servers int, rate float64) (mean, p99 float64) {
	load := rate * service
	blocked := 1.0 // Erlang B
	for k := 1; k <= servers; k++ {
		blocked = load * blocked / (float64(k) + load*blocked)
	}
	waits := blocked / (1 - load/float64(servers)*(1-blocked)) // Erlang C
	drain := float64(servers)/service - rate
	mean = service + waits/drain
	// P(T > t) of a wait and a service, both exponential; by bisection.
	beyond := func(t float64) float64 {
		own := 1 / service
		served := math.Exp(-own * t)
		if math.Abs(own-drain) < 1e-9 {
			return served * (1 + waits*own*t)
		}
		return (1-waits)*served + waits*(own*math.Exp(-drain*t)-drain*served)/(own-drain)
	}
	low, high := 0.0, 1e3
	for range 60 {
		if middle := (low + high) / 2; beyond(middle) > 0.01 {
			low = middle
		} else {
			high = middle
		}
	}
	return mean, high
}

// open is a step of five seconds at a rate, at a server with so many places. Where it is too much, what waits grows.
func open(servers int, rate float64) knee.Step {
	most := float64(servers) / service
	var s *measure.LoadSummary
	var standing float64
	if rate < most {
		mean, p99 := erlang(servers, rate)
		s, standing = summary(rate, mean, p99), rate*mean
	} else {
		late := 5 * (rate/most - 1)
		s, standing = summary(most, service+late/2, service+late), float64(servers)
		s.Wall += *micros(late)
	}
	for second := range 5 {
		s.Seconds = append(s.Seconds, measure.Second{
			From: *micros(float64(second)), To: *micros(float64(second + 1)),
			InFlight: int64(math.Round(standing + max(0, rate-most)*float64(second+1))),
		})
	}
	// The time in which what is left comes to its end.
	s.Seconds = append(s.Seconds, measure.Second{From: *micros(5), To: *micros(6)})
	return knee.Step{Rate: rate, Summary: s}
}
