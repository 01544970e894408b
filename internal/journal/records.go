package journal

import (
	"cmp"
	"context"
	"iter"
	"os"
	"slices"

	"example.com/fetch/internal/record"
)

// Journal is the content of a journal at the time when it was read. Records are read from the file again each
// time. It is safe for concurrent use.
type Journal struct {
	Path   string
	Legs   []Span // at least one: the run
	MaxSeq int64  // the highest Seq of all records; 0 if there are none
	Begun  int64  // how many requests have at least one record, whatever their outcome
	Torn   int64  // length of an incomplete last line that was ignored or removed; 0: there was none

	info   os.FileInfo     // of the file that was read
	size   int64           // of the complete lines in it
	last   map[int64]int32 // for requests with records in several parts, the last of these parts
	bad    error           // the line at which reading ended; nil: all were read
	events int64           // number of events about hosts
	seq    int64           // added to the Seq of each record: see Merge
}

// Span is one part of a run: how it began and ended, and its place on the time axis that all parts of a run
// share.
type Span struct {
	Leg
	End     *End          // nil: it was killed, or is still running
	Wall    record.Micros // duration; without an end, up to the end of its last record
	Offset  record.Micros // sum of the walls of the parts before it
	Records int64         // all of its records, including those that later parts have replaced
	Events  []Event       // except those about hosts, which may be many: see Journal.HostEvents
}

// Run returns the run line.
func (j *Journal) Run() *Leg { return &j.Legs[0].Leg }

// Last returns the part that was begun last.
func (j *Journal) Last() *Span { return &j.Legs[len(j.Legs)-1] }

// Wall returns the sum of the walls of all parts.
func (j *Journal) Wall() record.Micros { return j.Last().Offset + j.Last().Wall }

// Requests returns how many requests the list has, according to the latest part that knew it; false if none
// did.
func (j *Journal) Requests() (n int64, known bool) {
	for _, part := range slices.Backward(j.Legs) {
		if part.List.Requests != nil {
			return *part.List.Requests, true
		}
	}
	return 0, false
}

// HasEnded reports whether the last part has ended by itself, in whatever way: it was not killed, and is not
// running.
func (j *Journal) HasEnded() bool { return j.Last().End != nil }

// Records yields the valid records: of a request that was sent in several parts, those of the last one. They
// come in the order of the journal, with times from the start of the run, as if each part had begun when the
// one before it ended. Each belongs to the caller. An error ends the sequence: a *LineError, an error of
// reading the file, or the cause of the context.
func (j *Journal) Records(ctx context.Context) iter.Seq2[*record.Record, error] {
	return j.those(ctx, true)
}

// Replaced yields the other records, which later parts have replaced, in the order of the journal. It is like
// Records.
func (j *Journal) Replaced(ctx context.Context) iter.Seq2[*record.Record, error] {
	if len(j.last) == 0 {
		return func(func(*record.Record, error) bool) {}
	}
	return j.those(ctx, false)
}

// those yields the valid records, or the replaced ones.
func (j *Journal) those(ctx context.Context, counting bool) iter.Seq2[*record.Record, error] {
	return read(ctx, j, typeRecord, func(line journalLine) (*record.Record, bool, error) {
		r := new(record.Record)
		if err := record.Parse(line.text, r); err != nil || j.counts(r.Seq, line.part) != counting {
			return nil, false, err
		}
		j.place(r, line.part)
		return r, true, nil
	})
}

// counts reports whether no later part has records of the request.
func (j *Journal) counts(seq int64, part int) bool {
	last, again := j.last[seq]
	return !again || int(last) == part
}

// place adjusts a record of a part to the time axis of all parts, and to other journals.
func (j *Journal) place(r *record.Record, part int) {
	r.Seq += j.seq
	by := j.Legs[part].Offset
	r.Due += by
	for i := range r.Attempts {
		r.Attempts[i].Start += by
		for k := range r.Attempts[i].Hops {
			r.Attempts[i].Hops[k].Start += by
		}
	}
}

// InOrder yields the same as Records, in list order: by Seq and Page. It takes 32 bytes of memory for each.
func (j *Journal) InOrder(ctx context.Context) iter.Seq2[*record.Record, error] {
	return func(yield func(*record.Record, error) bool) {
		if err := j.inOrder(ctx, yield); err != nil {
			yield(nil, err)
		}
	}
}

// entry is the place of a record: all that InOrder keeps of it.
type entry struct {
	seq    int64
	start  int64 // offset in the file
	page   int32
	length int32
	part   int32
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
		if j.place(r, int(e.part)); !yield(r, nil) {
			return nil
		}
	}
	return bad
}

// index finds the valid records and sorts them. Together with the error of a bad line it returns those before
// that.
func (j *Journal) index(ctx context.Context) ([]entry, error) {
	count := int64(0)
	for i := range j.Legs {
		count += j.Legs[i].Records
	}
	entries := make([]entry, 0, count)
	var bad error
	for e, err := range read(ctx, j, typeRecord, func(line journalLine) (entry, bool, error) {
		g, err := look(line.text)
		return entry{g.seq, line.start, g.page, int32(len(line.text)), int32(line.part), uint32(line.number)}, j.counts(g.seq, line.part), err
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
