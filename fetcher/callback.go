package fetcher

import (
	"errors"

	"example.com/fetch/internal/transport"
)

// What a caller's function does to its goroutine, a panic or an end of it (runtime.Goexit, as t.FailNow in a Handler),
// must neither end the program nor hang the run: it fails the request that it was called for.

var errGoexit = errors.New("a callback ended its goroutine")

// carryOut sees a request through, whatever happens meanwhile.
func (e *engine) carryOut(x *exchange) {
	over := false
	defer func() {
		if over {
			return
		}
		err := errGoexit
		if v := recover(); v != nil {
			err = transport.Panicked(v)
		}
		x.breakOff(err)
	}()
	x.carryOut()
	over = true
}

// breakOff ends an exchange at any point of its life.
func (x *exchange) breakOff(err error) {
	defer x.done()
	if x.delivered {
		return
	}
	if t := x.trip; t != nil && !t.frozen { // which this goroutine alone sets
		if t.body != nil {
			t.body.Close()
		}
		t.end()
	}
	x.retrying = false
	x.gaveUp = &Error{Kind: KindExpect, URL: x.result.FinalURL, Err: err}
	x.conclude()
}
