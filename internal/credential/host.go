package credential

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// origin is whom a request goes to: the host name in lower case and punycode, the port always written, as the engine
// has it. The zero origin is nobody.
type origin struct{ scheme, hostname, port string }

// originOf is the origin of a URL, the zero one if it is none that the engine would send.
func originOf(u *url.URL) origin {
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return origin{}
	}
	o := origin{u.Scheme, asciiHost(u.Hostname()), u.Port()}
	if o.port == "" {
		o.port = defaultPort(o.scheme)
	}
	return o
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// asciiHost is a host name in lower case and punycode, as far as that can be.
func asciiHost(name string) string {
	name = strings.ToLower(name)
	if isASCII(name) {
		return name
	}
	if ascii, err := idna.Lookup.ToASCII(name); err == nil {
		return ascii
	}
	return name
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// host is how the origin is shown: without the scheme, and the port only if it is another than the scheme's.
func (o origin) host() string {
	name := o.hostname
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	if o.port != defaultPort(o.scheme) {
		name += ":" + o.port
	}
	if quoted := strconv.QuoteToASCII(name); quoted != `"`+name+`"` {
		return quoted
	}
	return name
}

// String is the origin with its scheme.
func (o origin) String() string { return o.scheme + "://" + o.host() }

// isLoopback says whether what is sent to a host stays on this machine (RFC 6761, section 6.3 for the name).
func isLoopback(hostname string) bool {
	if hostname == "localhost" || strings.HasSuffix(hostname, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(hostname)
	return err == nil && addr.Unmap().IsLoopback()
}

// hostRule is one --auth-host.
type hostRule struct{ hostname, port string } // no port: the scheme's own

func (r hostRule) matches(o origin) bool {
	if r.hostname != o.hostname {
		return false
	}
	if r.port == "" {
		return o.port == defaultPort(o.scheme)
	}
	return r.port == o.port
}

func (r hostRule) String() string {
	if r.port == "" {
		return r.hostname
	}
	return net.JoinHostPort(r.hostname, r.port)
}

// parseHostRule reads HOST or HOST:PORT. Its errors show nothing of a text in which there may be a password.
func parseHostRule(text string) (hostRule, error) {
	const form = "write HOST or HOST:PORT, such as api.example.com or localhost:8080"
	switch {
	case strings.Contains(text, "@"):
		return hostRule{}, errors.New("a name and a password do not belong here; " + form)
	case strings.ContainsAny(text, "/?#\\"):
		return hostRule{}, errors.New("a URL is more than a host; " + form)
	case strings.Contains(text, "*"):
		return hostRule{}, errors.New("there are no patterns: each host is named by itself, since who owns a part of a name may not own the rest; " + form)
	}
	name, port := text, ""
	if address, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil && address.Is6() {
		return hostRule{hostname: strings.ToLower(strings.Trim(text, "[]"))}, nil
	}
	if strings.Contains(text, ":") {
		var err error
		if name, port, err = net.SplitHostPort(text); err != nil {
			return hostRule{}, errors.New(form)
		}
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return hostRule{}, errors.New("the port is no number from 1 to 65535; " + form)
		}
		port = strconv.FormatUint(n, 10)
	}
	name = asciiHost(name)
	if name == "" || !isVisible(name) {
		return hostRule{}, errors.New(form)
	}
	return hostRule{name, port}, nil
}

// OtherHostError is a request for a host that the credentials may not be for: they are for the host of the list's first
// request as long as nobody says otherwise.
type OtherHostError struct {
	Seq   int64  // of the request; 0 if it has none
	First string // whom the credentials are for
	Other string // whom the request is for
}

func (e *OtherHostError) Error() string {
	where := ""
	if e.Seq > 0 {
		where = fmt.Sprintf(" of request %d", e.Seq)
	}
	return fmt.Sprintf("the credentials are for %s (the first of the list), and %s%s is another host: "+
		"name those that they are for with --auth-host, repeatable; the others get none", e.First, e.Other, where)
}

func otherHost(seq int64, first, other origin) *OtherHostError {
	if first.host() == other.host() {
		return &OtherHostError{seq, first.String(), other.String()}
	}
	return &OtherHostError{seq, first.host(), other.host()}
}
