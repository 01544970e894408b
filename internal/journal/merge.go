package journal

import (
	"context"
	"iter"
	"slices"
	"time"

	"example.com/fetch/internal/record"
)

// Merged is several journals that are reported on as one, such as those of shards of a list. One journal alone is as it
// is. The records of several come journal after journal, the Seq of each after those of the journals before it, so that
// they stay different; and their times are real ones, counted from the earliest start of all.
type Merged struct {
	Journals []*Journal
	axes     []axis
	wall     record.Micros
}

// Merge puts journals together. There has to be at least one.
func Merge(all []*Journal) *Merged {
	m := &Merged{Journals: all}
	if len(all) == 1 {
		m.axes, m.wall = []axis{all[0].axis()}, all[0].Wall()
		return m
	}
	start := m.Started()
	seqs := int64(0)
	for _, j := range all {
		a := axis{seq: seqs, offsets: make([]record.Micros, len(j.Legs))}
		for i := range j.Legs {
			leg := &j.Legs[i]
			a.offsets[i] = min(record.MicrosOf(leg.Started.Sub(start)), longestWall)
			m.wall = max(m.wall, a.offsets[i]+leg.Wall)
		}
		m.axes = append(m.axes, a)
		requests, _ := j.Requests()
		seqs += max(j.MaxSeq(), requests, 0)
	}
	return m
}

// Started is the earliest start of all legs.
func (m *Merged) Started() time.Time {
	var start time.Time
	for _, j := range m.Journals {
		for i := range j.Legs {
			if s := j.Legs[i].Started; start.IsZero() || s.Before(start) {
				start = s
			}
		}
	}
	return start
}

// Wall is how long it all took: of one journal the sum of its legs, and of several from the earliest start to the latest
// end.
func (m *Merged) Wall() record.Micros { return m.wall }

// Requests is how many requests the lists have together; false if one of the journals does not say it.
func (m *Merged) Requests() (n int64, known bool) {
	for _, j := range m.Journals {
		requests, known := j.Requests()
		if !known {
			return 0, false
		}
		n += requests
	}
	return n, true
}

// Begun is how many requests have at least one record.
func (m *Merged) Begun() int64 {
	n := int64(0)
	for _, j := range m.Journals {
		n += j.Begun()
	}
	return n
}

// HasEnded reports whether the last leg of each journal has ended by itself.
func (m *Merged) HasEnded() bool {
	return !slices.ContainsFunc(m.Journals, func(j *Journal) bool { return !j.HasEnded() })
}

// Records is as Journal.Records.
func (m *Merged) Records(ctx context.Context) iter.Seq2[*record.Record, error] {
	return each(m, func(j *Journal, a axis) iter.Seq2[*record.Record, error] { return j.records(ctx, a) })
}

// InOrder is as Journal.InOrder.
func (m *Merged) InOrder(ctx context.Context) iter.Seq2[*record.Record, error] {
	return each(m, func(j *Journal, a axis) iter.Seq2[*record.Record, error] { return j.inOrder(ctx, a) })
}

// each gives what all journals have, one after the other.
func each[T any](m *Merged, of func(*Journal, axis) iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for i, j := range m.Journals {
			for one, err := range of(j, m.axes[i]) {
				if !yield(one, err) || err != nil {
					return
				}
			}
		}
	}
}
