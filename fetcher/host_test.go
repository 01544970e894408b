package fetcher

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"example.com/fetch/internal/web/webtest"
)

// TestHostIsWhatIsDialled: the host that a hop has, and that its limit is asked for, is the address that net/http
// connects to, and what cannot be connected to is not tried.
func TestHostIsWhatIsDialled(t *testing.T) {
	for _, c := range webtest.Cases {
		var dialled, limited string
		f := &Fetcher{
			Retry:  Retry{Max: -1},
			Limits: Limits{Host: func(host string) (Limit, bool) { limited = host; return Limit{}, false }},
			Transport: &http.Transport{DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
				dialled = address
				return nil, errors.New("no network")
			}, DialTLSContext: func(_ context.Context, _, address string) (net.Conn, error) {
				dialled = address
				return nil, errors.New("no network")
			}},
		}
		r := f.Do(t.Context(), &Request{URL: c.URL})
		f.Close()
		if c.Host == "" {
			if dialled != "" || len(r.Attempts) > 0 {
				t.Errorf("%q: %q was dialled", c.URL, dialled)
			}
			continue
		}
		if len(r.Attempts) != 1 || len(r.Attempts[0].Hops) != 1 {
			t.Errorf("%q: %v", c.URL, r.Err)
			continue
		}
		if hop := r.Attempts[0].Hops[0].Host; hop != c.Host || limited != c.Host || !sameAddress(dialled, c.Host) {
			t.Errorf("%q: %q was dialled, the hop's host is %q and the limit's %q; want %q", c.URL, dialled, hop, limited, c.Host)
		}
	}
}

// sameAddress compares an address with a host as a resolver and a dialler would: by number where it is one.
func sameAddress(address, host string) bool {
	name, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	port = strings.TrimLeft(port, "0")
	if ip, err := netip.ParseAddr(name); err == nil {
		own, ownPort, _ := net.SplitHostPort(host)
		other, err := netip.ParseAddr(own)
		return err == nil && ip == other && port == ownPort
	}
	return strings.ToLower(name)+":"+port == host
}
