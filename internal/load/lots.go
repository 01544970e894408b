package load

import "math/rand/v2"

// lots draws places at random by their weights, each draw in the same time: Walker's alias method, built as Vose does. Each
// place has a box of the same size. What its own weight leaves free belongs to one other place.
type lots struct {
	random *rand.Rand
	own    []float64 // which part of the box is the place's own
	other  []int32   // whose the rest is
}

// newLots takes weights of which one at least is above 0.
func newLots(weights []float64, seed uint64) *lots {
	n := len(weights)
	l := &lots{random: newRandom(seed, mixStream), own: make([]float64, n), other: make([]int32, n)}
	total := 0.0
	for _, w := range weights {
		total += w
	}
	var small, large []int32 // places with less, and with no less, than a box
	for i, w := range weights {
		l.own[i] = w / total * float64(n)
		if l.own[i] < 1 {
			small = append(small, int32(i))
		} else {
			large = append(large, int32(i))
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, g := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		l.other[s] = g
		l.own[g] -= 1 - l.own[s]
		if l.own[g] < 1 {
			large = large[:len(large)-1]
			small = append(small, g)
		}
	}
	// What is left fills its box but for rounding.
	for _, i := range append(small, large...) {
		l.own[i] = 1
	}
	return l
}

func (l *lots) draw() int {
	i := l.random.IntN(len(l.own))
	if l.random.Float64() < l.own[i] {
		return i
	}
	return int(l.other[i])
}
