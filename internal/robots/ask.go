package robots

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/web"
)

const (
	fileName     = "/robots.txt"
	maxRead      = 500 << 10 // bytes of a robots.txt that are looked at (section 2.5)
	maxRedirects = 5         // that are followed to it; more count as no robots.txt (section 2.3.1.2)
)

// errand is the Tag of a request for a robots.txt.
type errand struct {
	token string
	left  int    // redirects that may still be followed
	rules *Rules // nil: there are none yet
}

var errTooMany = &fetcher.Error{Kind: fetcher.KindRedirect, Err: fmt.Errorf("more than %d redirects", maxRedirects)}

// ask asks an origin for its robots.txt. The error is that of an end that came before an answer.
func (k *Keeper) ask(ctx context.Context, o web.Origin) (*answer, error) {
	e := &errand{token: k.token, left: maxRedirects}
	target := (&url.URL{Scheme: o.Scheme, Host: o.Shown(), Path: fileName}).String()
	for {
		req := &fetcher.Request{URL: target, Header: k.header, Tag: e, Aside: true}
		if k.Apply != nil {
			k.Apply(req)
			req.Header = maps.Clone(req.Header) // others have it, too
			req.Header["Accept"] = k.header["Accept"]
		}
		res := k.engine.Do(ctx, req)
		if errors.Is(res.Err, fetcher.KindCanceled) || errors.Is(res.Err, fetcher.KindDeadline) {
			return nil, res.Err
		}
		if next := e.next(res); next != "" { // which the engine follows no further: --max-redirects
			target = next
			continue
		}
		a := e.answer(res)
		k.tell(o, res, a)
		return a, nil
	}
}

// next is where a redirect leads that was not followed, and may be; empty: it is none.
func (e *errand) next(res *fetcher.Result) string {
	switch res.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return ""
	}
	base, err := url.Parse(res.FinalURL)
	to := res.Header.Get("Location")
	if e.left -= len(res.Attempts[len(res.Attempts)-1].Hops); err != nil || e.left < 0 || to == "" {
		return ""
	}
	if base, err = base.Parse(web.Reference(to)); err != nil || web.Check(base) != nil || base.User != nil {
		return ""
	}
	return base.String()
}

// mayFollow counts the redirects of an errand.
func (e *errand) mayFollow(res *fetcher.Result) error {
	if len(res.Attempts[len(res.Attempts)-1].Hops) > e.left {
		return errTooMany
	}
	return nil
}

// read is the Handler of an errand.
func (e *errand) read(res *fetcher.Result, resp *http.Response) error {
	if e.rules = nil; resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxRead))
	if err != nil {
		return err
	}
	if len(text) == maxRead { // a line that is cut off might mean anything
		text = text[:bytes.LastIndexAny(text, "\r\n")+1]
	}
	e.rules = Parse(text, e.token)
	return nil
}

// answer is what a response means (section 2.3.1). That of a host which was given up is none.
func (e *errand) answer(res *fetcher.Result) *answer {
	a := &answer{at: time.Now()}
	s := res.Status
	switch {
	case s >= 200 && s <= 299 && e.rules != nil:
		a.rules = *e.rules
	case s >= 300 && s <= 499 && !errors.Is(res.Err, fetcher.KindCircuit):
	case res.Err != nil:
		a.why = whyOf(res.Err)
	default:
		a.why = fmt.Sprintf("%d %s", s, http.StatusText(s))
	}
	return a
}

// whyOf is an error in words that go into one line with others.
func whyOf(err error) string {
	if own, ok := errors.AsType[*fetcher.Error](err); ok && own.Err != nil && own.Kind != fetcher.KindBodyTooLarge {
		return own.Err.Error()
	}
	return err.Error()
}

// tell tells of an answer.
func (k *Keeper) tell(o web.Origin, res *fetcher.Result, a *answer) {
	what := "nothing is allowed: " + a.why
	delay := a.rules.Delay
	switch {
	case a.why != "":
	case res.Status > 299:
		what = "there is none, so that everything is allowed"
	default:
		what = fmt.Sprintf("rules for %s: %d", k.token, len(a.rules.rules))
		if delay > 0 {
			what += fmt.Sprintf(", Crawl-delay %v", delay)
		}
	}
	if delay > longest && k.Warn != nil {
		k.Warn(fmt.Sprintf("robots.txt of %s asks for %v between two requests (Crawl-delay), which is kept to: "+
			"ask it for less, or ask its owner for leave and go without --robots", o.Shown(), delay))
	}
	if k.Event != nil {
		k.Event(fetcher.HostEvent{At: k.engine.Stats().Elapsed, Host: o.Host, What: EventRobots, From: float64(res.Status),
			To: delay.Seconds(), Why: what})
	}
}
