package extract

import (
	"encoding/json"
	"fmt"
)

// values gathers the values of one answer in one piece of memory.
type values struct {
	encoder encoder
	ends    []int // of each value
}

func newValues() *values { return &values{encoder: encoder{room: maxValues}} }

// add appends a value. After an error v is not to be used.
func (v *values) add(value any) error {
	if v.encoder.dst == nil {
		v.encoder.dst = make([]byte, 0, 96)
	}
	if len(v.ends) == maxOutputs {
		v.encoder.err = fmt.Errorf("more than %d values", maxOutputs)
		return v.encoder.err
	}
	v.encoder.value(value, 0)
	if v.encoder.err == nil {
		v.encoder.full()
	}
	if v.encoder.err != nil {
		return v.encoder.err
	}
	v.ends = append(v.ends, len(v.encoder.dst))
	return nil
}

// all gives the values.
func (v *values) all() []json.RawMessage { return v.between(0, len(v.ends)) }

// between gives the values from one index to before another; nil if there are none.
func (v *values) between(from, to int) []json.RawMessage {
	if from == to {
		return nil
	}
	all := make([]json.RawMessage, 0, to-from)
	start := 0
	if from > 0 {
		start = v.ends[from-1]
	}
	for _, end := range v.ends[from:to] {
		all = append(all, v.encoder.dst[start:end:end])
		start = end
	}
	return all
}
