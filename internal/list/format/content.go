package format

import (
	"net/http"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/payload"
)

// setText takes a text as the body.
func (e *entry) setText(text string) *LineError {
	return e.setContent(payload.Part{Text: text})
}

// setFile takes a file as the body, which must be a regular one: it is read again for each attempt.
func (e *entry) setFile(name string) *LineError {
	if name == "" {
		return &LineError{Text: Masked(nil), Problem: "no file is named for the body", Hint: BodyFileHint}
	}
	return e.setContent(payload.Part{Path: name})
}

func (e *entry) setContent(part payload.Part) *LineError {
	spec := payload.Spec{Parts: []payload.Part{part}}
	body, err := spec.Make()
	if err != nil {
		return &LineError{Text: Masked([]byte(part.Path)), Problem: UnusableFile(err), Hint: BodyFileHint}
	}
	e.body = body
	return nil
}

// BodyFileHint says where the file for a body is looked for.
const BodyFileHint = "its name counts from the folder in which fetch is started"

// UnusableFile says what is wrong with a file for a body.
func UnusableFile(err error) string { return "the file for the body cannot be used: " + Reason(err) }

// fillBody puts the body into a request, in place of the template's, and gives the header of the entry, to which it may have
// added. A request with a body is a POST where nothing else is said, as with -d.
func (e *entry) fillBody(req *fetcher.Request) http.Header {
	header := e.header
	if e.isJSON && header["Content-Type"] == nil && (req.Body != nil || req.Header["Content-Type"] == nil) {
		// The template's type stays if it was given for such bodies, and not for that of the template.
		header = onTop(header, http.Header{"Content-Type": {"application/json"}})
	}
	e.body.Fill(req)
	if req.Body != nil && req.Method == "" {
		req.Method = http.MethodPost
	}
	return header
}
