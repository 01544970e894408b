// Package follow asks for the further pages of an answer: those that it links to, and those that are worked out from what
// it says.
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

// Notes that Follow leaves on the last result of a chain.
const (
	NotePageLoop = "page_loop" // the next page would be one that the chain has had
	NoteMaxPages = "max_pages" // there is a next page, beyond MaxPages
	NoteBadNext  = "bad_next"  // what the answer gives as its next page is no URL to be fetched
)

// DefaultMaxPages is how many pages a chain has at the most if nobody says otherwise.
const DefaultMaxPages = 1000

// Follower leads from one page to the next. A chain is an entry of the list and the pages after it. Set the fields
// before the first use; it is safe for concurrent use after, by one run at a time or by several.
type Follower struct {
	// Links follows what the Link field of an answer calls next (RFC 8288).
	Links bool
	// Next gives the next page as the answer itself has it, a URL or a reference relative to FinalURL; empty: none, and
	// Links is asked. Nil: none. It is called concurrently.
	Next func(*fetcher.Result) string
	// MaxPages bounds the pages of a chain, the first included; 0 means DefaultMaxPages.
	MaxPages int
	// Wait is how long to wait before each further page, from the end of the one before. If it is more than 0, a page may
	// name itself as the next, which is how one asks again until something is done.
	Wait time.Duration
	// Apply adds to a request for another origin the credentials that belong there; nil: none do. It is called
	// concurrently.
	Apply func(*fetcher.Request)

	chains sync.Map // the *chain of each page that is asked for, by its *fetcher.Request; a first page has none
}

// Follow gives the request for the page after r, or nil if there is none; it fits fetcher.Fetcher.Follow. It may add a
// note to r.
//
// What goes along: to the same origin, the header as it was, and the name and password of the URL; to another one, only
// what is harmless, and what Apply adds. A chain that has left its origin does not get its header back when it returns.
// From https to http nothing is applied.
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
	if !c.mayGoOn(r, target, f.Wait > 0) {
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

// Done lets go of the chain of a page that failed, of which Follow is never asked. Call it with every result, after
// Follow.
func (f *Follower) Done(r *fetcher.Result) { f.chains.Delete(r.Request) }

// next is what the answer gives as its next page, and whether it gives any.
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

// request makes the request for the next page.
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

// chain is what must be known of an entry of the list to go on with its pages: hashes of the URLs that it has had.
type chain struct {
	seed   maphash.Seed
	had    []uint64
	oldest int // of had, once that is full
}

// mayGoOn puts the page down, and reports whether the chain may go on to target: whether it has not had it. With again, a page
// may lead to itself.
func (c *chain) mayGoOn(r *fetcher.Result, target *url.URL, again bool) bool {
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

// addresses are where a page was read: where it was asked for, and where redirects led to. Where a form was sent to,
// nothing has been read yet.
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

// maxAddress bounds the length of a reference. Servers refuse URLs of far less.
const maxAddress = 64 << 10

// resolve finds the URL that a reference means on the page at base, and whether it can be fetched. Blanks around it and
// its fragment are dropped, and what may not stand in a URL is encoded, as browsers do; line ends within it, a name or a
// password are not accepted.
func resolve(base, reference string) (*url.URL, bool) {
	from, err := url.Parse(base)
	if err != nil || len(reference) > maxAddress {
		return nil, false
	}
	to, err := from.Parse(web.Reference(reference))
	if err != nil || to.User != nil || web.Normalize(to) != nil || strings.Contains(to.Host, "%") {
		return nil, false // one with a zone, too: a server cannot know our interfaces
	}
	return to, true
}

// canonical is the one form of a URL that stands for all that are fetched alike, without its userinfo; empty if it cannot
// be fetched.
func canonical(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || web.Normalize(u) != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

// parameter is name=value, where the value may be missing, or quoted (RFC 9110, section 5.6.6), with what may not stand after
// it. A quoted value without an end goes to the end.
const parameter = `;[ \t]*([^=;,]*)(?:=[ \t]*(?:"((?:\\.|[^"])*)(?:"|$)|([^;,]*)))?[^;,]*`

var (
	links      = regexp.MustCompile(`(?s)^<([^>]*)>[^;,]*((?:` + parameter + `)*)`)
	parameters = regexp.MustCompile(`(?s)` + parameter)
	escapes    = regexp.MustCompile(`(?s)\\(.)`)
)

const blanks = " \t"

// nextLink finds the target of the first link whose relation is next, among the values of the Link fields of an answer
// (RFC 8288, section 3, read as leniently as its appendix B.3 does). Links that are about another page (anchor) are
// passed over. A target may be empty, which means the page itself.
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

// isNext reports whether next is one of the relations of a link, which stand between blanks, and it has no anchor.
func isNext(text string) bool {
	var relations []string // of the first rel: a second one does not count
	for _, p := range parameters.FindAllStringSubmatch(text, -1) {
		name, value := strings.TrimRight(p[1], blanks), escapes.ReplaceAllString(p[2], "$1")+strings.TrimRight(p[3], blanks)
		if unquoted, ok := strings.CutPrefix(value, "'"); ok { // single quotes are none, but some take them for quotes
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
