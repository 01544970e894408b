package network

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"example.com/fetch/fetcher"
)

func TestDenyPrivate(t *testing.T) {
	for address, want := range map[string]string{
		"0.0.0.0": "unspecified", "0.1.2.3": "unspecified", "10.0.0.0": "private", "10.255.255.255": "private",
		"100.63.255.255": "", "100.64.0.0": "shared", "100.127.255.255": "shared", "100.128.0.0": "",
		"126.255.255.255": "", "127.0.0.1": "loopback", "127.255.255.255": "loopback", "128.0.0.0": "",
		"169.253.255.255": "", "169.254.169.254": "link-local", "169.255.0.0": "",
		"172.15.255.255": "", "172.16.0.0": "private", "172.31.255.255": "private", "172.32.0.0": "",
		"192.0.0.8": "reserved", "192.0.1.0": "", "192.167.255.255": "", "192.168.0.1": "private", "192.169.0.0": "",
		"198.18.0.1": "reserved", "198.20.0.0": "", "223.255.255.255": "", "224.0.0.1": "multicast",
		"239.255.255.255": "multicast", "240.0.0.1": "reserved", "255.255.255.255": "reserved",
		"1.1.1.1": "", "8.8.8.8": "",

		"::": "unspecified", "::1": "loopback", "::2": "unspecified", "::7f00:1": "loopback", "::808:808": "",
		"::ffff:127.0.0.1": "loopback", "::ffff:10.1.2.3": "private", "::ffff:8.8.8.8": "",
		"64:ff9b::7f00:1": "loopback", "64:ff9b::a9fe:a9fe": "link-local", "64:ff9b::808:808": "", "64:ff9b:1::808:808": "local NAT64",
		"2002:7f00:1::": "loopback", "2002:c0a8:101::1": "private", "2002:808:808::1": "",
		"2001:0:808:808::f5ff:fffe": "private", "2001:0:808:808::f7f7:f7f7": "",
		"fbff::1": "", "fc00::1": "unique-local", "fd12:3456::1": "unique-local", "fe00::1": "",
		"fe80::1": "link-local", "fe80::1%eth0": "link-local", "febf::1": "link-local", "fec0::1": "site-local",
		"ff02::1": "multicast", "2001:4860:4860::8888": "", "2606:4700::1111": "",
	} {
		err := denyPrivate("tcp", netip.AddrPortFrom(netip.MustParseAddr(address), 80).String(), nil)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s is denied: %v", address, err)
		case want != "" && (!errors.Is(err, fetcher.ErrDenied) || !strings.Contains(err.Error(), " is "+want)):
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
	if err := denyPrivate("unix", "@abstract", nil); !errors.Is(err, fetcher.ErrDenied) {
		t.Errorf("what is no address: %v", err)
	}
}
