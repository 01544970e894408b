package sync

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/excerpt"
)

// Accept is the engine's Accept: that of Options, and the statuses that Handle processes itself.
func (m *Mirror) Accept(status int) bool {
	switch status {
	case http.StatusNotModified, http.StatusNotFound, http.StatusGone:
		return true
	}
	return m.o.Accept(status)
}

// Handle is the engine's Handler: it processes a response, and sets the result's Value to a *Kept. It requires that
// Accept is the engine's, too. New content appears under its name completely, or not at all. Nothing may fail an
// attempt after it: further checks belong in Options.Check.
func (m *Mirror) Handle(res *fetcher.Result, resp *http.Response) error {
	m.mu.Lock()
	p := m.pending[res.Seq]
	m.mu.Unlock()
	switch {
	case p == nil:
		return &fetcher.Error{Kind: fetcher.KindInput, Err: errors.New("the request did not come through Mirror.Requests")}
	case res.Page > 1:
		return &fetcher.Error{Kind: fetcher.KindInput, Err: errors.New("fetch sync does not support further pages")}
	}
	switch status := resp.StatusCode; {
	case status == http.StatusNotModified:
		return m.notModified(p, res, resp)
	case status == http.StatusNotFound || status == http.StatusGone:
		return m.notThere(p, res, resp)
	case status == http.StatusPartialContent && resp.Request.Header.Get("Range") == "":
		return nil // the engine treats this as a failure
	case !m.o.Accept(status):
		return excerpt.Handle(res, resp) // and this, too
	}
	return m.content(p, res, resp)
}

// notModified handles a 304: nothing has changed. The validators may be new (RFC 9111, section 4.3.4).
func (m *Mirror) notModified(p *pending, res *fetcher.Result, resp *http.Response) error {
	if !p.conditional {
		return &fetcher.Error{Kind: fetcher.KindHTTPOther, Err: errors.New("304 Not Modified, although the request was unconditional")}
	}
	if redirected(res) {
		return errors.Join(m.forgetValidators(p), &fetcher.Error{Kind: fetcher.KindHTTPOther, Err: errors.New(
			"304 Not Modified after a redirect, whose target does not know our copy; the next run requests all of it")})
	}
	e, v := m.entry(p.entry), validatorsFor(res.Request, resp.Header)
	return m.unchanged(p, res, validators{cmp.Or(v.ETag, e.ETag), cmp.Or(v.Modified, e.Modified)})
}

// redirected reports whether the response came from another address than that of the request.
func redirected(res *fetcher.Result) bool {
	return len(res.Attempts) > 0 && len(res.Attempts[len(res.Attempts)-1].Hops) > 0
}

// forgetValidators makes the next run send an unconditional request.
func (m *Mirror) forgetValidators(p *pending) error {
	e := m.entry(p.entry)
	e.URL, e.validators, e.Was = p.url, validators{}, nil
	return m.put(p.entry, e)
}

// unchanged leaves the file, and records what is new in the state, if anything is.
func (m *Mirror) unchanged(p *pending, res *fetcher.Result, v validators) error {
	before := m.entry(p.entry)
	e := before
	e.URL, e.validators, e.Gone, e.Was = p.url, v, false, nil
	if p.found != nil {
		e.Bytes, e.MTime = p.found.Size(), stamp(p.found.ModTime().UnixNano())
	}
	if e != before {
		if err := m.put(p.entry, e); err != nil {
			return err
		}
	}
	m.kept(res, Unchanged, &e)
	return nil
}

// notThere handles a 404 or 410: an existing file is gone; otherwise it is a failure.
func (m *Mirror) notThere(p *pending, res *fetcher.Result, resp *http.Response) error {
	e := m.entry(p.entry)
	if e.File == "" {
		if err := excerpt.Handle(res, resp); err != nil {
			return err
		}
		return &fetcher.Error{Kind: fetcher.KindHTTP4xx, Err: fmt.Errorf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode))}
	}
	if !e.Gone {
		e.Gone = true
		if err := m.put(p.entry, e); err != nil {
			return err
		}
	}
	m.kept(res, Gone, &e)
	return nil
}

// content receives the body into a temporary file, and then decides what to do with it.
func (m *Mirror) content(p *pending, res *fetcher.Result, resp *http.Response) error {
	var look io.Writer
	check := func() error { return nil }
	if m.o.Check != nil {
		var release func()
		look, check, release = m.o.Check(res, resp)
		defer release()
	}
	e := m.entry(p.entry)
	name := e.File
	if e.File == "" {
		name = m.o.Names.Name(res, res.Header.Get("Content-Type"))
	}
	part, err := m.receive(name, resp.Body, look)
	if err != nil {
		return err
	}
	defer part.discard() // does nothing once it has its name
	if err := check(); err != nil {
		return err
	}
	v := validatorsFor(res.Request, resp.Header)
	if redirected(res) {
		v = validators{} // they belong to the target of the redirect, which may be another one next time
	}

	if p.file == intact && part.sum == e.SHA256 {
		err = m.unchanged(p, res, v)
	} else {
		err = m.settle(p, res, part, &e, name, v)
	}
	if kept, ok := res.Value.(*Kept); ok && err == nil && part.coding != "" {
		kept.bytes = part.size
	}
	return err
}

