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

// standing is the state in which the file of a request was found.
type standing uint8

const (
	fresh   standing = iota // there is no state, so no file of ours
	intact                  // unchanged since we wrote it
	older                   // as before the last change, which was not completed
	missing                 // it has disappeared
	altered                 // changed by someone else
)

// pending is a request without a result yet.
type pending struct {
	entry       int32
	file        standing
	found       fs.FileInfo // of the file; nil if there is none
	content     sum         // of the file, if it is altered and plain
	conditional bool        // a conditional request
	url         string      // masked
}

// Requests passes on the requests of a list, with conditions (RFC 9110, section 13) if the file is unchanged, and
// reserves names for new ones. A request without a Seq gets one. Between this and the engine, requests must not be
// changed in what determines their id (record.ID), except credentials; nor may their Seq.
func (m *Mirror) Requests(list iter.Seq2[*fetcher.Request, error]) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		var n int64
		whole := true
		for req, err := range list {
			if err != nil {
				whole = false
			} else if n++; req.Err == nil {
				req = m.prepare(req, n)
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

	e := m.entry(p.entry)
	m.inspect(p, &e)
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

// Coding is the engine's fetcher.Fetcher.Codings: it requests the coding that the name of the file implies.
func (m *Mirror) Coding(req *fetcher.Request) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.pending[req.Seq]
	if p == nil || p.file == fresh {
		return m.o.Names.Coding(req)
	}
	return coding.OfFile(m.entries[p.entry].File)
}

// idOf returns the id of a request, without its User-Agent: a new version of the program fetches nothing again.
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

// listed finds the entry of a request, or creates one.
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

// inspect determines the state of a request's file. A file that cannot be inspected counts as altered.
func (m *Mirror) inspect(p *pending, e *entry) {
	if e.File == "" {
		p.file = fresh
		return
	}
	info, err := m.root.Lstat(e.File)
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
	case info.Size() == e.Bytes && stamp(info.ModTime().UnixNano()) == e.MTime:
		p.file = intact
		return
	}
	if p.content, err = m.sumOf(e.File); err != nil {
		return
	}
	switch {
	case p.content == e.SHA256: // only touched, or copied
		p.file = intact
	case e.Was != nil && p.content == *e.Was:
		p.file = older
	}
}

// sumOf returns the checksum of a file.
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

// conditions returns the header of a request with conditions for changed content; nil if that is not possible, or
// if the request has conditions of its own.
func conditions(req *fetcher.Request, e *entry) http.Header {
	if m := req.Method; m != "" && m != http.MethodGet && m != http.MethodHead || e.validators == (validators{}) {
		return nil
	}
	if slices.ContainsFunc(web.Conditional, func(name string) bool { return web.HasField(req.Header, name) }) {
		return nil
	}
	header := maps.Clone(req.Header)
	if header == nil {
		header = http.Header{}
	}
	if e.ETag != "" {
		header["If-None-Match"] = []string{e.ETag}
	}
	if e.Modified != 0 {
		header["If-Modified-Since"] = []string{e.Modified.time().Format(http.TimeFormat)}
	}
	return header
}

// maxETag is the maximum length of an entity-tag that is kept. It is sent back unchanged, and kept in memory.
const maxETag = 1024

// validators are what a response provides for conditional requests (RFC 9110, section 8.8); zero values: nothing
// usable.
type validators struct {
	ETag     string `json:"etag,omitempty"`
	Modified stamp  `json:"last_modified,omitzero"`
}

// validatorsFor extracts the validators from a response to a request. An entity-tag that repeats a secret of the
// request is dropped: the state contains no secrets.
func validatorsFor(req *fetcher.Request, h http.Header) (v validators) {
	if tag := strings.TrimSpace(h.Get("Etag")); isEntityTag(tag) && secret.Of(req).Back(tag) == tag {
		v.ETag = tag
	}
	modified, err := http.ParseTime(h.Get("Last-Modified"))
	if err != nil || modified.Unix() <= 0 {
		return v
	}
	sent, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		sent = time.Now()
	}
	// Content modified in the second in which it was sent may be modified again in that second, undetected (RFC
	// 9110, section 8.8.2.2).
	if sent.Sub(modified) >= time.Second {
		v.Modified = stamp(modified.UnixNano())
	}
	return v
}

// isEntityTag reports whether s is a usable entity-tag (RFC 9110, section 8.8.3). An empty one would match forever
// at a server that gives it to everything, and * matches any content.
func isEntityTag(s string) bool {
	tag := strings.TrimPrefix(s, "W/")
	if len(tag) < len(`"x"`) || len(s) > maxETag || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return false
	}
	for _, c := range []byte(tag[1 : len(tag)-1]) {
		if c <= ' ' || c == '"' || c == 0x7f {
			return false
		}
	}
	return true
}
