package load

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"example.com/fetch/fetcher"
)

// MaxMix is the maximum number of requests of a Mix.
const MaxMix = 1_000_000

// MixOptions say in which order the requests of a list are sent. The zero value is round-robin.
type MixOptions struct {
	Weight string // column of Request.Row with the relative frequency of a request; empty: all are equal
	Random bool   // each is drawn independently; otherwise in turn, spread as evenly as their weights allow
	Seed   uint64 // seed of the drawing
}

// Mix is a list of requests that are sent repeatedly. It holds them in memory, is immutable, and safe for
// concurrent use.
type Mix struct {
	list    []*fetcher.Request
	weights []float64 // one per request; nil: all equal
	options MixOptions
}

// NewMix reads a list.
func NewMix(list iter.Seq2[*fetcher.Request, error], o MixOptions) (*Mix, error) {
	m := &Mix{options: o}
	total := 0.0
	for req, err := range list {
		if err != nil {
			return nil, err
		}
		if len(m.list) == MaxMix {
			return nil, fmt.Errorf("the list has more than %d requests, and a load keeps them in memory; give a part of it", MaxMix)
		}
		m.list = append(m.list, req)
		if o.Weight == "" {
			continue
		}
		weight, err := weightOf(req, o.Weight)
		if err != nil {
			return nil, fmt.Errorf("request %d: %w", cmp.Or(req.Seq, int64(len(m.list))), err)
		}
		m.weights = append(m.weights, weight)
		total += weight
	}
	switch {
	case len(m.list) == 0:
		return nil, errors.New("the list has no requests; give one that has")
	case o.Weight != "" && total == 0:
		return nil, fmt.Errorf("all weights in column %q are 0, so that nothing would be sent; give one above 0", o.Weight)
	}
	return m, nil
}

// maxWeight keeps sums of weights, and their products with numbers of requests, finite.
const maxWeight = 1e15

func weightOf(req *fetcher.Request, column string) (float64, error) {
	if len(req.Row) == 0 {
		return 0, fmt.Errorf("it has no row of its own to take a weight from; give a table with a column %q, one request a row", column)
	}
	text, ok := req.Row.Get(column)
	if !ok {
		var names []string
		for _, cell := range req.Row {
			names = append(names, strconv.Quote(cell.Column))
		}
		return 0, fmt.Errorf("there is no column %q for the weight; the columns are %s", column, strings.Join(names, ", "))
	}
	weight, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(weight >= 0 && weight <= maxWeight) {
		return 0, fmt.Errorf("the weight in column %q is %q; write a number from 0 to %g", column, text, maxWeight)
	}
	return math.Abs(weight), nil // no -0
}

// Len returns how many requests the list has.
func (m *Mix) Len() int { return len(m.list) }

// At returns the request at a place in the list, from 0.
func (m *Mix) At(i int) *fetcher.Request { return m.list[i] }

// All yields the requests endlessly. Each iteration starts anew and gives the same sequence.
func (m *Mix) All() iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		next := m.order()
		for yield(m.list[next()], nil) {
		}
	}
}

// Streams of random numbers, so that arrivals and a mix with the same seed are independent.
const (
	arrivalStream = 1
	mixStream     = 2
	thinkStream   = 3 // in the two highest bits; below are a user and a request
)

func newRandom(seed, stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }

// order returns a function that returns the places of the requests in order.
func (m *Mix) order() func() int {
	switch {
	case m.options.Random && m.weights != nil:
		return newLots(m.weights, m.options.Seed).draw
	case m.options.Random:
		random := newRandom(m.options.Seed, mixStream)
		return func() int { return random.IntN(len(m.list)) }
	case m.weights != nil:
		return newTurns(m.weights).next
	}
	i := -1
	return func() int {
		i++
		if i == len(m.list) {
			i = 0
		}
		return i
	}
}

// lots draws places at random by their weights, in constant time: Walker's alias method, built by Vose's
// algorithm. Each place has a box of the same size. What its own weight leaves free belongs to one other place.
type lots struct {
	random *rand.Rand
	own    []float64 // share of the box that belongs to the place itself
	other  []int32   // owner of the rest
}

// newLots takes weights of which at least one is positive.
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
	// The remaining ones fill their boxes except for rounding.
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

// turns selects places in turn, each as often as its weight says and as evenly spread as possible: the smooth
// weighted round-robin of nginx, in exactly the same order. At each step every place gains its weight; the one
// with the largest balance is selected, the first of several, and pays the sum of all weights.
//
// Searching a long list at each step would take too long. So the places form a tournament tree, and each match
// knows until which step its winner certainly remains the winner, unless one of the two is selected before: a
// balance is linear in the steps. A step replays only the matches that may have changed, and those of the
// selected place.
type turns struct {
	weights []float64
	total   float64
	step    float64
	paid    []float64 // by each place
	winner  []int32   // of match i between the winners of 2i and 2i+1; 1 is the final, len(weights)+i is place i itself
	until   []float64 // the first step at which match i, or one below it, may have turned
}

// newTurns takes weights of which at least one is positive.
func newTurns(weights []float64) *turns {
	n := len(weights)
	t := &turns{weights: weights, paid: make([]float64, n), winner: make([]int32, 2*n), until: make([]float64, 2*n)}
	for i, w := range weights {
		t.total += w
		t.winner[n+i], t.until[n+i] = int32(i), math.Inf(1)
	}
	for match := n - 1; match > 0; match-- {
		t.play(match)
	}
	return t
}

func (t *turns) next() int {
	t.step++
	t.playTurned(1)
	place := int(t.winner[1])
	t.paid[place] += t.total
	for match := (len(t.weights) + place) / 2; match > 0; match /= 2 {
		t.play(match)
	}
	return place
}

// owed returns the balance of a place at the current step.
func (t *turns) owed(place int32) float64 { return t.weights[place]*t.step - t.paid[place] }

// playTurned replays those matches, up to the given one, that may have changed by now.
func (t *turns) playTurned(match int) {
	if match < len(t.weights) && t.until[match] <= t.step {
		t.playTurned(2 * match)
		t.playTurned(2*match + 1)
		t.play(match)
	}
}

// play determines the winner of a match, and until when it certainly wins.
func (t *turns) play(match int) {
	best, other := t.winner[2*match], t.winner[2*match+1]
	lead := t.owed(best) - t.owed(other)
	if lead < 0 || lead == 0 && other < best {
		best, other, lead = other, best, -lead
	}
	t.winner[match] = best
	t.until[match] = min(t.until[2*match], t.until[2*match+1])
	if gain := t.weights[other] - t.weights[best]; gain > 0 {
		t.until[match] = min(t.until[match], t.step+max(1, math.Floor(lead/gain)))
	}
}
