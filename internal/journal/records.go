package journal

import (
	"cmp"
	"context"
	"iter"
	"os"
	"slices"

	"example.com/fetch/internal/record"
)

// Journal is what is in a journal, as of when it was read. Records are read anew from the file each time. It is safe for
// concurrent use.
type Journal struct {
	Path   string
	Legs   []Span // at least one: the run
	MaxSeq int64  // the highest Seq of all records; 0 if there are none
	Begun  int64  // how many requests have at least one record, whatever became of them
	Torn   int64  // how many bytes of a torn last line were passed over or cut off; 0: none was torn

	info   os.FileInfo     // of the file that was read
	size   int64           // of the whole lines in it
	last   map[int64]int32 // of requests with records in several legs: the last of those
	bad    error           // the line at which the reading ended; nil: it did not
	events int64           // about hosts
	seq    int64           // added to the Seq of each record: see Merge
}

// Span is a leg: how it was begun, how it ended, and where it lies on the axis of time that all legs of a run share.
type Span struct {
	Leg
	End     *End          // nil: it was killed, or is still going on
	Wall    record.Micros // how long it took; of one without an end, up to the end of its last record
	Offset  record.Micros // the walls of the legs before it
	Records int64         // all of its records, those too which later legs have taken the place of
	Events  []Event       // but for those about hosts, of which there may be many: see Journal.HostEvents
}

// Run is the run line.
func (j *Journal) Run() *Leg { return &j.Legs[0].Leg }

// Last is the leg that was begun last.
func (j *Journal) Last() *Span { return &j.Legs[len(j.Legs)-1] }

// Wall is the sum of the walls of all legs.
func (j *Journal) Wall() record.Micros { return j.Last().Offset + j.Last().Wall }

// Requests is how many requests the list has, as the latest leg says that knew it; false if none did.
func (j *Journal) Requests() (n int64, known bool) {
	for _, leg := range slices.Backward(j.Legs) {
		if leg.List.Requests != nil {
			return *leg.List.Requests, true
		}
	}
	return 0, false
}

// HasEnded reports whether the last leg has ended by itself, in whatever way: it was not killed, and is not going on.
func (j *Journal) HasEnded() bool { return j.Last().End != nil }

// Records gives the records that count: of a request that several legs have carried out, those of the last of these. They
// come in the order of the journal, their times counted from the start of the run as if each leg had begun where the one
// before it ended. Each is the caller's. An error is the last that comes: a *LineError, what the file could not be read
// for, or the context's cause.
func (j *Journal) Records(ctx context.Context) iter.Seq2[*record.Record, error] {
	return j.those(ctx, true)
}

// Replaced gives the other records, of which later legs have others, in the order of the journal. It is as Records.
func (j *Journal) Replaced(ctx context.Context) iter.Seq2[*record.Record, error] {
	if len(j.last) == 0 {
		return func(func(*record.Record, error) bool) {}
	}
	return j.those(ctx, false)
}

// those gives the records that count, or the others.
func (j *Journal) those(ctx context.Context, counting bool) iter.Seq2[*record.Record, error] {
	return read(ctx, j, typeRecord, func(line journalLine) (*record.Record, bool, error) {
		r := new(record.Record)
		if err := record.Parse(line.text, r); err != nil || j.counts(r.Seq, line.leg) != counting {
			return nil, false, err
		}
		j.place(r, line.leg)
		return r, true, nil
	})
}

// counts reports whether no later leg has records of a request.
func (j *Journal) counts(seq int64, leg int) bool {
	last, again := j.last[seq]
	return !again || int(last) == leg
}

// place puts a record of a leg among those of all legs, and of other journals.
func (j *Journal) place(r *record.Record, leg int) {
	r.Seq += j.seq
	by := j.Legs[leg].Offset
	r.Due += by
	for i := range r.Attempts {
		r.Attempts[i].Start += by
		for k := range r.Attempts[i].Hops {
			r.Attempts[i].Hops[k].Start += by
		}
	}
}

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
