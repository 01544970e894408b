package sched

import (
	"math"

	"example.com/fetch/internal/sane"
)

// Check reports what makes no sense in a Limit that has the given name.
func (l *Limit) Check(to *sane.Report, name string) {
	if l.InFlight < 0 {
		to.Add(name+".InFlight", l.InFlight, "0 for no bound, or more")
	}
	checkRates(to, name, "Rates", l.Rates)
	checkRates(to, name, "Leased", l.Leased)
	if r := l.RunningTime; (r != RunningTime{}) && (r.Time <= 0 || r.Per <= 0 || r.Time > sane.Longest || r.Per > sane.Longest) {
		to.Add(name+".RunningTime", r, "both more than 0, or neither")
	}
}

func checkRates(to *sane.Report, name, which string, rates []Rate) {
	for i, r := range rates {
		var want string
		switch {
		case !(r.Events > 0) || math.IsInf(r.Events, 0):
			want = "Events must be more than 0"
		case r.Per <= 0:
			want = "Per must be more than 0, such as time.Second"
		case r.Per > sane.Longest, float64(r.Per)/r.Events > float64(sane.Longest):
			want = "one hop in 73 years or more"
		case r.Burst < 0:
			want = "Burst must be 0 or more"
		default:
			continue
		}
		to.Addf("%s.%s[%d] is {Events: %v, Per: %v, Burst: %d}: %s", name, which, i, r.Events, r.Per, r.Burst, want)
	}
}
