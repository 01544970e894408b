package fetcher

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

// conn is a TCP connection of our own transports. It knows what net/http's errors do not tell.
type conn struct {
	*net.TCPConn
	ended atomic.Bool // a read found its end
	reset atomic.Bool // and that it was broken off
	cut   atomic.Bool // the other side takes nothing more: see Write
}

func (c *conn) Read(p []byte) (int, error) {
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
func (c *conn) Write(p []byte) (int, error) {
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
func (c *conn) ReadFrom(r io.Reader) (int64, error) { return io.Copy(struct{ io.Writer }{c}, r) }

// ourConn finds the conn below the layers that a transport puts on it; nil if it is not one of ours.
func ourConn(c net.Conn) *conn {
	for {
		switch layer := c.(type) {
		case *conn:
			return layer
		case *tls.Conn:
			c = layer.NetConn()
		default:
			return nil
		}
	}
}

// dialer makes connections of our own transports.
type dialer struct{ net.Dialer }

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, d.strictly(ctx, err)
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		return &conn{TCPConn: tcp}, nil
	}
	return c, nil
}

// strictly asks again about a host that is said not to exist: Go says so, too, where one of two questions (A, AAAA) failed
// and the other found nothing, and such a failure may pass.
func (d *dialer) strictly(ctx context.Context, err error) error {
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
