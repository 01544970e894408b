package transport

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
)

// SetContent gives a request its content, which is opened now and by GetBody. Its errors, and panics of whoever made it, go
// through fail. If it cannot be opened, the body is a Failing.
func SetContent(req *http.Request, open func() (io.ReadCloser, error), length int64, fail func(error) error) {
	req.GetBody = func() (io.ReadCloser, error) {
		b, err := open()
		switch {
		case err != nil:
			return nil, fail(fmt.Errorf("the request's body: %w", err))
		case b == http.NoBody: // which net/http looks for
			return b, nil
		}
		return guarded{b, fail}, nil
	}
	req.ContentLength = cmp.Or(length, -1)
	b, err := req.GetBody()
	if err != nil {
		b = Failing{err}
	}
	req.Body = b
}

// Failing is a body that could not be opened, or of which no more comes.
type Failing struct{ Err error }

func (b Failing) Read([]byte) (int, error) { return 0, b.Err }

// Close does nothing.
func (b Failing) Close() error { return nil }

// guarded is the content of a request, which net/http reads on goroutines of its own.
type guarded struct {
	io.ReadCloser
	fail func(error) error
}

func (b guarded) Read(p []byte) (n int, err error) {
	defer func() {
		if v := recover(); v != nil {
			n, err = 0, b.fail(Panicked(v))
		}
	}()
	return b.ReadCloser.Read(p)
}

// Panicked is the failure that a panic of a caller's function makes.
func Panicked(v any) error { return fmt.Errorf("panic: %v\n%s", v, debug.Stack()) }
