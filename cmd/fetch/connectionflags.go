package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/load"
)

// connectionFlags say on which connections a load test sends.
type connectionFlags struct {
	most   int  // to each host; 0: as many as it takes
	always bool // a new one for each request

	shared bool // they carry several requests at a time: HTTP/2. Set by connect
}

func (f *connectionFlags) define(flags *pflag.FlagSet) {
	flags.BoolVar(&f.always, "disable-keepalive", false, "a new connection for each request")
	flags.IntVar(&f.most, "connections", 0, "`N` connections to each host at the most; over HTTP/2 they share the requests, and become more only where the server takes no more on them")
}

func (f *connectionFlags) check() error {
	switch {
	case f.most < 0:
		return fmt.Errorf("--connections %d: write a number from 1", f.most)
	case f.most > 0 && f.always:
		return errors.New("--disable-keepalive makes a connection for each request: leave out --connections, or bound what is in flight with --per-host")
	}
	return nil
}

// connect settles how --connections is kept to. An HTTP/1.1 connection has one request at a time, so that there are no
// more of them than requests in flight to the host; what waits, waits with us, where it counts as waiting.
func (f *loadFlags) connect(mix *load.Mix) {
	if f.connections.most == 0 {
		return
	}
	f.connections.shared = !f.run.http1 && isSecure(mix)
	if !f.connections.shared {
		slots := &f.run.perHost
		slots.every = append(slots.every, f.connections.most)
	}
}

// isSecure reports whether all requests go over TLS, where HTTP/2 is agreed on.
func isSecure(mix *load.Mix) bool {
	for i := range mix.Len() {
		if !strings.HasPrefix(strings.ToLower(mix.At(i).URL), "https:") {
			return false
		}
	}
	return true
}

// connections are what a load test sends on.
type connections interface {
	http.RoundTripper
	CloseIdleConnections()
}

// transport is what sends on them.
func (f *connectionFlags) transport(one *http.Transport) connections {
	one.DisableKeepAlives = f.always
	if !f.shared {
		return one
	}
	spread := &fetcher.Spread{Transports: []http.RoundTripper{one}}
	for range f.most - 1 {
		spread.Transports = append(spread.Transports, one.Clone())
	}
	return spread
}
