package list

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/template"
	"example.com/fetch/internal/secret"
)

// Requests yields the requests in order, numbered from 1 over all inputs. Lines of a stream are yielded as soon as
// they have been written, and are not kept. A bad line that does not end the list, and a row whose values do not make
// a request, become a request whose Err is a *LineError. An error comes last and with a nil request: a *LineError if
// a line is bad, an *InputError if an input cannot be read (both match ErrInput), or the cause of ctx. The sequence
// may be ranged over again if Total is known.
func (l *List) Requests(ctx context.Context) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		if !l.known {
			l.doubles.Store(0)
		}
		seq, before := int64(0), l.newSeen()
		give := func(req *fetcher.Request) error {
			if before.again(req) {
				if !l.known { // otherwise Open has counted them
					l.doubles.Add(1)
				}
				return nil
			}
			seq++
			req.Seq = seq
			if !yield(req, nil) {
				return errStopped
			}
			return nil
		}
		err := l.walk(ctx, give, func(line *format.LineError) error {
			if !l.options.SkipBad {
				return line
			}
			return give(l.failed(line))
		})
		switch {
		case err == nil && seq == 0:
			yield(nil, l.empty())
		case err != nil && err != errStopped:
			yield(nil, err)
		}
	}
}

// errStopped ends a walk when no further requests are wanted.
var errStopped = errors.New("stopped")

// walk calls give for the requests of all inputs, or of all templates for each row or batch. An error of give or bad
// ends it.
func (l *List) walk(ctx context.Context, give func(*fetcher.Request) error, bad func(*format.LineError) error) error {
	if l.filled != nil {
		err := l.filled.Walk(ctx, template.Visitor{Hold: l.hold(ctx), Give: give, Bad: bad})
		if err != nil && err != errStopped && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	return l.readAll(ctx, l.inputs, bad, func(_ *format.Input, d *format.Reader) error {
		req := new(fetcher.Request)
		l.build(d, req)
		l.settle(req)
		return give(req)
	})
}

// Place returns the place of a request in the list, such as list.txt:7, for which it reads the list again. It is
// empty for requests from templates, for a bad line, whose error has it, and if the list can be read only once.
func (l *List) Place(ctx context.Context, seq int64) (place string) {
	if !l.known || l.filled != nil {
		return ""
	}
	n, before := int64(0), l.newSeen()
	at := func(req *fetcher.Request, here func() string) error {
		if before.again(req) {
			return nil
		}
		if n++; n < seq {
			return nil
		}
		place = here()
		return errStopped
	}
	nowhere := func() string { return "" }
	_ = l.readAll(ctx, l.inputs, func(line *format.LineError) error { return at(l.failed(line), nowhere) }, func(_ *format.Input, d *format.Reader) error {
		req := new(fetcher.Request)
		l.build(d, req)
		l.settle(req)
		return at(req, d.Place)
	}) // the list may have changed since
	return place
}

type (
	onLine  = func(*format.LineError) error
	onEntry = func(*format.Input, *format.Reader) error
)

// readAll visits the entries of inputs. An error of visit or bad ends it.
func (l *List) readAll(ctx context.Context, inputs []*format.Input, bad onLine, visit onEntry) error {
	for _, in := range inputs {
		if err := l.read(ctx, in, bad, visit); err != nil {
			return err
		}
	}
	return nil
}

func (l *List) read(ctx context.Context, in *format.Input, bad onLine, visit onEntry) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := in.Begin(); err != nil {
		return err
	}
	d, err := in.Open()
	if err != nil {
		return err
	}
	release, err := l.hold(ctx)(in, d)
	if err != nil {
		return err
	}
	defer release()
	for ctx.Err() == nil {
		err := d.Next()
		line, isBad := errors.AsType[*format.LineError](err)
		switch {
		case err == nil:
			err = visit(in, d)
		case err == io.EOF:
			return nil
		case isBad:
			err = bad(line)
		case ctx.Err() != nil:
			err = context.Cause(ctx)
		default:
			err = in.Unreadable(err)
		}
		if err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// build creates the request of the reader's current entry, while the credentials that the list has in common are not
// known yet.
func (l *List) build(d *format.Reader, req *fetcher.Request) {
	*req = l.options.Template
	d.Fill(req)
	if req.Name != "" && req.Row != nil && l.options.Secrets.Column("name") { // the source of the name
		req.Name = secret.Mask
	}
	if l.woven != nil {
		*req = *l.woven.Weave(*req, d.HasBody())
		return
	}
	if l.content != nil && !d.HasBody() {
		l.content.Fill(req)
		req.URL = template.WithName(req.URL, l.content.Name)
	}
	req.URL = l.query.On(req.URL)
}

// failed returns the request that takes the place of a bad line.
func (l *List) failed(line *format.LineError) *fetcher.Request {
	e := l.shown(line.Partial)
	req := &fetcher.Request{
		Method: cmp.Or(e.Method, l.options.Template.Method), URL: format.Recordable(e.URL), Name: e.Name, Row: e.Row, Err: line,
		Tag: l.options.Template.Tag,
	}
	if l.filled != nil {
		l.filled.Failed(req)
	}
	return req
}

// shown returns the part of a bad line that may be shown: nothing if a secret may be in the wrong column.
func (l *List) shown(e format.Partial) format.Partial {
	isSecret := func(c fetcher.Cell) bool { return l.options.Secrets.Column(c.Column) }
	if !e.Shifted || !slices.ContainsFunc(e.Row, isSecret) {
		return e
	}
	row := slices.Clone(e.Row)
	for i := range row {
		row[i].Value = ""
	}
	return format.Partial{Row: row}
}

// hold registers what is being read, so that Close and ctx end it.
func (l *List) hold(ctx context.Context) template.Hold {
	return func(in *format.Input, open io.Closer) (release func(), err error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.closed {
			open.Close()
			return nil, in.Unreadable(fs.ErrClosed)
		}
		before := l.open
		l.open = open
		stop := context.AfterFunc(ctx, func() { open.Close() }) // this interrupts a read of a pipe
		return func() {
			stop()
			l.mu.Lock()
			l.open = before
			l.mu.Unlock()
			open.Close() // an error of closing after reading does not matter
		}, nil
	}
}

// The columns that rounds add at the beginning of a row.
const (
	RoundColumn = "round" // from 1
	TimeColumn  = "time"  // when the round was due: UTC, RFC 3339 with milliseconds
)

// maxHeld is the maximum number of requests of a stream that are kept in order to send them again.
const maxHeld = 100_000

// Rounds yields the whole list repeatedly: round k, from 0, is due at k times every after start, as long as that is
// less than length; a length of 0 means until ctx ends. The requests are numbered through all rounds, their Due
// counts from start, and their rows begin with the columns round and time. If the list can be read only once, its
// requests are kept in memory, at most 100,000. The sequence may be ranged over again if Total is known.
func (l *List) Rounds(ctx context.Context, start time.Time, every, length time.Duration) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		if every <= 0 {
			yield(nil, format.BadInput("--every", "is not greater than zero", "write it like 500ms"))
			return
		}
		_, again := l.Total()
		var held []*fetcher.Request // if the list can be read only once
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

// stamped returns a copy of a request with the columns of a round in its rows, which it does not share with other
// rounds.
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
