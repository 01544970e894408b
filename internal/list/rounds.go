package list

import (
	"context"
	"fmt"
	"iter"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
)

// The columns that rounds put before a row.
const (
	RoundColumn = "round" // from 1
	TimeColumn  = "time"  // when the round was due: UTC, RFC 3339 with milliseconds
)

// maxHeld is how many requests of a stream are kept to be sent again.
const maxHeld = 100_000

// Rounds gives the whole list again and again: round k, from 0, is due at k times every after start, as long as that is
// less than length; a length of 0 means until ctx ends. The requests are numbered through all rounds, their Due counts from
// start, and the rows that they carry begin with the columns round and time. Of a list that can be read only once, the
// requests are kept in memory, at most 100,000. The sequence may be ranged again if Total is known.
func (l *List) Rounds(ctx context.Context, start time.Time, every, length time.Duration) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		if every <= 0 {
			yield(nil, format.BadInput("--every", "is not more than nothing", "write it like 500ms"))
			return
		}
		r := &rounds{list: l, ctx: ctx, start: start, yield: yield}
		for r.due = 0; length == 0 || r.due < length; r.due += every {
			if r.due < 0 || !r.round() { // after 292 years there is no time left to count in
				return
			}
			r.number++
		}
	}
}

// rounds is one ranging over the rounds of a list.
type rounds struct {
	list   *List
	ctx    context.Context
	start  time.Time
	yield  func(*fetcher.Request, error) bool
	number int64 // of the round, from 0
	due    time.Duration
	seq    int64
	held   []*fetcher.Request // the requests of a list that can be read only once
}

// round gives the requests of one round, and reports whether to go on.
func (r *rounds) round() bool {
	if r.ctx.Err() != nil {
		r.yield(nil, context.Cause(r.ctx))
		return false
	}
	_, again := r.list.Total()
	if !again && r.number > 0 {
		for _, req := range r.held {
			if r.ctx.Err() != nil {
				r.yield(nil, context.Cause(r.ctx))
				return false
			}
			if !r.give(req) {
				return false
			}
		}
		return true
	}
	for req, err := range r.list.Requests(r.ctx) {
		if err != nil {
			r.yield(nil, err)
			return false
		}
		if !again {
			if len(r.held) == maxHeld {
				r.yield(nil, format.BadInput("", fmt.Sprintf("a list that is read from a pipe and sent again and again may have %d requests", maxHeld),
					"put it into a file"))
				return false
			}
			r.held = append(r.held, req)
		}
		if !r.give(req) {
			return false
		}
	}
	return true
}

// give yields a request of the round, a copy that shares no row with those of other rounds.
func (r *rounds) give(req *fetcher.Request) bool {
	stamp := fetcher.Row{
		{Column: RoundColumn, Value: fmt.Sprint(r.number + 1)},
		{Column: TimeColumn, Value: r.start.Add(r.due).UTC().Format("2006-01-02T15:04:05.000Z")},
	}
	if name := stampedTwice(req); name != "" {
		r.yield(nil, format.BadInput("", "the table has a column "+name+", which --every adds itself", "rename it"))
		return false
	}
	again := *req
	r.seq++
	again.Seq = r.seq
	again.Due = r.due + req.Due
	if req.Rows == nil {
		again.Row = stamped(stamp, req.Row)
		return r.yield(&again, nil)
	}
	again.Rows = make([]fetcher.Row, len(req.Rows))
	for i, row := range req.Rows {
		again.Rows[i] = stamped(stamp, row)
	}
	return r.yield(&again, nil)
}

func stamped(stamp, row fetcher.Row) fetcher.Row {
	full := make(fetcher.Row, 0, len(stamp)+len(row))
	return append(append(full, stamp...), row...)
}

// stampedTwice is the column of a request's rows that a round would put there a second time; empty if there is none.
func stampedTwice(req *fetcher.Request) string {
	row := req.Row
	if len(req.Rows) > 0 {
		row = req.Rows[0]
	}
	for _, name := range [...]string{RoundColumn, TimeColumn} {
		if _, there := row.Get(name); there {
			return name
		}
	}
	return ""
}
