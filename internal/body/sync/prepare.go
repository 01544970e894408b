package sync

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/coding"
	"example.com/fetch/internal/file"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// standing is how the file of a request was found.
type standing uint8

const (
	fresh   standing = iota // there is no state, so there is no file of ours
	intact                  // as we left it
	older                   // as it was before the last change, which did not come about
	missing                 // not there any more
	altered                 // changed by someone else
)

// pending is a request that has no result yet.
type pending struct {
	entry       int32
	file        standing
	found       fs.FileInfo // of the file; nil if there is none
	content     sum         // of the file, if it is altered and plain
	conditional bool        // it asks for what has changed only
	url         string      // masked
}

// Requests passes the requests of a list on, with conditions (RFC 9110, section 13) where the file is there as we left it,
// and has names reserved for those that are new. A request without a Seq gets one. Requests must not be changed between
// here and the engine in what makes their id (record.ID), but for credentials; nor may their Seq.
func (m *Mirror) Requests(list iter.Seq2[*fetcher.Request, error]) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		var n int64
		whole := true
		for req, err := range list {
			switch {
			case err != nil:
				whole = false
			default:
				n++
				if req.Err == nil {
					req = m.prepare(req, n)
				}
			}
			if !yield(req, err) {
				return
			}
		}
		m.mu.Lock()
		m.summary.ListEnded = whole
		m.mu.Unlock()
	}
}

func (m *Mirror) prepare(req *fetcher.Request, n int64) *fetcher.Request {
	if req.Seq == 0 {
		numbered := *req
		numbered.Seq = n
		req = &numbered
	}
	p := &pending{url: secret.Of(req).ShownURL()}
	m.mu.Lock()
	p.entry = m.listed(idOf(req))
	m.mu.Unlock()

	e, was := m.entry(p.entry)
	m.inspect(p, &e, was)
	switch p.file {
	case fresh:
		m.o.Names.Reserve(req)
	case intact:
		if header := conditions(req, &e); header != nil {
			conditional := *req
			conditional.Header = header
			req, p.conditional = &conditional, true
		}
	}
	m.mu.Lock()
	m.pending[req.Seq] = p
	m.mu.Unlock()
	return req
}

// Coding is the engine's fetcher.Fetcher.Codings: it asks for the coding that the file of a request is in by its name.
func (m *Mirror) Coding(req *fetcher.Request) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.pending[req.Seq]
	if p == nil || p.file == fresh {
		return m.o.Names.Coding(req)
	}
	return coding.OfFile(m.entries[p.entry].file())
}

// idOf is the id of a request. Who asks makes no other request of it: a new version of the program fetches nothing anew.
func idOf(req *fetcher.Request) string {
	for name := range req.Header {
		if strings.EqualFold(name, "User-Agent") {
			anonymous := *req
			anonymous.Header = maps.Clone(req.Header)
			delete(anonymous.Header, name)
			return record.ID(&anonymous)
		}
	}
	return record.ID(req)
}

// listed finds the entry of a request, or makes one.
func (m *Mirror) listed(id string) int32 {
	k, _ := keyOf(id, 1)
	if n := m.repeats[k.id]; n > 0 {
		k.nth = n + 1
		m.repeats[k.id] = k.nth
	} else if i, ok := m.index[k]; ok && m.entries[i].listed {
		k.nth = 2
		m.repeats[k.id] = 2
	}
	i, ok := m.index[k]
	if !ok {
		i = m.add(k)
	}
	m.entries[i].listed = true
	return i
}

// inspect finds out how the file of a request stands. One that cannot be looked at is altered.
func (m *Mirror) inspect(p *pending, e *entry, was *sum) {
	if e.vacant() {
		p.file = fresh
		return
	}
	info, err := m.root.Lstat(e.file())
	if errors.Is(err, fs.ErrNotExist) {
		p.file = missing
		return
	}
	p.file = altered
	if err != nil {
		return
	}
	p.found = info
	switch {
	case !info.Mode().IsRegular():
		return
	case info.Size() == e.bytes && info.ModTime().UnixNano() == e.mtime:
		p.file = intact
		return
	}
	if p.content, err = m.sumOf(e.file()); err != nil {
		return
	}
	switch {
	case p.content == e.sum: // only touched, or copied
		p.file = intact
	case was != nil && p.content == *was:
		p.file = older
	}
}

// sumOf is the checksum of a file.
func (m *Mirror) sumOf(name string) (sum, error) {
	f, err := m.root.Open(name)
	if err != nil {
		return sum{}, err
	}
	defer f.Close()
	h := sha256.New()
	if err := file.Copy(f, h); err != nil {
		return sum{}, err
	}
	return sum(h.Sum(nil)), nil
}

// conditional are the fields that make a request depend on what is there (RFC 9110, sections 13 and 14). Who sets one knows
// what he asks for.
var conditional = []string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range"}

// conditions gives the header of a request with what asks for changes only; nil if that cannot be asked.
func conditions(req *fetcher.Request, e *entry) http.Header {
	if m := req.Method; m != "" && m != http.MethodGet && m != http.MethodHead || e.etag() == "" && e.modified == 0 {
		return nil
	}
	if slices.ContainsFunc(conditional, func(name string) bool { return web.HasField(req.Header, name) }) {
		return nil
	}
	header := maps.Clone(req.Header)
	if header == nil {
		header = http.Header{}
	}
	if tag := e.etag(); tag != "" {
		header["If-None-Match"] = []string{tag}
	}
	if e.modified != 0 {
		header["If-Modified-Since"] = []string{time.Unix(e.modified, 0).UTC().Format(http.TimeFormat)}
	}
	return header
}
