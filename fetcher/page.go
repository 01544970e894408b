package fetcher

import (
	"errors"
	"net/http"
	"net/url"

	"example.com/fetch/internal/web"
)

// Next is the request for the page after this one, for Follow: a GET (a HEAD after a HEAD) of a URL, which may be relative to
// FinalURL; nil, if it is empty. Name, Row, Rows, Tag and Timeout are those of this request. To the same origin its Header goes
// along, and its userinfo; to another only what is harmless, such as Accept and User-Agent. What was about this page only, such
// as Range, does not. A URL that is none makes a request that fails.
func (r *Result) Next(link string) *Request {
	if link == "" {
		return nil
	}
	from := r.Request
	page := &Request{Method: http.MethodGet, URL: link, Name: from.Name, Row: from.Row, Rows: from.Rows, Tag: from.Tag, Timeout: from.Timeout}
	if from.Method == http.MethodHead {
		page.Method = http.MethodHead
	}
	asked, bad := url.Parse(from.URL)
	final, err := url.Parse(r.FinalURL)
	to, wrong := url.Parse(link)
	if bad != nil || err != nil || wrong != nil {
		page.Err = errors.New("what is to be the next page is not a URL")
		return page
	}
	to = final.ResolveReference(to)
	stays := web.SameOrigin(asked, to) && web.SameOrigin(final, to)
	if stays {
		to.User = asked.User
	}
	page.URL, page.Header = to.String(), web.PageHeader(from.Header, from.Body != nil, stays)
	return page
}
