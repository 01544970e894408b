package fetcher

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// parseURL parses an absolute http or https URL. Its errors never show the URL, which may hold a password.
func parseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	var parse *url.Error
	switch {
	case errors.As(err, &parse):
		return nil, fmt.Errorf("not a URL: %w", scrubbed(parse.Err))
	case err != nil:
		return nil, errors.New("not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("the scheme is %q; write http:// or https://", u.Scheme)
	case u.Hostname() == "":
		return nil, errors.New("the URL has no host")
	}
	if strings.ContainsAny(u.Host, "[]") { // url.Parse lets some by that do not pair
		if _, _, err := net.SplitHostPort(hostOf(u)); err != nil {
			return nil, errors.New("the brackets in the host do not pair")
		}
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("the port is %s; ports go from 1 to 65535", port)
		}
	}
	return u, nil
}

// scrubbed leaves out what an error of url.Parse quotes of the URL.
func scrubbed(err error) error {
	text, _, _ := strings.Cut(err.Error(), `"`)
	return errors.New(strings.TrimSpace(text))
}

// withoutUserinfo leaves name and password out of a URL. One that does not parse loses all up to its last @, since
// nobody can tell where its password ends.
func withoutUserinfo(raw string) string {
	if !strings.Contains(raw, "@") {
		return raw
	}
	start := strings.Index(raw, "//") + len("//")
	if start < len("//") {
		start = 0
	}
	rest := raw[start:]
	if _, err := url.Parse(raw); err == nil {
		if end := strings.IndexAny(rest, "/?#"); end >= 0 {
			rest = rest[:end]
		}
	}
	return raw[:start] + raw[start+strings.LastIndexByte(rest, '@')+1:]
}

// hostOf is the key that limits go by: "hostname:port", lower case and in punycode, always with the port.
func hostOf(u *url.URL) string {
	name, port := u.Hostname(), u.Port()
	if port != "" && isPlainHost(u.Host) {
		return u.Host
	}
	if port == "" {
		port = "80"
		if u.Scheme == "https" {
			port = "443"
		}
	}
	if !isPlainHost(name) {
		name = strings.ToLower(name)
		if ascii, err := idna.Lookup.ToASCII(name); err == nil {
			name = ascii
		}
	}
	return net.JoinHostPort(name, port)
}

// isPlainHost says whether a host is in the form that limits go by already, if it has a port.
func isPlainHost(host string) bool {
	for i := range len(host) {
		if c := host[i]; c >= 0x80 || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}
