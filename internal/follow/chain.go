package follow

import (
	"hash/maphash"
	"net/http"
	"net/url"
	"slices"

	"example.com/fetch/fetcher"
)

// maxRemembered is how many URLs a chain remembers. A loop of more pages is ended by MaxPages.
const maxRemembered = 1000

// chain is what must be known of an entry of the list to go on with its pages: hashes of the URLs that it has had.
type chain struct {
	seed   maphash.Seed
	had    []uint64
	oldest int // of had, once that is full
}

func newChain() *chain { return &chain{seed: maphash.MakeSeed()} }

// mayGoOn puts the page down, and reports whether the chain may go on to target: whether it has not had it. With again, a page
// may lead to itself.
func (c *chain) mayGoOn(r *fetcher.Result, target *url.URL, again bool) bool {
	next := maphash.String(c.seed, target.String())
	for _, address := range addresses(r) {
		hash := maphash.String(c.seed, address)
		if !slices.Contains(c.had, hash) {
			c.add(hash)
		}
		if hash == next && again {
			return true
		}
	}
	return !slices.Contains(c.had, next)
}

func (c *chain) add(hash uint64) {
	if len(c.had) < maxRemembered {
		c.had = append(c.had, hash)
		return
	}
	c.had[c.oldest] = hash
	c.oldest = (c.oldest + 1) % maxRemembered
}

// addresses are where a page was read: where it was asked for, and where redirects led to. Where a form was sent to,
// nothing has been read yet.
func addresses(r *fetcher.Result) []string {
	asked := canonical(r.Request.URL)
	final := canonical(r.FinalURL)
	switch r.Request.Method {
	case "", http.MethodGet, http.MethodHead:
		if asked != final {
			return []string{asked, final}
		}
	default:
		if asked == final {
			return nil
		}
	}
	return []string{final}
}

// take gives the chain that a page belongs to, and lets go of it; nil for a first page.
func (f *Follower) take(page *fetcher.Request) *chain {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.chains[page]
	delete(f.chains, page)
	return c
}

// keep holds a chain until the page has come.
func (f *Follower) keep(page *fetcher.Request, c *chain) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.chains == nil {
		f.chains = make(map[*fetcher.Request]*chain)
	}
	f.chains[page] = c
}
