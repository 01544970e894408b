package journal

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"example.com/fetch/internal/record"
)

// InOrder gives what Records does, in the order of the list: by Seq and Page. It needs 32 bytes of memory for each.
func (j *Journal) InOrder(ctx context.Context) iter.Seq2[*record.Record, error] {
	return j.inOrder(ctx, j.axis())
}

// entry is where a record is: all that InOrder keeps of it.
type entry struct {
	seq    int64
	start  int64 // in the file
	page   int32
	length int32
	leg    int32
	number uint32 // of the line
}

func (j *Journal) inOrder(ctx context.Context, a axis) iter.Seq2[*record.Record, error] {
	return func(yield func(*record.Record, error) bool) {
		f, err := j.open()
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		entries, bad := j.index(ctx)
		if bad != nil && bad != j.bad {
			yield(nil, bad)
			return
		}
		var buffer []byte
		for i, e := range entries {
			if i%ctxEvery == 0 && ctx.Err() != nil {
				yield(nil, context.Cause(ctx))
				return
			}
			buffer = slices.Grow(buffer[:0], int(e.length))[:e.length]
			if _, err := f.ReadAt(buffer, e.start); err != nil {
				yield(nil, unreadable(j.Path, err))
				return
			}
			r := new(record.Record)
			if err := record.Parse(buffer, r); err != nil {
				yield(nil, &LineError{Path: j.Path, Line: int64(e.number), Err: err})
				return
			}
			if cap(buffer) > spare {
				buffer = nil
			}
			a.place(r, int(e.leg))
			if !yield(r, nil) {
				return
			}
		}
		if bad != nil {
			yield(nil, bad)
		}
	}
}

// index finds the records that count, and sorts them. With the error of a bad line it gives those before that.
func (j *Journal) index(ctx context.Context) ([]entry, error) {
	count := int64(0)
	for i := range j.Legs {
		count += j.Legs[i].Records
	}
	entries := make([]entry, 0, count)
	var bad error
	for line, err := range j.lines(ctx, "") {
		if err != nil {
			bad = err
			break
		}
		g, err := look(line.text)
		if err != nil {
			bad = &LineError{Path: j.Path, Line: line.number, Err: err}
			break
		}
		if j.counts(g.seq, line.leg) {
			entries = append(entries, entry{g.seq, line.start, g.page, int32(len(line.text)), int32(line.leg), uint32(line.number)})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.seq, b.seq), cmp.Compare(a.page, b.page), cmp.Compare(a.start, b.start))
	})
	return entries, bad
}
