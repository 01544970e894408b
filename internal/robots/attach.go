package robots

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"slices"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/web"
)

// ownToken is our own product token.
const ownToken = "fetch"

// Attach has an engine keep to robots.txt beside the list: on redirects, for further pages, and in how often a host is asked.
// Its other fields must be set before.
func (k *Keeper) Attach(f *fetcher.Fetcher) {
	k.engine, k.token = f, cmp.Or(Token(k.Agent), ownToken)
	k.header = http.Header{"User-Agent": {k.Agent}, "Accept": {"*/*"}}
	follow, codings, limits := f.Follow, f.Codings, f.Limits
	f.Handle, f.HandleFailure = beside(f.Handle), beside(f.HandleFailure)
	f.Redirect = func(res *fetcher.Result, req *http.Request) error {
		if e := errandOf(res.Request); e != nil {
			return e.mayFollow(res)
		}
		return k.Check(req.Context(), req.URL)
	}
	if follow != nil {
		f.Follow = func(res *fetcher.Result) *fetcher.Request { return k.page(follow(res)) }
	}
	if codings != nil {
		f.Codings = func(req *fetcher.Request) string {
			if errandOf(req) != nil {
				return ""
			}
			return codings(req)
		}
	}
	f.Limits.Host = func(host string) (fetcher.Limit, bool) {
		limit, own := limits.PerHost, false
		if limits.Host != nil {
			if l, ok := limits.Host(host); ok {
				limit, own = l, true
			}
		}
		rates := k.ratesOf(host)
		limit.Rates = slices.Concat(limit.Rates, rates)
		return limit, own || len(rates) > 0
	}
}

// beside has what a handler reads but the bodies of robots.txt; nil reads nothing.
func beside(handle fetcher.Handler) fetcher.Handler {
	return func(res *fetcher.Result, resp *http.Response) error {
		if e := errandOf(res.Request); e != nil {
			return e.read(res, resp)
		}
		if handle == nil {
			io.Copy(io.Discard, resp.Body) // which knows its error
			return nil
		}
		return handle(res, resp)
	}
}

func errandOf(req *fetcher.Request) *errand {
	e, _ := req.Tag.(*errand)
	return e
}

// page has a further page fail that is disallowed. If the run ends before that is known, the page is dropped by the engine.
func (k *Keeper) page(page *fetcher.Request) *fetcher.Request {
	if page == nil || page.Err != nil {
		return page
	}
	u, err := web.Parse(page.URL)
	if err != nil {
		return page
	}
	k.mu.Lock()
	ctx := k.run
	k.mu.Unlock()
	if err, ok := errors.AsType[*DisallowedError](k.Check(ctx, u)); ok {
		page.Err = err
	}
	return page
}
