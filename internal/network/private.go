package network

import (
	"fmt"
	"net/netip"
	"syscall"

	"example.com/fetch/fetcher"
)

// networks are those that --deny-private refuses to connect to, with a description. An address that contains
// another (see within) is judged by that.
var networks = []struct {
	netip.Prefix
	what string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "unspecified"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private"},
	{netip.MustParsePrefix("100.64.0.0/10"), "shared (CGNAT)"}, // RFC 6598
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private"},
	{netip.MustParsePrefix("192.0.0.0/24"), "reserved"}, // RFC 6890
	{netip.MustParsePrefix("192.168.0.0/16"), "private"},
	{netip.MustParsePrefix("198.18.0.0/15"), "reserved"}, // RFC 2544
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved"}, // broadcast, too
	{netip.MustParsePrefix("::/128"), "unspecified"},
	{netip.MustParsePrefix("::1/128"), "loopback"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "local NAT64"}, // RFC 8215
	{netip.MustParsePrefix("fc00::/7"), "unique-local"},
	{netip.MustParsePrefix("fe80::/10"), "link-local"},
	{netip.MustParsePrefix("fec0::/10"), "site-local"},
	{netip.MustParsePrefix("ff00::/8"), "multicast"},
}

// holders are the networks whose addresses contain an IPv4 address, and from which byte on.
var holders = []struct {
	netip.Prefix
	at       int
	inverted bool
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12, false}, // NAT64, RFC 6052
	{netip.MustParsePrefix("2002::/16"), 2, false},     // 6to4, RFC 3056
	{netip.MustParsePrefix("2001::/32"), 12, true},     // Teredo, RFC 4380
	{netip.MustParsePrefix("::/96"), 12, false},        // IPv4-compatible, RFC 4291
}

// whatPrivate describes an address that is not on the public internet; empty if it is.
func whatPrivate(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	for _, n := range networks {
		if n.Contains(a) {
			return n.what
		}
	}
	for _, h := range holders {
		if !h.Contains(a) {
			continue
		}
		all := a.As16()
		held := [4]byte(all[h.at : h.at+4])
		if h.inverted {
			for i := range held {
				held[i] ^= 0xff
			}
		}
		return whatPrivate(netip.AddrFrom4(held))
	}
	return ""
}

// denyPrivate is the control function of a dialer for --deny-private. It sees the resolved address, so that
// neither names nor redirects can bypass it.
func denyPrivate(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: --deny-private cannot classify the address %s", fetcher.ErrDenied, address)
	}
	if what := whatPrivate(at.Addr()); what != "" {
		return fmt.Errorf("%w: %s is %s, and --deny-private connects to no such address", fetcher.ErrDenied, at.Addr(), what)
	}
	return nil
}
