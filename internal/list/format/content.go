package format

import (
	"bytes"
	"io"
	"net/http"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/payload"
)

// content is the body that a list gives to one request: text that it holds, or a file that it names.
type content struct {
	text []byte
	file *payload.File // if not nil, in place of text
	json bool          // a JSON value, to be sent as such
}

// fileContent is the content of a file, which must be a regular one: it is read again for each attempt.
func fileContent(name string) (*content, *LineError) {
	file, err := payload.Find(name)
	if err == nil {
		return &content{file: file}, nil
	}
	problem, hint := UnusableFile(err)
	if name == "" {
		problem = "no file is named for the body"
	}
	return nil, &LineError{Text: Masked([]byte(name)), Problem: problem, Hint: hint}
}

// UnusableFile says what is wrong with a file for a body.
func UnusableFile(err error) (problem, hint string) {
	return "the file for the body cannot be used: " + Reason(err), "its name counts from the folder in which fetch is started"
}

// fill puts the body into a request, in place of the template's, and gives the header of the entry, to which it may have
// added. A request with a body is a POST where nothing else is said, as with -d.
func (c *content) fill(req *fetcher.Request, header http.Header) http.Header {
	if c.json && header["Content-Type"] == nil && (req.Body != nil || req.Header["Content-Type"] == nil) {
		// The template's type stays if it was given for such bodies, and not for that of the template.
		header = onTop(header, http.Header{"Content-Type": {"application/json"}})
	}
	if req.Length = int64(len(c.text)); c.file != nil {
		req.Length = c.file.Size()
	}
	if req.Length == 0 {
		req.Body = nil
		return header
	}
	req.Body = c.open
	if req.Method == "" {
		req.Method = http.MethodPost
	}
	return header
}

// open reads the content, from its beginning. It may be called concurrently.
func (c *content) open() (io.ReadCloser, error) {
	if c.file != nil {
		return c.file.Open()
	}
	return io.NopCloser(bytes.NewReader(c.text)), nil
}
