package web

import (
	"errors"
	"net"
	"net/netip"
	"strings"
)

// HostSpec is a host as a user names it: HOST or HOST:PORT. It is comparable.
type HostSpec struct {
	Name string // in its normal form, without brackets
	Port string // empty if none was given
}

// ParseHostSpec reads HOST or HOST:PORT, in any spelling that a URL may have; brackets around an
// IPv6 address may be left out where no port follows. Its errors show nothing of the text, which may
// hold a password.
func ParseHostSpec(text string) (HostSpec, error) {
	switch {
	case strings.Contains(text, "@"):
		return HostSpec{}, errors.New("a name and a password do not belong here")
	case strings.ContainsAny(text, `/?#\`):
		return HostSpec{}, errors.New("a URL is more than a host")
	case strings.Contains(text, "*"):
		return HostSpec{}, errors.New("there are no patterns: each host is named by itself")
	}
	if address, err := netip.ParseAddr(text); err == nil && !strings.Contains(text, "]") {
		return HostSpec{Name: address.String()}, nil
	}
	if i := strings.Index(text, "%"); i >= 0 && text[0] == '[' && !strings.HasPrefix(text[i:], "%25") {
		text = text[:i] + "%25" + text[i+1:] // in URLs, that of a zone is escaped (RFC 6874)
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

// Matches reports whether a host in its normal form is the one that was named. A name without a port
// matches any.
func (s HostSpec) Matches(host string) bool {
	name, port := SplitHost(host)
	return s.Name == name && (s.Port == "" || s.Port == port)
}

// String is the host as it was named, in its normal form.
func (s HostSpec) String() string {
	if s.Port == "" {
		return s.Name
	}
	return net.JoinHostPort(s.Name, s.Port)
}
