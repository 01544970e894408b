package follow

import (
	"hash/maphash"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/web"
)

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
