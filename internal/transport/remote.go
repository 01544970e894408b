package transport

import (
	"net"
	"net/netip"
)

// Remote makes texts of the addresses of other sides. It remembers the latest, since it is mostly the same.
type Remote struct {
	address netip.AddrPort
	text    string
}

// Of is the address of the other side of a connection; empty if it has none.
func (r *Remote) Of(c net.Conn) string {
	if c == nil || c.RemoteAddr() == nil {
		return ""
	}
	tcp, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return c.RemoteAddr().String()
	}
	if address := tcp.AddrPort(); address != r.address || r.text == "" {
		r.address, r.text = address, tcp.String()
	}
	return r.text
}
