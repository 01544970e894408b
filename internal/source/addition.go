package source

import (
	"io"
	"strings"

	"example.com/fetch/internal/payload"
)

// openContent makes what the command line adds to the requests of a list that is no template.
func (l *List) openContent() error {
	o := &l.options
	if len(o.Query) > 0 {
		var v *variables
		sample := &values{}
		if l.woven != nil {
			v, sample.row = l.woven.variables, l.woven.row
		}
		l.query = newAddedQuery(o.Query, v)
		if _, p := l.query.on("http://h/", sample); p != nil {
			return &InputError{Problem: p.what, Hint: p.hint}
		}
	}
	if o.Content == nil || l.woven != nil { // then it is a template
		return nil
	}
	var err error
	if l.content, err = o.Content.Once(); err != nil {
		return unreadableBody(err)
	}
	return nil
}

// standsFor reports whether a body is that of the command line, and not one of the list.
func standsFor(body func() (io.ReadCloser, error)) bool {
	if body == nil {
		return false
	}
	content, err := body()
	if err != nil {
		return false
	}
	defer content.Close()
	_, ok := payload.TemplateOf(content)
	return ok
}

// sent is the URL of a template with what the command line adds to it.
func (x *expander) sent(t *template, v *values) (string, *problem) {
	url, p := x.url(t, v)
	whole := string(url)
	if p != nil {
		return whole, p
	}
	if t.query != nil {
		with, p := t.query.on(whole, v)
		if p != nil {
			return whole, p
		}
		whole = with
	}
	return withName(whole, t.uploadName(v)), nil
}

// withName puts a name behind a URL whose path ends in a slash, or is empty, as what is sent there is to be called.
func withName(url, name string) string {
	if name == "" {
		return url
	}
	path, query := url, ""
	if i := strings.IndexByte(url, '?'); i >= 0 {
		path, query = url[:i], url[i:]
	}
	switch _, rest, _ := strings.Cut(path, "://"); {
	case strings.HasSuffix(path, "/"):
	case !strings.Contains(rest, "/"):
		path += "/"
	default:
		return url
	}
	return string(appendEncoded([]byte(path), name, false)) + query
}

// addedQuery is what the command line adds to the query of each URL.
type addedQuery struct {
	parts []payload.Part
	texts []*text // of the parts; nil: there are no variables
}

func newAddedQuery(parts []payload.Part, v *variables) *addedQuery {
	a := &addedQuery{parts: parts}
	if v != nil {
		for _, p := range parts {
			a.texts = append(a.texts, parseText(p.Text, v))
		}
	}
	return a
}

// use calls use for each variable.
func (a *addedQuery) use(use func(variable int)) {
	for _, t := range a.texts {
		t.each(use)
	}
}

// on puts it behind a URL. The problem is an escape that is none.
func (a *addedQuery) on(url string, v *values) (string, *problem) {
	var query []byte
	for i, p := range a.parts {
		if a.texts == nil {
			query = append(query, p.Escape.Encoded(p.Text)...)
			continue
		}
		for _, piece := range a.texts[i].pieces {
			if piece.literal != "" {
				query = append(query, p.Escape.Encoded(piece.literal)...)
			} else {
				query = (&text{pieces: []textPiece{piece}}).append(query, v, appendForm)
			}
		}
	}
	if len(query) == 0 {
		return url, nil
	}
	before := byte('?')
	if i := strings.IndexByte(url, '?'); i >= 0 {
		before = '&'
		if i == len(url)-1 {
			before = 0
		}
	} else if _, rest, _ := strings.Cut(url, "://"); !strings.Contains(rest, "/") {
		url += "/"
	}
	out := []byte(url)
	if before != 0 {
		out = append(out, before)
	}
	out, _, ok := appendEscaped(out, []byte(strings.ReplaceAll(string(query), "#", "%23")), inTail)
	if !ok {
		return "", &problem{what: "the data for the query has a % that is no escape", hint: "write the percent sign itself as %25", variable: -1}
	}
	return string(out), nil
}
