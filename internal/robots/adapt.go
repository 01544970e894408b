package robots

import (
	"context"
	"iter"
	"net/url"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/web"
)

const (
	maxHeld   = 10_000 // requests that wait for a robots.txt; then the list does
	maxAsking = 256    // origins that are asked at once
)

// Adapt holds back the requests of a list whose robots.txt is not known yet, and has those fail that it disallows. So requests
// come in another order, unless inOrder is true: then what stands behind one that is held back waits, too. The numbers of
// requests must have been set. Call Close when the requests have been carried out.
func (k *Keeper) Adapt(ctx context.Context, reqs iter.Seq2[*fetcher.Request, error], inOrder bool) iter.Seq2[*fetcher.Request, error] {
	if k == nil {
		return reqs
	}
	return func(yield func(*fetcher.Request, error) bool) {
		ctx, cancel := context.WithCancel(k.begin(ctx))
		s := &stage{
			keeper: k, ctx: ctx, inOrder: inOrder, yield: yield,
			lines: map[web.Origin][]held{}, waits: map[web.Origin]*wait{}, replies: make(chan reply),
		}
		read, over := make(chan entry), make(chan struct{})
		defer func() {
			cancel()
			for range s.asking {
				<-s.replies
			}
			<-over
		}()
		go func() {
			defer close(over)
			s.read(reqs, read)
		}()
		s.pass(read)
	}
}

// entry is one of a list, or its end.
type entry struct {
	req      *fetcher.Request
	err      error
	end      bool
	panicked any
}

// held is a request that waits.
type held struct {
	req *fetcher.Request
	url *url.URL // nil: it cannot be sent anyway
}

// wait is what the requests for one origin wait for.
type wait struct {
	answer   *answer // nil: it is not there yet
	requests int
}

// reply is what came of asking an origin; err: nothing will.
type reply struct {
	origin web.Origin
	answer *answer
	err    error
}

// stage is one time that a list is adapted.
type stage struct {
	keeper  *Keeper
	ctx     context.Context
	inOrder bool
	yield   func(*fetcher.Request, error) bool

	lines   map[web.Origin][]held // of each origin; in order, there is one for all of them
	held    int                   // requests in lines
	waits   map[web.Origin]*wait  // of the origins of these
	queue   []web.Origin          // that are to be asked
	asking  int                   // that are being asked
	replies chan reply
}

// read reads the list, on a goroutine of its own: what is held back must come out even if no more comes in.
func (s *stage) read(reqs iter.Seq2[*fetcher.Request, error], to chan<- entry) {
	last := entry{end: true}
	defer func() {
		last.panicked = recover()
		s.give(to, last)
	}()
	start := time.Now()
	for req, err := range reqs {
		if err != nil {
			last.err = err
			return
		}
		if req != nil && !s.sleep(req.Due-time.Since(start)-lasts) || !s.give(to, entry{req: req}) {
			return
		}
	}
}

func (s *stage) give(to chan<- entry, e entry) bool {
	select {
	case to <- e:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// sleep reports whether the time went by before the run ended.
func (s *stage) sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	select {
	case <-time.After(d):
		return true
	case <-s.ctx.Done():
		return false
	}
}

// pass passes requests on until there are no more, or nobody wants them. An error of the list comes behind what is held back.
func (s *stage) pass(read <-chan entry) {
	var last entry
	for !last.end || s.held > 0 {
		in := read
		if last.end || s.held >= maxHeld {
			in = nil
		}
		more := true
		select {
		case e := <-in:
			if last.end = e.end; e.end {
				last = e
			} else {
				more = s.take(e.req)
			}
		case r := <-s.replies:
			more = s.learn(r)
		case <-s.ctx.Done():
			more = false
		}
		if !more {
			return
		}
	}
	switch {
	case last.panicked != nil:
		panic(last.panicked)
	case last.err != nil:
		s.yield(nil, last.err)
	}
}

// take passes a request on, or puts it into line. It reports whether more are wanted.
func (s *stage) take(req *fetcher.Request) bool {
	h := held{req: req}
	if req != nil && req.Err == nil {
		h.url, _ = web.Parse(req.URL) // if that is an error, the engine says so
	}
	line, origin := web.Origin{}, web.Origin{}
	var a *answer
	if h.url != nil {
		origin = web.OriginOf(h.url)
		a = s.keeper.known(origin)
	}
	if !s.inOrder {
		line = origin
	}
	if len(s.lines[line]) == 0 && (h.url == nil || a != nil) {
		return s.send(h, a)
	}
	s.lines[line] = append(s.lines[line], h)
	s.held++
	if h.url == nil {
		return true
	}
	w := s.waits[origin]
	if w == nil {
		w = &wait{answer: a}
		s.waits[origin] = w
		if a == nil {
			s.queue = append(s.queue, origin)
			s.askNext()
		}
	}
	w.requests++
	return true
}

// send passes a request on, or the failure that it is.
func (s *stage) send(h held, a *answer) bool {
	if h.url == nil {
		return s.yield(h.req, nil)
	}
	if err := s.keeper.judge(a, web.OriginOf(h.url), h.url); err != nil {
		again := *h.req // which may be sent once more, in another round
		again.Err = err
		h.req = &again
	}
	return s.yield(h.req, nil)
}

// askNext asks the next origins, as many as may be asked.
func (s *stage) askNext() {
	for len(s.queue) > 0 && s.asking < maxAsking {
		o := s.queue[0]
		begun := s.keeper.async(func() {
			a, err := s.keeper.know(s.ctx, o)
			s.replies <- reply{o, a, err} // which somebody always takes
		})
		if !begun {
			return // the run is over
		}
		s.queue = s.queue[1:]
		s.asking++
	}
}

// learn passes on what waited for an origin. It reports whether more are wanted.
func (s *stage) learn(r reply) bool {
	s.asking--
	s.askNext()
	if r.err != nil {
		if s.ctx.Err() == nil {
			s.yield(nil, r.err) // the engine was stopped
		}
		return false
	}
	s.waits[r.origin].answer = r.answer
	line := r.origin
	if s.inOrder {
		line = web.Origin{}
	}
	for len(s.lines[line]) > 0 {
		h := s.lines[line][0]
		var a *answer
		if h.url != nil {
			o := web.OriginOf(h.url)
			w := s.waits[o]
			if a = w.answer; a == nil {
				return true
			}
			if w.requests--; w.requests == 0 {
				delete(s.waits, o)
			}
		}
		s.lines[line] = s.lines[line][1:]
		s.held--
		if !s.send(h, a) {
			return false
		}
	}
	delete(s.lines, line)
	return true
}
