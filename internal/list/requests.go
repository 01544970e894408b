package list

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"slices"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/template"
)

// Requests gives the requests in order, numbered from 1 over all inputs. Lines of a stream are given as soon as they
// have been written, and nothing is kept of them. A bad line that does not end the list, and a row whose values make no
// request, is one whose Err is a *LineError. An error comes last and with a nil request: a *LineError if a line is bad,
// an *InputError if an input cannot be read (both match ErrInput), or the cause of ctx. The sequence may be ranged
// again if Total is known.
func (l *List) Requests(ctx context.Context) iter.Seq2[*fetcher.Request, error] {
	if l.filled != nil {
		return l.fill(ctx)
	}
	return func(yield func(*fetcher.Request, error) bool) {
		p := l.newPass(yield)
		for _, in := range l.inputs {
			if !p.read(ctx, in) {
				return
			}
		}
		if p.seq == 0 {
			yield(nil, l.empty())
		}
	}
}

// pass is one ranging over the requests.
type pass struct {
	list   *List
	seq    int64
	yield  func(*fetcher.Request, error) bool
	before *seen // nil: the same request may come again
}

func (l *List) newPass(yield func(*fetcher.Request, error) bool) *pass {
	if !l.known {
		l.doubles.Store(0)
	}
	return &pass{list: l, yield: yield, before: l.newSeen()}
}

// read yields the requests of one input, and reports whether to go on with the next.
func (p *pass) read(ctx context.Context, in *format.Input) bool {
	d, release, err := p.list.begin(ctx, in)
	if err != nil {
		p.yield(nil, err)
		return false
	}
	defer release()
	for {
		if ctx.Err() != nil {
			p.yield(nil, context.Cause(ctx))
			return false
		}
		err := d.Next()
		switch {
		case err == nil:
			if !p.give(p.list.request(d)) {
				return false
			}
		case err == io.EOF:
			return true
		case !p.passOver(ctx, in, err):
			return false
		}
	}
}

// give yields a request, if it is not the same as one before, and reports whether to go on.
func (p *pass) give(req *fetcher.Request) bool {
	if p.list.isDouble(p.before, req) {
		if !p.list.known { // or they have been counted by Open
			p.list.doubles.Add(1)
		}
		return true
	}
	p.seq++
	req.Seq = p.seq
	return p.yield(req, nil)
}

// passOver reports whether reading goes on after an error: a bad line gives a request that fails, if it is not to end
// the list.
func (p *pass) passOver(ctx context.Context, in *format.Input, err error) bool {
	var line *format.LineError
	switch {
	case errors.As(err, &line) && p.list.options.SkipBad:
		p.seq++
		return p.yield(p.list.failed(line, p.seq), nil)
	case line != nil:
		err = line
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	default:
		err = in.Unreadable(err)
	}
	p.yield(nil, err)
	return false
}

// failed is the request that stands for a bad line, in its place.
func (l *List) failed(line *format.LineError, seq int64) *fetcher.Request {
	e := l.shown(line.Partial)
	return &fetcher.Request{
		Seq: seq, Method: cmp.Or(e.Method, l.options.Template.Method), URL: format.Recordable(e.URL), Name: e.Name, Row: e.Row, Err: line,
		Tag: l.options.Template.Tag,
	}
}

// shown is as much of a bad line as may be shown: nothing, where a secret may stand in another column than its own.
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

// begin opens an input for reading its requests; release closes it.
func (l *List) begin(ctx context.Context, in *format.Input) (d *format.Reader, release func(), err error) {
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	if err := in.Begin(); err != nil {
		return nil, nil, err
	}
	if d, err = in.Open(); err != nil {
		return nil, nil, err
	}
	release, err = l.hold(ctx)(in, d)
	return d, release, err
}

// hold notes what is being read, so that Close and ctx end it.
func (l *List) hold(ctx context.Context) template.Hold {
	return func(in *format.Input, open io.Closer) (release func(), err error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.closed {
			open.Close()
			return nil, in.Unreadable(fs.ErrClosed)
		}
		l.open = open
		stop := context.AfterFunc(ctx, func() { open.Close() }) // which ends a read of a pipe
		return func() {
			stop()
			l.mu.Lock()
			l.open = nil
			l.mu.Unlock()
			open.Close() // a failure to close what was read changes nothing
		}, nil
	}
}
