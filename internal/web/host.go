package web

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Host returns the host of a URL that Parse accepts: "hostname:port", lower case, in punycode, always with the
// port, an IPv6 address in brackets. It is what is dialled, and what limits apply to.
func Host(u *url.URL) string {
	n := plainLength(u.Host)
	switch {
	case n == len(u.Host):
		return u.Host + ":" + DefaultPort(u.Scheme)
	case u.Host[n] == ':' && n+1 < len(u.Host) && u.Host[n+1] != '0': // url.Parse accepts only digits as a port, including leading zeros
		return u.Host
	}
	name, _ := Hostname(u.Hostname())
	port := strings.TrimLeft(u.Port(), "0")
	if port == "" {
		port = DefaultPort(u.Scheme)
	}
	return net.JoinHostPort(name, port)
}

// HostOf returns the host of a URL as text, and an empty string if Parse does not accept it.
func HostOf(raw string) string {
	if u, err := Parse(raw); err == nil {
		return Host(u)
	}
	return ""
}

// Hostname returns the normal form of a host's name, and whether it has one: lower case and punycode, an IPv6
// address without brackets in its shortest form. Names are mapped as the transport maps them before dialling. A
// name without a normal form is returned in lower case.
func Hostname(name string) (string, bool) {
	switch {
	case plainLength(name) == len(name):
		return name, name != ""
	case strings.IndexByte(name, ':') >= 0:
		address, err := netip.ParseAddr(name)
		if err != nil {
			return strings.ToLower(name), false
		}
		return address.String(), true // the zone keeps its case, because names of interfaces are case-sensitive
	case strings.IndexFunc(name, func(c rune) bool { return c >= utf8.RuneSelf }) < 0:
		return strings.ToLower(name), true
	case !utf8.ValidString(name): // otherwise two such names would have the same form
		return strings.ToLower(name), false
	}
	ascii, err := idna.Lookup.ToASCII(name)
	if err != nil || ascii == "" {
		return strings.ToLower(name), false
	}
	return ascii, true
}

// SplitHost splits a host into its name, without brackets, and its port.
func SplitHost(host string) (name, port string) {
	i := strings.LastIndexByte(host, ':')
	if i < 0 {
		return host, ""
	}
	name, port = host[:i], host[i+1:]
	if strings.HasPrefix(name, "[") && strings.HasSuffix(name, "]") {
		name = name[1 : len(name)-1]
	}
	return name, port
}

// ShownHost returns a host without a default port, if its scheme is not known.
func ShownHost(host string) string {
	if name, ok := strings.CutSuffix(host, ":80"); ok {
		return name
	}
	return strings.TrimSuffix(host, ":443")
}

// DefaultPort returns the default port of a scheme.
func DefaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// plainLength returns the length of the prefix of a host that is certainly in normal form.
func plainLength(host string) int {
	for i := range len(host) {
		c := host[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_') {
			return i
		}
	}
	return len(host)
}

// Origin is the origin of a URL (RFC 6454): its scheme and its host. What is meant for one origin is never sent
// to another. The zero Origin is none.
type Origin struct{ Scheme, Host string }

// OriginOf returns the origin of a URL that Parse accepts.
func OriginOf(u *url.URL) Origin { return Origin{u.Scheme, Host(u)} }

// SameOrigin reports whether two URLs have the same scheme, host and port.
func SameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && Host(a) == Host(b) }

// Shown returns the host without the scheme's default port.
func (o Origin) Shown() string { return strings.TrimSuffix(o.Host, ":"+DefaultPort(o.Scheme)) }

// String returns the origin as the beginning of a URL.
func (o Origin) String() string { return o.Scheme + "://" + o.Shown() }

// HostSpec is a host as specified by a user: HOST or HOST:PORT. It is comparable.
type HostSpec struct {
	Name string // in its normal form, without brackets
	Port string // empty if none was given
}

// ParseHostSpec parses HOST or HOST:PORT, in any spelling that is allowed in URLs; brackets around an IPv6
// address may be omitted if no port follows. Its errors show nothing of the text, which may contain a password.
func ParseHostSpec(text string) (HostSpec, error) {
	switch {
	case strings.Contains(text, "@"):
		return HostSpec{}, errors.New("a name and a password do not belong here")
	case strings.ContainsAny(text, `/?#\`):
		return HostSpec{}, errors.New("a URL is more than a host")
	case strings.Contains(text, "*"):
		return HostSpec{}, errors.New("patterns are not supported: name each host")
	}
	if address, err := netip.ParseAddr(text); err == nil && !strings.Contains(text, "]") {
		return HostSpec{Name: address.String()}, nil
	}
	if i := strings.Index(text, "%"); i >= 0 && text[0] == '[' && !strings.HasPrefix(text[i:], "%25") {
		text = text[:i] + "%25" + text[i+1:] // in URLs the % of a zone is escaped (RFC 6874)
	}
	u, err := Parse("http://" + text)
	if err != nil {
		return HostSpec{}, err
	}
	name, port := SplitHost(Host(u))
	if u.Port() == "" {
		port = ""
	}
	return HostSpec{name, port}, nil
}

// Matches reports whether a host in normal form matches. A name without a port matches any port.
func (s HostSpec) Matches(host string) bool {
	name, port := SplitHost(host)
	return s.Name == name && (s.Port == "" || s.Port == port)
}

// String returns the specified host in normal form.
func (s HostSpec) String() string {
	if s.Port == "" {
		return s.Name
	}
	return net.JoinHostPort(s.Name, s.Port)
}
