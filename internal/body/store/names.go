package store

import (
	"cmp"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/coding"
	"example.com/fetch/internal/filename"
)

const (
	// longestName is the maximum length of a name in bytes. File systems allow 255, some with encryption 143.
	longestName = 200
	// longestStem leaves room for the suffix of a page, one that makes names unique, and an extension.
	longestStem = 160
)

// Names assigns names to files, the same for the same list in every run, without looking at existing files. It is
// safe for concurrent use.
//
// An assigned name remains in use: 11 to 21 bytes of memory each. In addition there is the state of each request
// until it is released.
type Names struct {
	template *template

	mu      sync.Mutex
	claims  claims
	guarded set                // hashes of names that must not be overwritten
	pending map[int64]*pending // by seq
}

// pending is the names of a request. Its fields are guarded by Names.mu.
type pending struct {
	desired candidate // without a suffix
	settled candidate // with it
	ofURL   string    // extension of the URL; empty if it is not a usual one
	asked   *fetcher.Request

	page    int // page of last and written; 0: none
	first   candidate
	last    candidate // name of that page
	written *File     // the file of an earlier attempt; nil: none
}

// NewNames parses the template. Its errors match ErrTemplate. Of the Options it uses Output, Columns, Secret and
// Pages.
func NewNames(o Options) (*Names, error) {
	t, err := newTemplate(&o)
	if err != nil {
		return nil, err
	}
	return &Names{template: t, claims: claims{pages: o.Pages && !t.paged}, pending: map[int64]*pending{}}, nil
}

// Reserve determines the names of the files of a request. It must be called in the order of the list, once for each
// request, before the request is sent.
func (n *Names) Reserve(req *fetcher.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.reserve(req)
}

func (n *Names) reserve(req *fetcher.Request) *pending {
	w, ofURL := n.template.candidateFor(req, 1)
	p := &pending{desired: w, settled: n.claims.claim(w, false), ofURL: ofURL}
	if n.template.paged {
		p.asked = req
	}
	n.pending[req.Seq] = p
	return p
}

// Settle is Reserve for a request that will not be sent, or that an earlier part of the run has completed. It
// returns the name, relative to the folder and with slashes, without an extension that follows the content type;
// and whether the request would have another name if it were alone.
func (n *Names) Settle(req *fetcher.Request) (name string, other bool) {
	w, _ := n.template.candidateFor(req, 1)
	n.mu.Lock()
	defer n.mu.Unlock()
	got := n.claims.claim(w, false)
	return inFolder(got.folder, got.file()), got != w
}

// Name returns the name of a page of a request, relative to the folder and with slashes, given the type of its
// content. It always returns the same name for the same page.
func (n *Names) Name(res *fetcher.Result, contentType string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.named(res)
	return inFolder(p.last.folder, p.file(contentType))
}

// Coding returns the content coding of the file of a request according to its name, as far as that is known before
// the response; empty: none.
func (n *Names) Coding(req *fetcher.Request) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.pending[req.Seq]
	if p == nil {
		return ""
	}
	return coding.OfFile(cmp.Or(p.settled.tail, p.ofURL))
}

// Release forgets a request whose last page has ended. Its names remain in use.
func (n *Names) Release(seq int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.pending, seq)
}

// named returns the state of a request, with the name of a page in last. A request that was not reserved is
// reserved now.
func (n *Names) named(res *fetcher.Result) *pending {
	p := n.pending[res.Seq]
	if p == nil {
		req := *res.Request
		req.Seq = res.Seq
		p = n.reserve(&req)
	}
	page := max(res.Page, 1)
	if p.page == page {
		return p
	}
	p.page, p.written = page, nil
	switch {
	case page == 1:
		p.first, p.last = p.desired, p.settled
	case n.template.paged:
		p.first, _ = n.template.candidateFor(p.asked, page)
		p.last = n.claims.claim(p.first, true)
	default:
		p.first = p.settled
		p.first.stem += pageMark + strconv.Itoa(page)
		p.last = n.claims.claim(p.first, true)
	}
	return p
}

// another gives the page of a request another name, with its extension, because its name belongs to a foreign file.
func (n *Names) another(p *pending, contentType string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	p.last = n.claims.another(p.first)
	if p.page == 1 {
		p.settled = p.last
	}
	return p.file(contentType)
}

// file returns the name of the page, with the extension for a content type if it is still open.
func (p *pending) file(contentType string) string {
	if p.last.tail != "" {
		return p.last.file()
	}
	return p.last.stem + cmp.Or(filename.OfType(contentType), p.ofURL, ".bin")
}

// inFolder adds a folder to a name; an empty one is the root.
func inFolder(folder, name string) string {
	if folder == "" {
		return name
	}
	return folder + "/" + name
}

// Hold reserves a name, as returned by Commit, for the file of another record. It is for a list that has changed,
// and must be called before the first Reserve; the requests whose files are held must not be skipped then. A name
// outside the folder is ignored. It takes 11 to 21 bytes.
func (s *Sink) Hold(name string) {
	if folder, file, ok := s.inside(name); ok {
		s.Names.mu.Lock()
		defer s.Names.mu.Unlock()
		stem, tail := filename.SplitExtension(file)
		s.claims.take(candidate{folder, stem, tail})
	}
}

// Guard protects a file from being overwritten by another request, even with Options.Overwrite; Options.Mine has
// priority. It is for the files of valid records of an unchanged list, whose names Settle determines: a file whose
// name was in use by something that cannot be replaced has another one. It takes 11 to 21 bytes; without Overwrite
// it need not be called.
func (s *Sink) Guard(name string) {
	if folder, file, ok := s.inside(name); ok {
		s.Names.mu.Lock()
		defer s.Names.mu.Unlock()
		s.guarded.add(hashOfPath(folder, file))
	}
}

// inside splits a name as returned by Commit; ok is false if it is not below the root.
func (s *Sink) inside(name string) (folder, file string, ok bool) {
	rest, ok := strings.CutPrefix(name, s.prefix)
	if !ok || !filepath.IsLocal(rest) {
		return "", "", false
	}
	rest = filepath.ToSlash(rest)
	if i := strings.LastIndexByte(rest, '/'); i >= 0 {
		return rest[:i], rest[i+1:], true
	}
	return "", rest, true
}

// isGuarded reports whether Guard was called for a name.
func (n *Names) isGuarded(folder, file string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.guarded.has(hashOfPath(folder, file))
}
