package fetcher

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
)

// What a caller's function does to its goroutine, a panic or an end of it (runtime.Goexit, as t.FailNow in a Handler),
// must neither end the program nor hang the run: it fails the request that it was called for.

// panicked is the failure that a panic of a caller's function makes.
func panicked(v any) error { return fmt.Errorf("panic: %v\n%s", v, debug.Stack()) }

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
			err = panicked(v)
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

// guardedBody is the content of a request, which the transport reads on goroutines of its own.
type guardedBody struct{ io.ReadCloser }

func (b guardedBody) Read(p []byte) (n int, err error) {
	defer func() {
		if v := recover(); v != nil {
			n, err = 0, &Error{Kind: KindInput, Err: panicked(v)}
		}
	}()
	return b.ReadCloser.Read(p)
}
