package list

import (
	"context"
	"fmt"
	"iter"
	"slices"
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
		_, again := l.Total()
		var held []*fetcher.Request // of a list that can be read only once
		var seq int64
		requests := l.Requests(ctx)
		for number, due := int64(1), time.Duration(0); due >= 0 && (length == 0 || due < length); due += every {
			stamp := fetcher.Row{
				{Column: RoundColumn, Value: fmt.Sprint(number)},
				{Column: TimeColumn, Value: start.Add(due).UTC().Format("2006-01-02T15:04:05.000Z")},
			}
			for req, err := range requests {
				if err == nil && !again && number == 1 {
					held = append(held, req)
				}
				switch {
				case err != nil:
				case ctx.Err() != nil:
					err = context.Cause(ctx)
				case len(held) > maxHeld:
					err = format.BadInput("", fmt.Sprintf(
						"a list that is read from a pipe and sent again and again may have %d requests", maxHeld), "put it into a file")
				default:
					req, err = stamped(stamp, req)
				}
				if err != nil {
					yield(nil, err)
					return
				}
				seq++
				req.Seq, req.Due = seq, req.Due+due
				if !yield(req, nil) {
					return
				}
			}
			if number++; !again {
				requests = func(yield func(*fetcher.Request, error) bool) {
					for _, req := range held {
						if !yield(req, nil) {
							return
						}
					}
				}
			}
		}
	}
}

// stamped is a copy of a request with the columns of a round in its rows, which it shares with no other round.
func stamped(stamp fetcher.Row, req *fetcher.Request) (*fetcher.Request, error) {
	row := req.Row
	if len(req.Rows) > 0 {
		row = req.Rows[0]
	}
	for _, cell := range stamp {
		if _, there := row.Get(cell.Column); there {
			return nil, format.BadInput("", "the table has a column "+cell.Column+", which --every adds itself", "rename it")
		}
	}
	again := *req
	if req.Rows == nil {
		again.Row = slices.Concat(stamp, req.Row)
		return &again, nil
	}
	again.Rows = make([]fetcher.Row, len(req.Rows))
	for i, row := range req.Rows {
		again.Rows[i] = slices.Concat(stamp, row)
	}
	return &again, nil
}
