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
	// longestName is the most bytes that a name may have. File systems take 255, some with encryption on 143.
	longestName = 200
	// longestStem leaves room within that for the suffix of a page, one that tells equal names apart, and an extension.
	longestStem = 160
)

// Names gives names to files, the same to the same list in every run, without looking at what is there. It is safe for
// concurrent use.
//
// A name that is given away stays so: 11 to 21 bytes of memory each. Besides there is what is known of each request until
// it is released.
type Names struct {
	template *template

	mu      sync.Mutex
	claims  claims
	guarded set                // hashes of names that nothing may be written over
	pending map[int64]*pending // by seq
}

// pending is what a request is called. Its fields are guarded by Names.mu.
type pending struct {
	wished  wish   // without a suffix
	settled wish   // with it
	ofURL   string // the extension of the URL; empty if it is no usual one
	asked   *fetcher.Request

	page    int // the page that last and written are of; 0: none
	first   wish
	last    wish  // what that page is called
	written *File // what was written of it already; nil: nothing
}

// NewNames reads the template. Its errors match ErrTemplate. Of the Options, Output, Columns, Secret and Pages matter.
func NewNames(o Options) (*Names, error) {
	t, err := newTemplate(&o)
	if err != nil {
		return nil, err
	}
	return &Names{template: t, claims: claims{pages: o.Pages && !t.paged}, pending: map[int64]*pending{}}, nil
}

// Reserve settles what the files of a request are called. It is to be called in the order of the list, once for each
// request, before the request is sent.
func (n *Names) Reserve(req *fetcher.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.reserve(req)
}

func (n *Names) reserve(req *fetcher.Request) *pending {
	w, ofURL := n.template.wishFor(req, 1)
	p := &pending{wished: w, settled: n.claims.claim(w, false), ofURL: ofURL}
	if n.template.paged {
		p.asked = req
	}
	n.pending[req.Seq] = p
	return p
}

// Settle is Reserve for a request that will not be sent, or that an earlier leg has done. It gives the name, relative to the folder and with slashes,
// without an extension if that follows the content type; and whether the request would have another name if it were
// alone.
func (n *Names) Settle(req *fetcher.Request) (name string, other bool) {
	w, _ := n.template.wishFor(req, 1)
	n.mu.Lock()
	defer n.mu.Unlock()
	got := n.claims.claim(w, false)
	return inFolder(got.folder, got.file()), got != w
}

// Name gives the name of a page of a request, relative to the folder and with slashes, now that the type of its content
// is known. Asked again for the same page, it gives the same.
func (n *Names) Name(res *fetcher.Result, contentType string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.named(res)
	return inFolder(p.last.folder, p.file(contentType))
}

// Coding gives the content coding that the file of a request is to be in by its name, as far as that is known before there is
// a response; empty: none.
func (n *Names) Coding(req *fetcher.Request) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.pending[req.Seq]
	if p == nil {
		return ""
	}
	return coding.OfFile(cmp.Or(p.settled.tail, p.ofURL))
}

// Release forgets a request whose last page has ended. What it is called stays taken.
func (n *Names) Release(seq int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.pending, seq)
}

// named gives what is known of a request, with the name of a page of it in last. A request that was not reserved is
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
		p.first, p.last = p.wished, p.settled
	case n.template.paged:
		p.first, _ = n.template.wishFor(p.asked, page)
		p.last = n.claims.claim(p.first, true)
	default:
		p.first = p.settled
		p.first.stem += pageMark + strconv.Itoa(page)
		p.last = n.claims.claim(p.first, true)
	}
	return p
}

// another gives the page of a request another name, with its extension, since something that is not ours has its name.
func (n *Names) another(p *pending, contentType string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	p.last = n.claims.another(p.first)
	if p.page == 1 {
		p.settled = p.last
	}
	return p.file(contentType)
}

// file gives the name of the page, with the extension that a content type asks for if it is still open.
func (p *pending) file(contentType string) string {
	if p.last.tail != "" {
		return p.last.file()
	}
	return p.last.stem + cmp.Or(filename.OfType(contentType), p.ofURL, ".bin")
}

// inFolder puts a folder before a name; an empty one is the root.
func inFolder(folder, name string) string {
	if folder == "" {
		return name
	}
	return folder + "/" + name
}

// Hold says that a name, as Commit gave it, is that of a file of another record, so that nobody gets it. It is for a list
// that has changed, and to be called before the first Reserve; the requests whose files are held are then not to be
// skipped. A name outside of the folder is no one's concern. It takes 11 to 21 bytes.
func (s *Sink) Hold(name string) {
	if folder, file, ok := s.inside(name); ok {
		s.Names.mu.Lock()
		defer s.Names.mu.Unlock()
		stem, tail := filename.SplitExtension(file)
		s.claims.take(wish{folder, stem, tail})
	}
}

// Guard says that a file must not be written over by another request, not even with Options.Overwrite; Options.Mine comes
// before it. It is for the files of records that stand where the list is the same, so that their names are settled by
// Settle: one that had its name taken by something that cannot be replaced has another. It takes 11 to 21 bytes; without
// Overwrite it need not be called.
func (s *Sink) Guard(name string) {
	if folder, file, ok := s.inside(name); ok {
		s.Names.mu.Lock()
		defer s.Names.mu.Unlock()
		s.guarded.add(hashOfPath(folder, file))
	}
}

// inside divides a name as Commit gives it; ok is false if it is not below the root.
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
