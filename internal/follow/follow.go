// Package follow requests the further pages of a response: those that it links to, and those that are computed
// from its content.
package follow

import (
	"cmp"
	"hash/maphash"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// Notes that Follow adds to the last result of a chain.
const (
	NotePageLoop = "page_loop" // the next page has been fetched before
	NoteMaxPages = "max_pages" // there is a next page, beyond MaxPages
	NoteBadNext  = "bad_next"  // the response's next page is not a valid URL
)

// DefaultMaxPages is the default limit of the pages of a chain.
const DefaultMaxPages = 1000

// Follower leads from one page to the next. A chain is an entry of the list and the pages after it. Set the
// fields before the first use; after that it is safe for concurrent use, also by several runs.
type Follower struct {
	// Links follows the link with the relation next in the Link field of a response (RFC 8288).
	Links bool
	// Next returns the next page from the response itself, a URL or a reference relative to FinalURL; empty: none,
	// and Links is used. May be nil. It is called concurrently.
	Next func(*fetcher.Result) string
	// MaxPages limits the pages of a chain, including the first; 0 means DefaultMaxPages.
	MaxPages int
	// Wait is how long to wait before each further page, from the end of the one before. If it is positive, a page
	// may name itself as the next, which means polling until something is done.
	Wait time.Duration
	// Apply adds to a request for another origin the credentials for that origin; may be nil. It is called
	// concurrently.
	Apply func(*fetcher.Request)

	chains sync.Map // the *chain of each requested page, by its *fetcher.Request; a first page has none
}

// Follow returns the request for the page after r, or nil if there is none; it fits fetcher.Fetcher.Follow. It
// may add a note to r.
//
// A page of the same origin gets the same header, and the name and password of the URL; a page of another origin
// gets only harmless fields, and what Apply adds. A chain that has left its origin does not get its header back
// when it returns. From https to http nothing is applied.
func (f *Follower) Follow(r *fetcher.Result) *fetcher.Request {
	had, _ := f.chains.LoadAndDelete(r.Request)
	text, ok := f.next(r)
	if !ok {
		return nil
	}
	target, ok := resolve(r.FinalURL, text)
	if !ok {
		r.Notes = append(r.Notes, NoteBadNext)
		return nil
	}
	c, ok := had.(*chain)
	if !ok {
		c = &chain{seed: maphash.MakeSeed()}
	}
	if !c.mayContinue(r, target, f.Wait > 0) {
		r.Notes = append(r.Notes, NotePageLoop)
		return nil
	}
	if r.Page >= cmp.Or(max(f.MaxPages, 0), DefaultMaxPages) {
		r.Notes = append(r.Notes, NoteMaxPages)
		return nil
	}
	page := f.request(r, target)
	f.chains.Store(page, c)
	return page
}

// Done releases the chain of a failed page, for which Follow is not called. Call it with every result, after
// Follow.
func (f *Follower) Done(r *fetcher.Result) { f.chains.Delete(r.Request) }

// next returns the next page according to the response, and whether there is one.
func (f *Follower) next(r *fetcher.Result) (string, bool) {
	if f.Next != nil {
		if text := f.Next(r); text != "" {
			return text, true
		}
	}
	if f.Links {
		return nextLink(r.Header["Link"])
	}
	return "", false
}

// request creates the request for the next page.
func (f *Follower) request(r *fetcher.Result, target *url.URL) *fetcher.Request {
	from := r.Request
	page := r.Next(target.String())
	page.Seq, page.Tag = from.Seq, secret.Page(from)
	if f.Wait > 0 {
		page.Due = r.End() + f.Wait
	}
	asked, err := url.Parse(from.URL)
	if err != nil {
		asked = new(url.URL)
	}
	final, err := url.Parse(r.FinalURL)
	if err != nil {
		final = new(url.URL)
	}
	stays := web.SameOrigin(asked, target) && web.SameOrigin(final, target)
	wasSecure := asked.Scheme == "https" || final.Scheme == "https"
	if !stays && f.Apply != nil && !(wasSecure && target.Scheme == "http") {
		f.Apply(page)
	}
	return page
}

// maxRemembered is how many URLs a chain remembers. A loop of more pages is ended by MaxPages.
const maxRemembered = 1000

// chain is the state of an entry of the list with its pages: hashes of the URLs that it has fetched.
type chain struct {
	seed   maphash.Seed
	had    []uint64
	oldest int // index of the oldest in had, once that is full
}

// mayContinue records the page, and reports whether the chain may continue to target: whether it has not fetched
// that yet. With again, a page may lead to itself.
func (c *chain) mayContinue(r *fetcher.Result, target *url.URL, again bool) bool {
	next := maphash.String(c.seed, target.String())
	for _, address := range addresses(r) {
		hash := maphash.String(c.seed, address)
		c.add(hash)
		if hash == next && again {
			return true
		}
	}
	return !slices.Contains(c.had, next)
}

func (c *chain) add(hash uint64) {
	switch {
	case slices.Contains(c.had, hash):
	case len(c.had) < maxRemembered:
		c.had = append(c.had, hash)
	default:
		c.had[c.oldest] = hash
		c.oldest = (c.oldest + 1) % maxRemembered
	}
}

// addresses returns the URLs of a page: the requested one, and the targets of redirects. The target of a form has
// not been read.
func addresses(r *fetcher.Result) []string {
	asked, final := canonical(r.Request.URL), canonical(r.FinalURL)
	switch r.Request.Method {
	case "", http.MethodGet, http.MethodHead:
		return []string{asked, final}
	}
	if asked == final {
		return nil
	}
	return []string{final}
}

// maxAddress is the maximum length of a reference. Servers reject much shorter URLs.
const maxAddress = 64 << 10

// resolve resolves a reference on the page at base, and reports whether the result can be fetched. Surrounding
// blanks and its fragment are dropped, and characters that are not allowed in URLs are encoded, as in browsers;
// line ends within it, a name or a password are not accepted.
func resolve(base, reference string) (*url.URL, bool) {
	from, err := url.Parse(base)
	if err != nil || len(reference) > maxAddress {
		return nil, false
	}
	to, err := from.Parse(web.Reference(reference))
	if err != nil || to.User != nil || web.Normalize(to) != nil || strings.Contains(to.Host, "%") {
		return nil, false // also one with a zone: a server cannot know our interfaces
	}
	return to, true
}

// canonical returns the normal form of a URL, without its userinfo; empty if it cannot be fetched.
func canonical(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || web.Normalize(u) != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

// parameter matches name=value, where the value may be missing, or quoted (RFC 9110, section 5.6.6), and ignores
// invalid text after it. A quoted value without an end extends to the end.
const parameter = `;[ \t]*([^=;,]*)(?:=[ \t]*(?:"((?:\\.|[^"])*)(?:"|$)|([^;,]*)))?[^;,]*`

var (
	links      = regexp.MustCompile(`(?s)^<([^>]*)>[^;,]*((?:` + parameter + `)*)`)
	parameters = regexp.MustCompile(`(?s)` + parameter)
	escapes    = regexp.MustCompile(`(?s)\\(.)`)
)

const blanks = " \t"

// nextLink returns the target of the first link with the relation next, among the values of the Link fields of a
// response (RFC 8288, section 3, parsed as leniently as in its appendix B.3). Links about another page (anchor)
// are skipped. A target may be empty, which means the page itself.
func nextLink(fields []string) (target string, ok bool) {
	for _, field := range fields {
		for rest := field; rest != ""; {
			rest = strings.TrimLeft(rest, blanks+",")
			link := links.FindStringSubmatch(rest)
			switch {
			case link != nil && isNext(link[2]):
				return link[1], true
			case link != nil:
				rest = rest[len(link[0]):]
			case strings.HasPrefix(rest, "<"):
				rest = "" // it has no end
			default:
				_, rest, _ = strings.Cut(rest, ",")
			}
		}
	}
	return "", false
}

// isNext reports whether next is one of the relations of a link, which are separated by blanks, and it has no
// anchor.
func isNext(text string) bool {
	var relations []string // of the first rel: a second one does not count
	for _, p := range parameters.FindAllStringSubmatch(text, -1) {
		name, value := strings.TrimRight(p[1], blanks), escapes.ReplaceAllString(p[2], "$1")+strings.TrimRight(p[3], blanks)
		if unquoted, ok := strings.CutPrefix(value, "'"); ok { // single quotes are not quotes, but some servers use them as such
			value = strings.TrimSuffix(unquoted, "'")
		}
		switch {
		case strings.EqualFold(name, "rel") && relations == nil:
			relations = append(strings.Fields(strings.ToLower(value)), "")
		case strings.EqualFold(name, "anchor") && value != "":
			return false
		}
	}
	return slices.Contains(relations, "next")
}
