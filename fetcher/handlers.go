package fetcher

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"

	"example.com/fetch/internal/file"
	"example.com/fetch/internal/filename"
)

// ErrStopReading, from a Handler, says that it has seen enough: the request succeeds, and the rest of the body is not waited for.
var ErrStopReading = errors.New("fetcher: enough of the body was read")

// Fatal makes an error of a Handler end the run, such as that of a full disk: its request fails with KindWrite, and Run yields
// an error that matches err, last. Nothing more is started, and what is in flight runs to its end and is yielded before.
func Fatal(err error) error { return &Error{Kind: KindWrite, Err: err} }

// ValueOf gives the Value of a result, and the zero T if that is nil or of another type.
func ValueOf[T any](r *Result) T {
	v, _ := r.Value.(T)
	return v
}

// Bytes makes a Handler that reads the whole body into Result.Value, as a []byte. A body of more than most bytes fails its
// request with KindBodyTooLarge; with NoBound, or 0, Fetcher.MaxBody alone bounds it.
func Bytes(most int64) Handler {
	if most <= 0 {
		most = math.MaxInt64 - 1
	}
	return func(r *Result, resp *http.Response) error {
		body, err := io.ReadAll(io.LimitReader(resp.Body, min(most, math.MaxInt64-1)+1))
		switch {
		case err != nil:
			return err
		case int64(len(body)) > most:
			return &Error{Kind: KindBodyTooLarge, Err: fmt.Errorf("more than %d bytes", most)}
		}
		r.Value = body
		return nil
	}
}

// JSON makes a Handler that decodes the body, one JSON text, into Result.Value, as a T. Unknown fields are ignored, and null is
// the zero T. An empty body, other JSON, or anything after the text fails its request with KindExpect.
func JSON[T any]() Handler {
	return func(r *Result, resp *http.Response) error {
		var v T
		d := json.NewDecoder(resp.Body)
		err := d.Decode(&v)
		if err == io.EOF {
			return errors.New("the body is empty, and no JSON")
		}
		if err == nil {
			if _, more := d.Token(); more != io.EOF {
				err = cmp.Or(more, errors.New("something follows the JSON"))
			}
		}
		if err == nil {
			r.Value = v
		}
		return err
	}
}

// ToFile makes a Handler that saves each accepted body as a file of a folder, which is made if it does not exist. Result.Value
// is the file's path, a string. The file has the request's Name, or the end of its URL (/a/c.json gives c.json), made safe for
// all systems; an extension is added if it has no usual one; of equal names, those whose bodies come later get -2, -3 and so
// on, over all runs with this Handler. A file appears when it is whole, and replaces one from before this Handler. Any error of
// the disk (full, no permission, no folder) ends the run, as Fatal does.
func ToFile(dir string) Handler {
	saver := &file.Saver{Dir: dir}
	return func(r *Result, resp *http.Response) error {
		saved, unread, unwritten := saver.Save(cmp.Or(r.Request.Name, filename.OfURL(r.Request.URL)), resp.Header.Get("Content-Type"), resp.Body)
		switch {
		case unwritten != nil:
			return Fatal(unwritten)
		case unread != nil:
			return unread
		}
		r.Value = saved
		return nil
	}
}
