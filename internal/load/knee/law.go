package knee

import (
	"fmt"
	"math"

	"example.com/fetch/internal/units"
)

// Peak is the maximum throughput by the Universal Scalability Law (Gunther) fitted to the steps:
//
//	throughput(n) = a·n / (1 + b·(n-1) + c·n·(n-1))
//
// in which b stands for contention between users, and c for coherency cost.
type Peak struct {
	Users int     `json:"users"`
	Rate  float64 `json:"ok_per_s"`
	Fit   float64 `json:"r_squared"` // 1 is perfect
}

const (
	fitSteps     = 5    // two more than the law has parameters, so that the fit can be judged
	leastFit     = 0.95 // minimum R²
	mostResidual = 0.05 // maximum relative residual: with a hard limit the law does not apply
	mostBeyond   = 2    // maximum extrapolation, as a multiple of the tested users
)

// peak fits the law to steps with users. It returns nil if the law does not fit, or has no peak, or one too far
// from what was measured.
func peak(steps []Step) *Peak {
	if len(steps) < fitSteps {
		return nil
	}
	// n / throughput is linear in the parameters. Weighting by its square minimizes the relative error.
	var m [3][4]float64
	for i := range steps {
		n, rate := float64(steps[i].Users), steps[i].throughput()
		if rate <= 0 {
			return nil
		}
		row := [4]float64{1, n - 1, n * (n - 1), n / rate}
		for j := range m {
			for k := range row {
				m[j][k] += row[j] * row[k] / (row[3] * row[3])
			}
		}
	}
	x, ok := solve(m)
	if !ok || x[0] <= 0 || x[1] < 0 || x[2] <= 0 || x[1] >= x[0] {
		return nil
	}
	law := func(n float64) float64 { return n / (x[0] + x[1]*(n-1) + x[2]*n*(n-1)) }
	fit, residual := quality(steps, law)
	at := math.Sqrt((x[0] - x[1]) / x[2])
	if fit < leastFit || residual > mostResidual || at < 1 || at > mostBeyond*float64(steps[len(steps)-1].Users) {
		return nil
	}
	return &Peak{int(math.Round(at)), law(at), fit}
}

// quality returns R² of a law, and the largest relative residual.
func quality(steps []Step, law func(float64) float64) (fit, residual float64) {
	var mean, all, left float64
	for i := range steps {
		mean += steps[i].throughput() / float64(len(steps))
	}
	for i := range steps {
		rate := steps[i].throughput()
		off := rate - law(float64(steps[i].Users))
		all += (rate - mean) * (rate - mean)
		left += off * off
		residual = max(residual, math.Abs(off)/rate)
	}
	if all == 0 {
		return 0, residual
	}
	return 1 - left/all, residual
}

// solve solves three linear equations by elimination. It returns false if they are singular.
func solve(m [3][4]float64) (x [3]float64, ok bool) {
	for i := range m {
		pivot := i
		for j := i + 1; j < len(m); j++ {
			if math.Abs(m[j][i]) > math.Abs(m[pivot][i]) {
				pivot = j
			}
		}
		m[i], m[pivot] = m[pivot], m[i]
		if math.Abs(m[i][i]) < 1e-12*math.Abs(m[0][0]) || m[i][i] == 0 {
			return x, false
		}
		for j := range m {
			if j == i {
				continue
			}
			f := m[j][i] / m[i][i]
			for k := range m[j] {
				m[j][k] -= f * m[i][k]
			}
		}
	}
	for i := range x {
		x[i] = m[i][3] / m[i][i]
	}
	return x, true
}

func (p *Peak) words() string {
	return fmt.Sprintf("By the Universal Scalability Law, which fits (R² %.2f), throughput is greatest at about %s: %s.",
		math.Floor(p.Fit*100)/100, units.Counted(int64(p.Users), "user", "users"), units.PerSecond(p.Rate))
}
