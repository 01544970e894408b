package fetcher

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"time"
)

// Request is one entry of a list. Only URL is required, and where Err is set not even that. A Request is read, never
// written, once it has been given to Run or Do, and must not be changed until its Result has come.
type Request struct {
	// Seq is the request's place in its list, from 1. A source that knows it sets it, and it is kept when a run is
	// taken up again; where it is 0, Run numbers the requests in the order in which they come.
	Seq int64

	Method string      // an HTTP method (RFC 9110, section 9); empty means GET, or POST if there is a Body
	URL    string      // absolute, http or https
	Name   string      // what the user calls it; may be empty
	Header http.Header // sent as it is; nil is fine. A Host entry sets the Host header field
	Row    Row         // the table row that it was made from, carried through to the Result; nil where there is none
	Rows   []Row       // the rows that it asks for together, a batch; nil where it asks for Row or for none

	// Body makes the request's content; nil means none. It is called once for every attempt and every 307 or 308
	// redirect, and each reader it gives is closed. See BytesBody.
	Body func() (io.ReadCloser, error)
	// Length is the size of the content in bytes; -1 means unknown, and so does 0 when Body is not nil.
	Length int64

	// Timeout, if not 0, takes the place of Fetcher.Timeout.Attempt for this request; see NoTimeout.
	Timeout time.Duration
	// Due is when the request may first be sent, counted from the start of the run. Response time counts from it.
	Due time.Duration

	// Tag is whatever the caller wants to find again in the Result. It is carried along and never looked at.
	Tag any

	// Aside says that the request is none of a list, but about it, such as one for a robots.txt, and is for Do: it goes before
	// others, and Stats counts its hops, but no request; Ended is not called.
	Aside bool

	// Err, if not nil, says that the entry of the list is wrong, so that there is no request to send: its Result is a
	// failure of the Kind in this error, or of KindInput, in its place like any other, and nothing is sent. Run reads no
	// further until it is due.
	Err error
}

// Row is a row of a table: its cells in the order of the table's columns.
type Row []Cell

// Cell is one value of a Row and the name of its column.
type Cell struct{ Column, Value string }

// Get gives the value in the named column, and whether the row has one.
func (r Row) Get(column string) (string, bool) {
	for _, c := range r {
		if c.Column == column {
			return c.Value, true
		}
	}
	return "", false
}

// BytesBody gives the request a content and its Content-Type, which may be empty, and returns the request. Without a Method it
// is a POST. It neither copies b nor writes to a Header that is there.
func (r *Request) BytesBody(contentType string, b []byte) *Request {
	r.Body = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
	if r.Length = int64(len(b)); len(b) == 0 {
		r.Body = func() (io.ReadCloser, error) { return http.NoBody, nil }
	}
	if contentType != "" {
		if r.Header = r.Header.Clone(); r.Header == nil {
			r.Header = http.Header{}
		}
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

// method is the request's method with the default filled in.
func (r *Request) method() string {
	if r.Method == "" && r.Body != nil {
		return http.MethodPost
	}
	return cmp.Or(r.Method, http.MethodGet)
}
