// Package transport makes the connections of net/http's transports, and knows of them what its errors do not tell.
package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
)

// Conn is a TCP connection. Its methods are safe for concurrent use.
type Conn struct {
	*net.TCPConn
	ended atomic.Bool // a read found its end
	reset atomic.Bool // and that it was broken off
	cut   atomic.Bool // the other side takes nothing more: see Write
}

// Ended reports whether a read found the connection's end, and whether that was broken off (RST) and not closed.
func (c *Conn) Ended() (ended, reset bool) { return c.ended.Load(), c.reset.Load() }

func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, net.ErrClosed) {
		c.reset.Store(err != io.EOF)
		c.ended.Store(true)
	}
	return n, err
}

// Write writes to the other side. Once that has broken the connection off, all is dropped that is written to it: a server
// that refuses an upload (413, 401) responds and closes while we still send, and net/http would give up for the failed
// write, the response unread. Whether there is one, or only an end, the next read finds out.
func (c *Conn) Write(p []byte) (int, error) {
	if c.cut.Load() {
		return len(p), nil
	}
	n, err := c.TCPConn.Write(p)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		c.cut.Store(true)
		return len(p), nil
	}
	return n, err
}

// ReadFrom is Write for all of r; TCPConn's own would go past it.
func (c *Conn) ReadFrom(r io.Reader) (int64, error) { return io.Copy(struct{ io.Writer }{c}, r) }

// Of finds the Conn below the layers that a transport puts on it; nil if there is none.
func Of(c net.Conn) *Conn {
	for {
		switch layer := c.(type) {
		case *Conn:
			return layer
		case *tls.Conn:
			c = layer.NetConn()
		default:
			return nil
		}
	}
}

// Dialer makes such connections.
type Dialer struct{ net.Dialer }

// Dial connects as net.Dialer does, and looks twice at whether a host does not exist.
func (d *Dialer) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, d.strictly(ctx, err)
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		return &Conn{TCPConn: tcp}, nil
	}
	return c, nil
}

// strictly asks again about a host that is said not to exist: Go says so, too, where one of two questions (A, AAAA) failed
// and the other found nothing, and such a failure may pass.
func (d *Dialer) strictly(ctx context.Context, err error) error {
	dns, ok := errors.AsType[*net.DNSError](err)
	if !ok || !dns.IsNotFound {
		return err
	}
	strict := net.Resolver{StrictErrors: true}
	if d.Resolver != nil {
		strict.PreferGo, strict.Dial = d.Resolver.PreferGo, d.Resolver.Dial
	}
	_, again := strict.LookupNetIP(ctx, "ip", dns.Name)
	if other, ok := errors.AsType[*net.DNSError](again); ok && !other.IsNotFound {
		return again
	}
	return err
}
