package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"example.com/fetch/internal/record"
)

// Journal is what is in a journal, as of when it was read. Records are read anew from the file each time. It is safe for
// concurrent use.
type Journal struct {
	Path string
	Legs []Span // at least one: the run
	Torn int64  // how many bytes of a torn last line were passed over or cut off; 0: none was torn

	info   os.FileInfo     // of the file that was read
	size   int64           // of the whole lines in it
	maxSeq int64           // 0 if there are no records
	begun  int64           // requests that have records
	last   map[int64]int32 // of requests with records in several legs: the last of those
	bad    error           // the line at which the reading ended; nil: it did not
	events int64           // about hosts
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

// MaxSeq is the highest Seq of all records; 0 if there are none.
func (j *Journal) MaxSeq() int64 { return j.maxSeq }

// Begun is how many requests have at least one record, whatever became of them.
func (j *Journal) Begun() int64 { return j.begun }

// HasEnded reports whether the last leg has ended by itself, in whatever way: it was not killed, and is not going on.
func (j *Journal) HasEnded() bool { return j.Last().End != nil }

// Records gives the records that count: of a request that several legs have carried out, those of the last of these. They
// come in the order of the journal, their times counted from the start of the run as if each leg had begun where the one
// before it ended. Each is the caller's. An error is the last that comes: a *LineError, what the file could not be read
// for, or the context's cause.
func (j *Journal) Records(ctx context.Context) iter.Seq2[*record.Record, error] {
	return j.records(ctx, j.axis())
}

// Replaced gives the other records, of which later legs have others, in the order of the journal. It is as Records.
func (j *Journal) Replaced(ctx context.Context) iter.Seq2[*record.Record, error] {
	if len(j.last) == 0 {
		return func(func(*record.Record, error) bool) {}
	}
	return j.those(ctx, j.axis(), func(seq int64, leg int) bool { return !j.counts(seq, leg) })
}

// axis is where the records of a journal stand among those of others.
type axis struct {
	seq     int64           // added to each Seq
	offsets []record.Micros // of each leg, added to the times of its records
}

func (j *Journal) axis() axis {
	a := axis{offsets: make([]record.Micros, len(j.Legs))}
	for i := range j.Legs {
		a.offsets[i] = j.Legs[i].Offset
	}
	return a
}

// place puts a record of a leg onto the axis.
func (a *axis) place(r *record.Record, leg int) {
	r.Seq += a.seq
	by := a.offsets[leg]
	r.Due += by
	for i := range r.Attempts {
		r.Attempts[i].Start += by
		for k := range r.Attempts[i].Hops {
			r.Attempts[i].Hops[k].Start += by
		}
	}
}

func (j *Journal) records(ctx context.Context, a axis) iter.Seq2[*record.Record, error] {
	return j.those(ctx, a, j.counts)
}

// those gives the records that are wanted, by their request and leg.
func (j *Journal) those(ctx context.Context, a axis, wanted func(seq int64, leg int) bool) iter.Seq2[*record.Record, error] {
	return func(yield func(*record.Record, error) bool) {
		for line, err := range j.lines(ctx, "") {
			var r *record.Record
			if err == nil {
				r = new(record.Record)
				if err = record.Parse(line.text, r); err != nil {
					r, err = nil, &LineError{Path: j.Path, Line: line.number, Err: err}
				} else if !wanted(r.Seq, line.leg) {
					continue
				} else {
					a.place(r, line.leg)
				}
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// counts reports whether no later leg has records of a request.
func (j *Journal) counts(seq int64, leg int) bool {
	last, again := j.last[seq]
	return !again || int(last) == leg
}

// journalLine is a line with a record, an event, or of another type that is wanted.
type journalLine struct {
	text   []byte // until the next
	number int64
	start  int64 // in the file
	leg    int
}

// lines opens the file again and gives all lines of a type, "" for records, and the bad line at the end, if there is one. An
// error is the last that comes.
func (j *Journal) lines(ctx context.Context, wanted string) iter.Seq2[journalLine, error] {
	return func(yield func(journalLine, error) bool) {
		f, err := j.open()
		if err != nil {
			yield(journalLine{}, err)
			return
		}
		defer f.Close()
		lines := newLineReader(io.NewSectionReader(f, 0, j.size))
		leg := -1
		for text, err := range lines.all(ctx, j.Path) {
			if err != nil {
				yield(journalLine{}, err)
				return
			}
			is, typ, err := isRecord(text)
			if typ == TypeRun || typ == TypeResume {
				leg++
			}
			if err != nil || leg < 0 || leg >= len(j.Legs) {
				yield(journalLine{}, j.changed())
				return
			}
			if is == (wanted == "") && typ == wanted && !yield(journalLine{text, lines.number, lines.start, leg}, nil) {
				return
			}
		}
		switch {
		case lines.torn > 0:
			yield(journalLine{}, j.changed())
		case j.bad != nil:
			yield(journalLine{}, j.bad)
		}
	}
}

// open opens the file again.
func (j *Journal) open() (*os.File, error) {
	f, info, err := openPlain(j.Path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	if !os.SameFile(info, j.info) || info.Size() < j.size {
		f.Close()
		return nil, j.changed()
	}
	return f, nil
}

// errChanged is what is wrong with a file that is not what it was.
var errChanged = errors.New("something else was put in its place while it was being read; try again")

func (j *Journal) changed() error { return fmt.Errorf("%s: %w", printable(j.Path), errChanged) }
