package follow

import (
	"net/url"
	"strings"

	"example.com/fetch/internal/web"
)

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
	reference, _, _ = strings.Cut(reference, "#")
	reference = strings.TrimFunc(reference, func(r rune) bool { return r <= ' ' })
	to, err := from.Parse(reference)
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
