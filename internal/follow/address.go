package follow

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
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
	if err != nil || to.User != nil || !tidy(to) {
		return nil, false
	}
	return to, true
}

// canonical is the one form of a URL that stands for all that are fetched alike, without its userinfo, and whether it
// can be fetched.
func canonical(raw string) (string, bool) {
	u, err := url.Parse(raw)
	if err != nil || !tidy(u) {
		return "", false
	}
	u.User = nil
	return u.String(), true
}

// tidy brings a URL into the form in which it is fetched, and says whether it can be.
func tidy(u *url.URL) bool {
	if u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" {
		return false
	}
	host, ok := plainHost(u)
	if !ok {
		return false
	}
	u.Host = host
	if u.Path == "" {
		u.Path = "/"
	}
	u.RawQuery = encodeQuery(u.RawQuery)
	u.Fragment, u.RawFragment = "", ""
	return true
}

// plainHost is the host of a URL in lower case and punycode, with its port unless that is the scheme's, and whether it is
// one.
func plainHost(u *url.URL) (string, bool) {
	name, port := strings.ToLower(u.Hostname()), u.Port()
	if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0) {
		return "", false
	}
	name, ok := asciiName(name)
	if !ok {
		return "", false
	}
	if port != "" && port != defaultPort(u.Scheme) {
		name += ":" + port
	}
	return name, true
}

func asciiName(name string) (string, bool) {
	if strings.Contains(name, ":") {
		address, err := netip.ParseAddr(name)
		return "[" + name + "]", err == nil && address.Zone() == "" // a server cannot know our interfaces
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r >= 0x80 }) {
		ascii, err := idna.Lookup.ToASCII(name)
		if err != nil {
			return "", false
		}
		name = ascii
	}
	return name, name != "" && !strings.ContainsAny(name, "[]")
}

// sameOrigin says whether two URLs have the same scheme, host and port.
func sameOrigin(a, b *url.URL) bool {
	hostOfA, okA := plainHost(a)
	hostOfB, okB := plainHost(b)
	return okA && okB && a.Scheme == b.Scheme && hostOfA == hostOfB
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// encodeQuery encodes what may not stand in a query (the query percent-encode set of the URL standard), which url.URL
// leaves as it is.
func encodeQuery(query string) string {
	isRaw := func(c byte) bool { return c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\'' }
	n := 0
	for i := range len(query) {
		if isRaw(query[i]) {
			n++
		}
	}
	if n == 0 {
		return query
	}
	const hex = "0123456789ABCDEF"
	out := make([]byte, 0, len(query)+2*n)
	for i := range len(query) {
		if c := query[i]; isRaw(c) {
			out = append(out, '%', hex[c>>4], hex[c&15])
		} else {
			out = append(out, c)
		}
	}
	return string(out)
}
