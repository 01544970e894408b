package web

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Host is the host of a URL that Parse accepts: "hostname:port", lower case, in punycode, always
// with the port, an IPv6 address in brackets. It names what is dialled, and limits apply to it.
func Host(u *url.URL) string {
	n := plainLength(u.Host)
	switch {
	case n == len(u.Host):
		return u.Host + ":" + DefaultPort(u.Scheme)
	case u.Host[n] == ':' && isPort(u.Host[n+1:]):
		return u.Host
	}
	name, _ := Hostname(u.Hostname())
	port := strings.TrimLeft(u.Port(), "0")
	if port == "" {
		port = DefaultPort(u.Scheme)
	}
	return net.JoinHostPort(name, port)
}

// HostOf is the host of a URL as text, and empty if Parse does not accept it.
func HostOf(raw string) string {
	u, err := Parse(raw)
	if err != nil {
		return ""
	}
	return Host(u)
}

// Hostname is a host's name in its normal form, and whether it has one: lower case and punycode, an
// IPv6 address without brackets in its shortest form. Names are mapped as the transport maps them
// before it dials. A name without a normal form comes back in lower case.
func Hostname(name string) (string, bool) {
	switch {
	case plainLength(name) == len(name):
		return name, name != ""
	case strings.IndexByte(name, ':') >= 0:
		address, err := netip.ParseAddr(name)
		if err != nil {
			return strings.ToLower(name), false
		}
		return address.String(), true // the zone keeps its case: names of interfaces have one
	case isASCII(name):
		return strings.ToLower(name), true
	case !utf8.ValidString(name): // or two such names would have one form
		return strings.ToLower(name), false
	}
	ascii, err := idna.Lookup.ToASCII(name)
	if err != nil || ascii == "" {
		return strings.ToLower(name), false
	}
	return ascii, true
}

// SplitHost takes a host apart into its name, without brackets, and its port.
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

// ShownHost is a host without the port that goes without saying, where its scheme is not known.
func ShownHost(host string) string {
	if name, ok := strings.CutSuffix(host, ":80"); ok {
		return name
	}
	return strings.TrimSuffix(host, ":443")
}

// DefaultPort is the port of a URL that names none.
func DefaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// plainLength is the length of the part of a host that is in its normal form without a doubt.
func plainLength(host string) int {
	for i := range len(host) {
		c := host[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_') {
			return i
		}
	}
	return len(host)
}

// isPort reports whether a text that url.Parse took for a port is one, and without leading zeros.
func isPort(s string) bool { return s != "" && s[0] != '0' }

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
