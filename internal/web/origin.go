package web

import (
	"net/url"
	"strings"
)

// Origin is who answers for a URL (RFC 6454): its scheme and its host. What is meant for one origin
// goes to no other. The zero Origin is nobody's.
type Origin struct{ Scheme, Host string }

// OriginOf is the origin of a URL that Parse accepts.
func OriginOf(u *url.URL) Origin { return Origin{u.Scheme, Host(u)} }

// SameOrigin reports whether two URLs have the same scheme, host and port.
func SameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && Host(a) == Host(b) }

// Shown is the host without the scheme's default port.
func (o Origin) Shown() string { return strings.TrimSuffix(o.Host, ":"+DefaultPort(o.Scheme)) }

// String is the origin as a URL begins with it.
func (o Origin) String() string { return o.Scheme + "://" + o.Shown() }
