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
	return func(yield func(*record.Record, error) bool) {
		if err := j.inOrder(ctx, yield); err != nil {
			yield(nil, err)
		}
	}
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

func (j *Journal) inOrder(ctx context.Context, yield func(*record.Record, error) bool) error {
	f, err := j.open()
	if err != nil {
		return err
	}
	defer f.Close()
	entries, bad := j.index(ctx)
	if bad != nil && bad != j.bad {
		return bad
	}
	var buffer []byte
	for i, e := range entries {
		if i%ctxEvery == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		buffer = slices.Grow(buffer[:0], int(e.length))[:e.length]
		if _, err := f.ReadAt(buffer, e.start); err != nil {
			return unreadable(j.Path, err)
		}
		r := new(record.Record)
		if err := record.Parse(buffer, r); err != nil {
			return &LineError{Path: j.Path, Line: int64(e.number), Err: err}
		}
		if cap(buffer) > spare {
			buffer = nil
		}
		if j.place(r, int(e.leg)); !yield(r, nil) {
			return nil
		}
	}
	return bad
}

// index finds the records that count, and sorts them. With the error of a bad line it gives those before that.
func (j *Journal) index(ctx context.Context) ([]entry, error) {
	count := int64(0)
	for i := range j.Legs {
		count += j.Legs[i].Records
	}
	entries := make([]entry, 0, count)
	var bad error
	for e, err := range read(ctx, j, typeRecord, func(line journalLine) (entry, bool, error) {
		g, err := look(line.text)
		return entry{g.seq, line.start, g.page, int32(len(line.text)), int32(line.leg), uint32(line.number)}, j.counts(g.seq, line.leg), err
	}) {
		if err != nil {
			bad = err
			break
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.seq, b.seq), cmp.Compare(a.page, b.page), cmp.Compare(a.start, b.start))
	})
	return entries, bad
}
