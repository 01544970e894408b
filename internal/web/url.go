// Package web defines what a URL, a host, an origin, a method and the name of a header field are. Each has one
// normal form, which limits, credentials, records, redirects and pages all use.
package web

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Parse parses an absolute http or https URL that can be sent. Its errors never show the URL, which
// may hold a password.
func Parse(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		parse, ok := errors.AsType[*url.Error](err)
		switch {
		case !ok:
			return nil, errors.New("not a URL")
		case strings.HasPrefix(parse.Err.Error(), "invalid port"):
			return nil, errPort
		}
		return nil, fmt.Errorf("not a URL: %w", scrubbed(parse.Err))
	}
	if err := Check(u); err != nil {
		return nil, err
	}
	return u, nil
}

// Check reports why a URL cannot be sent. Its errors are those of Parse.
func Check(u *url.URL) error {
	name := u.Hostname()
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("the scheme is %q; write http:// or https://", u.Scheme)
	case name == "":
		return errors.New("the URL has no host")
	case strings.ContainsAny(name, "[]"): // url.Parse accepts some unbalanced ones
		return errors.New("the brackets in the host do not pair")
	case strings.Contains(name, "%") && !strings.Contains(name, ":"): // only the zones of addresses contain one
		return errors.New("the host holds a percent sign")
	}
	if _, ok := Hostname(name); !ok {
		return errors.New("the host cannot be written in punycode")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return errPort
		}
	}
	return nil
}

// Normalize converts a URL to the normal form of all URLs that are fetched alike: the host in normal form,
// without the default port, with a path, without a fragment, and with invalid characters of the query escaped.
// Its userinfo is kept. The errors are those of Parse.
func Normalize(u *url.URL) error {
	if err := Check(u); err != nil {
		return err
	}
	u.Host = OriginOf(u).Shown()
	if u.Path == "" {
		u.Path = "/"
	}
	u.RawQuery = escapeTail(u.RawQuery, "%")
	u.Fragment, u.RawFragment = "", ""
	return nil
}

// scrubbed removes what an error of url.Parse quotes of the URL.
func scrubbed(err error) error {
	text, _, _ := strings.Cut(err.Error(), `"`)
	return errors.New(strings.TrimSpace(text))
}

// errPort does not show the port, which may be half of a password with a slash.
var errPort = errors.New("the port is not a number from 1 to 65535")

// Comparable returns the common text of all equivalent URLs (RFC 3986, sections 6.2.2 and 6.2.3): the URL in the
// form of Normalize, without unnecessary escapes. What Parse does not accept is returned unchanged. It is for
// comparing only: the URL itself is what is sent.
func Comparable(raw string) string {
	u, err := Parse(raw)
	if err != nil || Normalize(u) != nil {
		return raw
	}
	text := u.String()
	if !strings.Contains(text, "%") {
		return text
	}
	var out strings.Builder
	for {
		plain, rest, found := strings.Cut(text, "%")
		out.WriteString(plain)
		if !found {
			return out.String()
		}
		b, err := hex.DecodeString(rest[:min(2, len(rest))])
		switch {
		case err != nil || len(b) == 0: // no escape
			out.WriteByte('%')
			text = rest
			continue
		case isUnreserved(b[0]):
			out.WriteByte(b[0])
		default:
			out.WriteString("%" + strings.ToUpper(rest[:2]))
		}
		text = rest[2:]
	}
}

func isUnreserved(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// WithoutUserinfo removes name and password from a URL. From an invalid one everything up to its last @ is
// removed, because the end of a password cannot be determined.
func WithoutUserinfo(raw string) string {
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

// UntilPath returns a URL up to where its path, query or fragment begins.
func UntilPath(raw string) string {
	start := 0
	if i := strings.Index(raw, "://"); i >= 0 {
		start = i + len("://")
	}
	if i := strings.IndexAny(raw[start:], "/?#"); i >= 0 {
		return raw[:start+i]
	}
	return raw
}