// settle gives received content its name, if it is to have one.
func (m *Mirror) settle(p *pending, res *fetcher.Result, part *part, e *entry, name string, v validators) error {
	fetched := stamp(time.Now().Truncate(time.Second).UnixNano())
	next := &entry{URL: p.url, File: name, validators: v, SHA256: part.sum, Bytes: part.size, Fetched: fetched}
	outcome, mode := Changed, m.mode
	plain := p.found != nil && p.found.Mode().IsRegular()
	if plain {
		mode = p.found.Mode().Perm()
	}
	err := part.finish(mode, next)
	switch {
	case err != nil:
	case p.file == altered && plain && p.content == part.sum: // someone else already has the new content
		next.MTime = stamp(p.found.ModTime().UnixNano())
		err = m.put(p.entry, *next)
	case p.file == altered && (!m.o.Overwrite || p.found == nil || p.found.IsDir()):
		err = m.conflict()
	case p.file == fresh:
		outcome, err = Added, m.placeNew(p, part, next)
	case p.file == missing:
		outcome, err = Added, m.restore(p, part, e, next)
	default:
		err = m.replace(p, part, e, next)
	}
	if err == nil {
		m.kept(res, outcome, next)
	}
	return err
}

// restore puts back a file that has disappeared.
func (m *Mirror) restore(p *pending, part *part, before, next *entry) error {
	if err := m.put(p.entry, *next); err != nil {
		return err
	}
	err := part.place(next.File)
	if err == errTaken { // since it was inspected
		before.Was = nil
		if err = m.put(p.entry, *before); err == nil {
			err = m.conflict()
		}
	}
	return err
}

// replace replaces existing content. The state records this in advance, with the old content: after a kill in
// between, the file is known as ours with either content.
func (m *Mirror) replace(p *pending, part *part, e, next *entry) error {
	if !m.o.Overwrite && !m.asFound(p, next.File) {
		return m.conflict()
	}
	next.Was = &p.content
	if p.file == intact {
		next.Was = &e.SHA256
	}
	if err := m.put(p.entry, *next); err != nil {
		return err
	}
	err := part.replace(next.File)
	if err == nil {
		m.certain(p.entry)
	}
	return err
}

// asFound reports whether a file is unchanged since its request was sent.
func (m *Mirror) asFound(p *pending, name string) bool {
	info, err := m.root.Lstat(name)
	return err == nil && p.found != nil && os.SameFile(info, p.found) && info.Size() == p.found.Size() && info.ModTime().Equal(p.found.ModTime())
}

// maxSuffix is how many names are tried for one file.
const maxSuffix = 10_000

// placeNew gives content its first name. A file with that name and content is taken as ours: a killed run left it,
// or a run without sync created it. Any other file keeps the name, and the content gets the next one.
func (m *Mirror) placeNew(p *pending, part *part, next *entry) error {
	wanted := next.File
	if !isFileName(wanted) {
		return m.unwritten(wanted, errors.New("this is not a valid file name in the folder"))
	}
	for n := 1; n <= maxSuffix; n++ {
		name := withSuffix(wanted, n)
		m.mu.Lock()
		free := m.hold(name)
		m.mu.Unlock()
		if !free {
			continue
		}
		next.File = name
		place := part.place
		if found, err := m.root.Lstat(name); err == nil {
			switch {
			case m.hasContent(name, found, part):
				next.MTime = stamp(found.ModTime().UnixNano())
				return m.put(p.entry, *next)
			case !m.o.Overwrite || found.IsDir():
				continue
			}
			place = part.replace
		}
		if err := m.put(p.entry, *next); err != nil {
			return err
		}
		if err := place(name); err != errTaken {
			return err
		}
		// Since it was inspected. The next line in the state replaces this one.
	}
	return m.unwritten(wanted, errors.New("too many files have similar names"))
}

// hasContent reports whether a file that was found is a plain one with this content.
func (m *Mirror) hasContent(name string, found fs.FileInfo, part *part) bool {
	if !found.Mode().IsRegular() || found.Size() != part.size {
		return false
	}
	content, err := m.sumOf(name)
	return err == nil && content == part.sum
}
