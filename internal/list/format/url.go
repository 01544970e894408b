package format

import (
	"bytes"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/fetch/internal/web"
)

const maxHost = 253 // bytes of a host name, without a trailing dot

// Normalize converts a URL, which begins with its scheme, to the form in which it is sent. The result is valid until
// the next call.
func (p *Parser) Normalize(url []byte) ([]byte, *LineError) {
	if web.IsClean(url) {
		return url, nil
	}
	_, after := FindScheme(url)
	bad := p.normalize(url, after)
	return p.url, bad
}

// normalize converts a URL that is not in normal form. Its scheme ends at prefix.
func (p *Parser) normalize(u []byte, prefix int) *LineError {
	if bad := badURL(u, prefix); bad != nil {
		return bad
	}
	sent, _, _ := bytes.Cut(u, []byte("#"))
	sent = bytes.TrimRight(sent, " ") // before a fragment that is meant as a comment
	end := len(sent)
	if i := bytes.IndexAny(sent[prefix:], "/?"); i >= 0 {
		end = prefix + i
	}
	out := p.scratch[:0]
	for _, c := range u[:prefix] {
		out = append(out, lower(c))
	}
	out, problem, hint := appendAuthority(out, sent[prefix:end])
	if problem != "" {
		if bytes.IndexByte(u[end:], '@') >= 0 {
			hint += "; in a password write / ? # as %2F %3F %23"
		}
		return BadLine(problem, hint).about(u)
	}
	out, rest, ok := web.AppendEscaped(out, sent[end:], web.InTail)
	if !ok {
		return badEscape(u, rest)
	}
	p.scratch, p.url = out, out
	if web.IsClean(out) {
		return nil
	}
	if _, err := url.Parse(string(out)); err != nil { // the engine parses it again
		return BadLine("not a URL", "write it as http://HOST/PATH").about(u)
	}
	return nil
}

// badURL finds characters that are not allowed anywhere in a URL.
func badURL(u []byte, prefix int) *LineError {
	if !utf8.Valid(u) {
		return BadLine("the URL is not UTF-8",
			"save the list as UTF-8, or write such bytes as escapes like %E9").about(u)
	}
	if i := bytes.IndexFunc(u, func(r rune) bool { return r < 0x80 && isControl(byte(r)) }); i >= 0 {
		return BadLine(fmt.Sprintf("the URL holds a control character (%#02x)", u[i]),
			fmt.Sprintf("put one URL on each line and nothing behind it, or write the character as %%%02X", u[i])).about(u)
	}
	for rest := u[prefix:]; ; {
		at, after := FindScheme(rest)
		if at < 0 {
			return nil
		}
		if at > 0 && rest[at-1] == ' ' {
			return BadLine("there are two URLs on the line",
				"put each on a line of its own, or write the blank between them as %20 if this is one URL").about(u)
		}
		rest = rest[after:]
	}
}

// badEscape returns an error for an invalid escape, unless it may be part of a password.
func badEscape(u, rest []byte) *LineError {
	what := "%"
	if text := rest[:min(len(rest), 3)]; bytes.IndexByte(u, '@') < 0 && utf8.Valid(text) {
		what = string(text)
	}
	return BadLine("the escape "+what+" is not a percent sign with two hexadecimal digits",
		"write the percent sign itself as %25").about(u)
}

