package network

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/http/httpproxy"

	"example.com/fetch/internal/spec"
)

// proxies determine the proxy of a request, and record which ones were used.
type proxies struct {
	find func(*url.URL) (*url.URL, error)
	any  string // the flag or variable that names one of them; empty: there is none

	mu   sync.Mutex
	last *url.URL // the one used last
	used []string // without passwords
}

// proxyKinds are the schemes that a proxy's URL may have.
var proxyKinds = []string{"http", "https", "socks5", "socks5h"}

// parseProxy parses a proxy's URL, whose scheme may be omitted. Errors show nothing of it.
func parseProxy(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, errors.New("write the proxy as http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT")
	case !slices.Contains(proxyKinds, u.Scheme):
		return nil, fmt.Errorf("a proxy of kind %q is not supported; write http, https or socks5", u.Scheme)
	}
	return u, nil
}

// newProxies reads -x, or without it the environment. The passwords of proxies are registered as secrets, because
// no request contains them.
func newProxies(f *spec.Spec) (*proxies, error) {
	p := &proxies{}
	named := map[string]string{"-x": f.Proxy}
	if f.Proxy == "" {
		named = map[string]string{}
		for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY"} {
			if os.Getenv(name) == "" {
				name = strings.ToLower(name)
			}
			named[name] = os.Getenv(name)
		}
	}
	for name, text := range named {
		if text == "" {
			continue
		}
		u, err := parseProxy(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		p.any = max(p.any, name)
		if u.User != nil {
			password, _ := u.User.Password()
			f.Secrets().AddPassword(u.User.Username(), password)
		}
		if f.Proxy != "" {
			p.find = func(*url.URL) (*url.URL, error) { return u, nil }
		}
	}
	if p.find == nil {
		p.find = httpproxy.FromEnvironment().ProxyFunc()
	}
	return p, nil
}

// of returns the proxy of a request; nil if it has none.
func (p *proxies) of(r *http.Request) (*url.URL, error) {
	u, err := p.find(r.URL)
	if u == nil || err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if u != p.last {
		p.last = u
		if shown := u.Scheme + "://" + cmp.Or(u.Host, u.Opaque); !slices.Contains(p.used, shown) {
			p.used = append(p.used, shown)
		}
	}
	return u, nil
}

// Proxies returns the proxies that were used, without their passwords.
func (n *Network) Proxies() []string {
	n.proxies.mu.Lock()
	defer n.proxies.mu.Unlock()
	return slices.Sorted(slices.Values(n.proxies.used))
}
