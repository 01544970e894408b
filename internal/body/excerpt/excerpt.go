// Package excerpt extracts a short message from the body of a failed response: the messages in its JSON, the text
// of its HTML or XML, or its beginning.
package excerpt

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/charset"
	"example.com/fetch/internal/coding"
	"example.com/fetch/internal/record"
)

// mostHeld is how much of a body is kept, in bytes, until there is a record of the result.
const mostHeld = 8 << 10

// Excerpt is the beginning of a body. It is the Value of a fetcher.Result that failed.
type Excerpt struct {
	head        []byte
	cut         bool // there was more
	contentType string
	codings     []string // of head
	shown       bool     // the error shows its beginning, if it is JSON
}

// Handle is a fetcher.Handler for responses that were not accepted: it reads the body, and keeps an Excerpt of it.
func Handle(r *fetcher.Result, resp *http.Response) error {
	head, err := io.ReadAll(io.LimitReader(resp.Body, mostHeld+1))
	if resp.StatusCode != http.StatusPartialContent { // otherwise it is part of the data, although no range was requested
		r.Value = Of(resp.Header.Get("Content-Type"), head, coding.Left(resp)...)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
	}
	return err
}

// Of returns an excerpt of a body with these content codings, of which it keeps a copy.
func Of(contentType string, body []byte, codings ...string) *Excerpt {
	head := body[:min(len(body), mostHeld)]
	return &Excerpt{bytes.Clone(head), len(head) < len(body), contentType, codings, false}
}

// OfUnexpected is Of for an unexpected body in UTF-8. Shown says that the error shows the beginning of JSON.
func OfUnexpected(contentType string, body []byte, shown bool) *Excerpt {
	e := Of(charset.MediaType(contentType)+"; charset=utf-8", body)
	e.shown = shown
	return e
}

// Keep stores the text in the record, which masks and shortens it.
func (e *Excerpt) Keep(r *record.Record) { r.ErrorBody = e.Text() }

var _ record.Keeper = (*Excerpt)(nil)

// Text returns the message in the body, unmasked. It omits a word that was cut off, because a secret in it could
// not be recognized.
func (e *Excerpt) Text() string {
	head, cut := e.head, e.cut
	if len(e.codings) > 0 {
		decoded, err := io.ReadAll(io.LimitReader(new(coding.Pool).Undo(e.codings, bytes.NewReader(head)), mostHeld))
		head, cut = decoded, err != nil || len(decoded) == mostHeld
	}
	text, _ := charset.OfText(e.contentType, head).Text(head)
	if cut {
		text = bytes.TrimRightFunc(text, func(c rune) bool { return c == utf8.RuneError })
	}
	if bytes.IndexByte(text, 0) >= 0 || !charset.IsText(e.contentType) && !utf8.Valid(text) {
		return "" // an image, or the like
	}
	begin := bytes.TrimSpace(text)
	switch {
	case len(begin) == 0:
		return ""
	case begin[0] == '<':
		return ofMarkup(text, cut)
	case bytes.IndexByte([]byte(`{["`), begin[0]) >= 0:
		if said := ofJSON(text); said != "" || e.shown {
			return said
		}
	}
	if cut && len(bytes.Join(bytes.Fields(text), []byte{' '})) < mostHeld/2 { // it may be shown completely
		return ""
	}
	return string(text)
}

// ofMarkup returns the text of HTML or XML, and its title if the text does not have it.
func ofMarkup(body []byte, cut bool) string {
	if cut { // the last text is incomplete
		body = body[:bytes.LastIndexByte(body, '<')]
	}
	var title string
	var parts []string
	z, in := html.NewTokenizer(bytes.NewReader(body)), ""
	z.AllowCDATA(true)
	for {
		switch z.Next() {
		case html.ErrorToken:
			text := strings.Join(parts, " ")
			if title != "" && !strings.Contains(text, title) {
				text = joined(title, text)
			}
			return text
		case html.StartTagToken:
			name, _ := z.TagName()
			in = string(name)
		case html.EndTagToken:
			in = ""
		case html.TextToken:
			text := string(z.Text())
			switch {
			case strings.TrimSpace(text) == "", in == "script", in == "style":
			case in == "title" && title == "":
				title = text
			default:
				parts = append(parts, text)
			}
		}
	}
}