// appendAuthority appends userinfo, host and port (RFC 3986, section 3.2), or returns what is wrong with them and a
// hint. Neither shows their content.
func appendAuthority(out, s []byte) (_ []byte, problem, hint string) {
	const write = "write it as http://HOST/PATH"
	if bytes.IndexByte(s, '\\') >= 0 {
		return out, `there is a \ before the path`, write
	}
	if i := bytes.LastIndexByte(s, '@'); i >= 0 {
		var ok bool
		if out, _, ok = web.AppendEscaped(out, s[:i], web.InUser); !ok {
			return out, "a % before the @ is not followed by two hexadecimal digits", "write the percent sign itself as %25"
		}
		out, s = append(out, '@'), s[i+1:]
	}
	host, port, bracketed := splitPort(s)
	switch {
	case len(host) == 0:
		return out, "there is no host", write
	case bracketed:
		if out, problem = appendIPv6(out, host); problem != "" {
			return out, problem, "write it like http://[2001:db8::1]:8080/, a zone like [fe80::1%25eth0]"
		}
	case bytes.IndexByte(host, ':') >= 0:
		return out, "there is more than one colon in the host", "write an IPv6 address in brackets, like http://[::1]:8080/"
	default:
		if out, problem = appendHostName(out, host); problem != "" {
			return out, problem, "a host name has letters, digits, hyphens, and dots between its parts"
		}
	}
	if len(port) == 0 {
		return out, "", ""
	}
	n, err := strconv.ParseUint(string(port), 10, 16)
	if err != nil || n == 0 {
		return out, "the port is not a number from 1 to 65535", "write it as http://HOST:PORT/PATH, or leave it out"
	}
	return strconv.AppendUint(append(out, ':'), n, 10), "", ""
}

// splitPort splits host and port. An empty port is ignored (RFC 3986, section 3.2.3).
func splitPort(s []byte) (host, port []byte, bracketed bool) {
	if len(s) > 0 && s[0] == '[' {
		if i := bytes.LastIndexByte(s, ']'); i > 0 && (i+1 == len(s) || s[i+1] == ':') {
			return s[:i+1], bytes.TrimPrefix(s[i+1:], []byte(":")), true
		}
		return s, nil, true
	}
	if i := bytes.LastIndexByte(s, ':'); i >= 0 {
		return s[:i], s[i+1:], false
	}
	return s, nil, false
}

func appendIPv6(out, host []byte) ([]byte, string) {
	const problem = "the text in brackets is not an IPv6 address"
	if len(host) < 2 || host[len(host)-1] != ']' {
		return out, "a bracket of the host is not closed"
	}
	text, zone, zoned := bytes.Cut(host[1:len(host)-1], []byte("%25")) // RFC 6874
	addr, err := netip.ParseAddr(string(text))
	if err != nil || !addr.Is6() || addr.Zone() != "" || zoned && len(zone) == 0 {
		return out, problem
	}
	out = append(append(out, '['), bytes.ToLower(text)...)
	if zoned {
		for _, c := range zone {
			if !web.IsHostByte(lower(c)) && c != '~' {
				return out, problem
			}
		}
		out = append(append(out, "%25"...), zone...)
	}
	return append(out, ']'), ""
}

func appendHostName(out, host []byte) ([]byte, string) {
	start := len(out)
	ascii := true
	for _, c := range host {
		ascii = ascii && c < 0x80
		out = append(out, lower(c))
	}
	if !ascii {
		name, ok := web.Hostname(string(host))
		if !ok {
			return out, "the host cannot be written in punycode"
		}
		out = append(out[:start], name...)
	}
	labels := bytes.TrimSuffix(out[start:], []byte("."))
	if len(labels) > maxHost {
		return out, fmt.Sprintf("the host is longer than %d bytes", maxHost)
	}
	for label := range bytes.SplitSeq(labels, []byte(".")) {
		switch {
		case len(label) == 0:
			return out, "there is nothing between two dots of the host"
		case len(label) > web.MaxLabel:
			return out, fmt.Sprintf("a part of the host is longer than %d bytes", web.MaxLabel)
		}
		for _, c := range label {
			if !web.IsHostByte(c) {
				return out, "the host contains a character that is not allowed"
			}
		}
	}
	return out, ""
}

// Recordable returns the part of an invalid URL that may be recorded, because a password can only be masked in a URL
// with a scheme.
func Recordable(url string) string {
	if strings.Contains(url, "@") && !strings.Contains(url, "://") {
		return ""
	}
	return url
}
