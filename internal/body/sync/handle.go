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

// Accept is the engine's: what Options.Accept says, and the statuses that Handle judges by itself.
func (m *Mirror) Accept(status int) bool {
	switch status {
	case http.StatusNotModified, http.StatusNotFound, http.StatusGone:
		return true
	}
	return m.o.Accept(status)
}

// Handle is the engine's fetcher.Handler: it makes of an answer what is to be made of it, and sets the result's Value to a
// *Kept. It needs Accept to be the engine's too. The new content stands under its name whole, or not at all. Nobody may
// fail an attempt after it: what else there is to check is for Options.Check.
func (m *Mirror) Handle(res *fetcher.Result, resp *http.Response) error {
	m.mu.Lock()
	p := m.pending[res.Seq]
	m.mu.Unlock()
	switch {
	case p == nil:
		return &fetcher.Error{Kind: fetcher.KindInput, Err: errors.New("the request did not come through Mirror.Requests")}
	case res.Page > 1:
		return &fetcher.Error{Kind: fetcher.KindInput, Err: errors.New("a folder is kept in step with one page a request")}
	}
	switch status := resp.StatusCode; {
	case status == http.StatusNotModified:
		return m.notModified(p, res, resp)
	case status == http.StatusNotFound || status == http.StatusGone:
		return m.notThere(p, res, resp)
	case status == http.StatusPartialContent && resp.Request.Header.Get("Range") == "":
		return nil // the engine has found that this is a failure
	case !m.o.Accept(status):
		return excerpt.Handle(res, resp) // and this
	}
	return m.content(p, res, resp)
}

// notModified: nothing has changed. What the server says about it may be new (RFC 9111, section 4.3.4).
func (m *Mirror) notModified(p *pending, res *fetcher.Result, resp *http.Response) error {
	if !p.conditional {
		return &fetcher.Error{Kind: fetcher.KindHTTPOther, Err: errors.New("304 Not Modified, although nothing was asked that depends on it")}
	}
	if redirected(res) {
		return errors.Join(m.forgetValidators(p), &fetcher.Error{Kind: fetcher.KindHTTPOther, Err: errors.New(
			"304 Not Modified from another address, which knows nothing of what we have; the next time it is asked for all of it")})
	}
	e, v := m.entry(p.entry), validatorsFor(res.Request, resp.Header)
	return m.unchanged(p, res, validators{cmp.Or(v.ETag, e.ETag), cmp.Or(v.Modified, e.Modified)})
}

// redirected reports whether the answer came from another address than the one that was asked.
func redirected(res *fetcher.Result) bool {
	return len(res.Attempts) > 0 && len(res.Attempts[len(res.Attempts)-1].Hops) > 0
}

// forgetValidators has the next run ask without a condition.
func (m *Mirror) forgetValidators(p *pending) error {
	e := m.entry(p.entry)
	e.URL, e.validators, e.Was = p.url, validators{}, nil
	return m.put(p.entry, e)
}

// unchanged leaves the file and puts down what is new in the state, if anything is.
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

// notThere: what was there before is gone; what never was is a failure.
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

// content: the body is received into a file of its own, and then it is known what it is.
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
	defer part.discard() // does nothing once it has its place
	if err := check(); err != nil {
		return err
	}
	v := validatorsFor(res.Request, resp.Header)
	if redirected(res) {
		v = validators{} // they are those of where it led to, and the next time that may be elsewhere
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

// settle gives content that has been received its place, if it is to have one.
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
	case p.file == altered && plain && p.content == part.sum: // someone else had it before us
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

// restore puts a file back that is not there any more.
func (m *Mirror) restore(p *pending, part *part, before, next *entry) error {
	if err := m.put(p.entry, *next); err != nil {
		return err
	}
	err := part.place(next.File)
	if err == errTaken { // since we looked
		before.Was = nil
		if err = m.put(p.entry, *before); err == nil {
			err = m.conflict()
		}
	}
	return err
}

// replace puts new content in the place of what was there. The state says so before it is done, and what was there before:
// after a kill in between, the file is known for ours whichever it has.
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

// asFound reports whether a file is still as it was when its request was sent.
func (m *Mirror) asFound(p *pending, name string) bool {
	info, err := m.root.Lstat(name)
	return err == nil && p.found != nil && os.SameFile(info, p.found) && info.Size() == p.found.Size() && info.ModTime().Equal(p.found.ModTime())
}

// maxSuffix is how many names are tried for one file.
const maxSuffix = 10_000

// placeNew gives content its first name. A file that has that name and this content is taken for ours: a run that was
// killed left it, or one without sync made it. What else has the name keeps it, and the content gets the next one.
func (m *Mirror) placeNew(p *pending, part *part, next *entry) error {
	wanted := next.File
	if !isFileName(wanted) {
		return m.unwritten(wanted, errors.New("this is no name for a file in the folder"))
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
		// Since we looked. The next line in the state takes the place of this one.
	}
	return m.unwritten(wanted, errors.New("too many files have names like it"))
}

// hasContent reports whether a file that was found is a plain one with this content.
func (m *Mirror) hasContent(name string, found fs.FileInfo, part *part) bool {
	if !found.Mode().IsRegular() || found.Size() != part.size {
		return false
	}
	content, err := m.sumOf(name)
	return err == nil && content == part.sum
}
