package journal

import (
	"context"
	"iter"
	"slices"
	"time"

	"example.com/fetch/internal/record"
)

// Merged is a number of journals that are reported as one, such as those of shards of a list. A single journal
// is unchanged. The records of several come journal after journal, with the Seq of each following those of the
// journals before it, so that they remain unique; and their times count from the earliest start of all.
type Merged []*Journal

// Merge merges journals, of which there must be at least one.
func Merge(all []*Journal) Merged {
	m := Merged(all)
	if len(m) == 1 {
		return m
	}
	start, seqs := m.Started(), int64(0)
	m = slices.Clone(m)
	for n, j := range m {
		placed := *j
		placed.seq, placed.Legs = seqs, slices.Clone(j.Legs)
		for i := range placed.Legs {
			part := &placed.Legs[i]
			part.Offset = min(record.MicrosOf(part.Started.Sub(start)), longestWall)
		}
		m[n] = &placed
		requests, _ := j.Requests()
		seqs += max(j.MaxSeq, requests, 0)
	}
	return m
}

// Started returns the earliest start of all.
func (m Merged) Started() time.Time {
	start := m[0].Run().Started
	for _, j := range m {
		for i := range j.Legs {
			if s := j.Legs[i].Started; s.Before(start) {
				start = s
			}
		}
	}
	return start
}

// Wall returns the total wall time: of one journal the sum of its parts, and of several the time from the
// earliest start to the latest end.
func (m Merged) Wall() (wall record.Micros) {
	for _, j := range m {
		for i := range j.Legs {
			wall = max(wall, j.Legs[i].Offset+j.Legs[i].Wall)
		}
	}
	return wall
}

// Requests returns the total number of requests of the lists; false if one of the journals does not have it.
func (m Merged) Requests() (n int64, known bool) {
	for _, j := range m {
		requests, known := j.Requests()
		if !known {
			return 0, false
		}
		n += requests
	}
	return n, true
}

// Begun returns how many requests have at least one record.
func (m Merged) Begun() int64 {
	n := int64(0)
	for _, j := range m {
		n += j.Begun
	}
	return n
}

// HasEnded reports whether the last part of each journal ended by itself.
func (m Merged) HasEnded() bool {
	return !slices.ContainsFunc(m, func(j *Journal) bool { return !j.HasEnded() })
}

// Records is like Journal.Records.
func (m Merged) Records(ctx context.Context) iter.Seq2[*record.Record, error] {
	return each(ctx, m, (*Journal).Records)
}

// InOrder is like Journal.InOrder.
func (m Merged) InOrder(ctx context.Context) iter.Seq2[*record.Record, error] {
	return each(ctx, m, (*Journal).InOrder)
}

// HostEvents is like Journal.HostEvents, journal after journal.
func (m Merged) HostEvents(ctx context.Context) iter.Seq2[record.HostEvent, error] {
	return each(ctx, m, (*Journal).HostEvents)
}

// each yields the elements of all journals, one journal after the other.
func each[T any](ctx context.Context, m Merged, of func(*Journal, context.Context) iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, j := range m {
			for one, err := range of(j, ctx) {
				if !yield(one, err) || err != nil {
					return
				}
			}
		}
	}
}
