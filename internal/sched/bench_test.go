package sched

import (
	"fmt"
	"testing"
	"time"
)

// What one hop costs: aim for less than 500 ns. A host that has learned something may cost as much again, and one of
// 10,000 hosts 3 µs more.
func BenchmarkHop(b *testing.B) {
	rates := []Rate{{Events: 1e9, Per: time.Second, Burst: 1000}, {Events: 1e12, Per: time.Minute, Burst: 1000}}
	quotas := []Quota{ // told with the head of each response
		{Name: "burst", Limit: 1e9, Remaining: 9e8, Window: time.Minute, Reset: 30 * time.Second},
		{Name: "daily", Limit: 1e12, Remaining: 9e11, Window: 24 * time.Hour, Reset: time.Hour},
	}
	adapt := Config{Slots: 100, Adapt: true, MaxWait: time.Minute, Retries: 3}
	for _, test := range []struct {
		name   string
		config Config
		quotas []Quota
		before func(*Scheduler, *host)
	}{
		{"plain", Config{Slots: 100}, nil, nil},
		{"rates", Config{Slots: 100, Total: Limit{Rates: rates[:1]},
			PerHost: func(string) Limit { return Limit{Rates: rates, InFlight: 100} }}, nil, nil},
		{"serves", adapt, nil, nil},
		{"learned", adapt, nil, func(s *Scheduler, h *host) { // bears more than it gets
			l := h.learn()
			l.rate.settle(0, 1e8, level)
			s.setSlots(0, h, 90, level)
		}},
		{"states", adapt, quotas, nil},
	} {
		for _, size := range []struct {
			hosts int
			ahead int // hops that wait: with fewer than hosts, these come and go
		}{{1, 1000}, {1000, 1000}, {10_000, 1000}, {10_000, 20_000}} {
			hosts, ahead := size.hosts, size.ahead
			b.Run(fmt.Sprintf("%s/hosts=%d/ahead=%d", test.name, hosts, ahead), func(b *testing.B) {
				s := New(test.config)
				names := make([]string, hosts)
				for i := range names {
					names[i] = fmt.Sprintf("host%d.test:80", i)
					if test.before != nil {
						test.before(s, s.host(names[i]))
					}
				}
				hops := make([]Hop, ahead+1)
				now, seq := time.Duration(0), int64(0)
				add := func(h *Hop) {
					seq++
					*h = Hop{Seq: seq, Host: names[int(seq)%hosts]}
					s.Add(now, h)
				}
				for i := range ahead {
					add(&hops[i])
				}
				free := &hops[ahead]
				b.ReportAllocs()
				for b.Loop() {
					now += time.Microsecond
					add(free)
					h := s.Next(now)
					if h == nil {
						b.Fatal("nothing leaves")
					}
					s.Wake(now)
					if test.quotas != nil {
						s.Observe(now, h, Signal{Quotas: test.quotas})
					}
					s.Done(now, h, Signal{Kind: Served})
					free = h
				}
			})
		}
	}
}
