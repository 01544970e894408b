package load

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"

	"example.com/fetch/fetcher"
)

// MaxMix is how many requests a Mix holds at most.
const MaxMix = 1_000_000

// MixOptions say in which order the requests of a list are sent. The zero value is round and round.
type MixOptions struct {
	Weight string // the column of Request.Row that says how often a request comes, compared with the others; empty: all alike
	Random bool   // each is drawn by itself, whatever came before; otherwise in turn, spread as evenly as their weights allow
	Seed   uint64 // of the drawing: with the same it is the same
}

// Mix is a list of requests to be sent again and again. It holds them in memory. It does not change, and is safe for
// concurrent use.
type Mix struct {
	list    []*fetcher.Request
	weights []float64 // as many as list; nil: all alike
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

// Len is how many requests the list has.
func (m *Mix) Len() int { return len(m.list) }

// At is the request at a place in the list, from 0.
func (m *Mix) At(i int) *fetcher.Request { return m.list[i] }

// All gives the requests without end, the same ones again and again. It begins anew each time it is ranged, and then
// gives the same sequence.
func (m *Mix) All() iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		next := m.order()
		for yield(m.list[next()], nil) {
		}
	}
}
