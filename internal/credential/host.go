package credential

import (
	"fmt"
	"net/netip"
	"strings"

	"example.com/fetch/internal/web"
)

// isLoopback reports whether what is sent to a host stays on this machine (RFC 6761, section 6.3 for the name).
func isLoopback(hostname string) bool {
	if hostname == "localhost" || strings.HasSuffix(hostname, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(hostname)
	return err == nil && addr.Unmap().IsLoopback()
}

// isFor reports whether a host that was named with --auth-host is an origin's. One without a port means the scheme's own.
func isFor(spec web.HostSpec, o web.Origin) bool {
	if spec.Port == "" {
		spec.Port = web.DefaultPort(o.Scheme)
	}
	return spec.Matches(o.Host)
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

func otherHost(seq int64, first, other web.Origin) *OtherHostError {
	if first.Shown() == other.Shown() {
		return &OtherHostError{seq, first.String(), other.String()}
	}
	return &OtherHostError{seq, first.Shown(), other.Shown()}
}
