package fetcher

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"example.com/fetch/internal/transport"
)

// What a name server of TestFaultsOfNames does besides responding with a code: it says nothing, or what makes no sense, or
// that the name has the address of this machine.
const (
	noReply dnsmessage.RCode = 100 + iota
	garbled
	loopback
)

// nameServer is a resolver whose server has one response to questions for IPv4 addresses, and one to those for IPv6.
func nameServer(t testing.TB, v4, v6 dnsmessage.RCode) *net.Resolver {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		failed, held := 0, func() {}
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(b[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			code := v4
			if m.Questions[0].Type == dnsmessage.TypeAAAA {
				code = v6
			}
			m = dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, RecursionAvailable: true, RCode: code}, Questions: m.Questions}
			if code == loopback {
				m.RCode = dnsmessage.RCodeSuccess
				m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET}, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
			}
			reply, err := m.Pack()
			switch {
			case code == noReply:
				continue
			case code == garbled:
				reply = []byte("this is no DNS message")
			case err != nil:
				t.Error(err)
			}
			// Package net keeps the last of two errors, and asks twice where the first is a failure.
			switch fails := func(c dnsmessage.RCode) bool { return c == dnsmessage.RCodeServerFailure }; {
			case fails(code):
				c.WriteTo(reply, from)
				if failed++; failed == 2 {
					held()
					held = func() {}
				}
			case (fails(v4) || fails(v6)) && failed < 2:
				held = func() { c.WriteTo(reply, from); failed = 0 }
			default:
				c.WriteTo(reply, from)
				failed = 0
			}
		}
	}()
	var mu sync.Mutex
	var asked []net.Conn // on which package net waits for some seconds, whatever its caller does
	t.Cleanup(func() {
		c.Close()
		<-done
		mu.Lock()
		defer mu.Unlock()
		for _, conn := range asked {
			conn.Close()
		}
		asked = nil
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		if t.Context().Err() != nil { // the test is over
			return nil, net.ErrClosed
		}
		conn, err := new(net.Dialer).DialContext(ctx, "udp", c.LocalAddr().String())
		if err == nil {
			asked = append(asked, conn)
		}
		return conn, err
	}}
}

// TestFaultsOfNames: a name is not there if that is the response to both questions, and a name server that refuses to say goes
// on to do so. Where one failed or said nothing, another try may find the name; that silence is not the host's.
func TestFaultsOfNames(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	const noData, none, failure, refusal = dnsmessage.RCodeSuccess, dnsmessage.RCodeNameError, dnsmessage.RCodeServerFailure, dnsmessage.RCodeRefused
	for _, row := range []struct {
		v4, v6   dnsmessage.RCode
		class    Kind
		attempts int
	}{
		{none, none, KindDNS, once},
		{noData, noData, KindDNS, once},
		{none, noData, KindDNS, once},
		{noData, none, KindDNS, once},
		{failure, failure, KindDNS, often},
		{failure, noData, KindDNS, often},
		{failure, none, KindDNS, often},
		{noData, failure, KindDNS, often},
		{none, failure, KindDNS, often},
		{refusal, noData, KindDNS, once},
		{noData, dnsmessage.RCodeNotImplemented, KindDNS, once},
		{dnsmessage.RCodeFormatError, noData, KindDNS, once},
		{noReply, noReply, KindDNS, often},
		{noReply, noData, KindDNS, often},
		{noData, noReply, KindDNS, often},
		{garbled, noData, KindDNS, often},
		{loopback, noData, KindNone, once},
		{loopback, failure, KindNone, once},
	} {
		t.Run(fmt.Sprint(row.v4, row.v6), func(t *testing.T) {
			t.Parallel()
			tr := NewTransport(TransportOptions{})
			defer tr.CloseIdleConnections()
			tr.DialContext = (&transport.Dialer{Dialer: net.Dialer{Resolver: nameServer(t, row.v4, row.v6)}}).Dial
			f := &Fetcher{Transport: tr, Retry: tries(), Timeout: Timeouts{Connect: 100 * time.Millisecond}, Advanced: Advanced{NoAdapt: true}}
			if row.class == KindNone {
				f.Timeout.Connect = 0
			}
			r := f.Do(within(t, 20*time.Second), &Request{Method: "POST", URL: "http://name.test" + port})
			check(t, r, row.class, row.attempts)
		})
	}
}
