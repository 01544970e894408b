package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"

	"example.com/fetch/internal/coding"
)

// Errors of net/http, of which many have no type, so that their text has to do.

// IsNoHead reports whether what came cannot be the beginning of a response. net/http quotes the line.
func IsNoHead(err error) bool {
	_, line, quoted := strings.Cut(err.Error(), `malformed HTTP response "`)
	line = strings.TrimSuffix(line, `"`)
	return quoted && !strings.HasPrefix(line, "HTTP/") && !strings.HasPrefix("HTTP/", line)
}

// IsTLS reports whether no secure connection could be made with the right server.
func IsTLS(err error) bool {
	for _, target := range []any{new(*tls.CertificateVerificationError), new(x509.UnknownAuthorityError), new(x509.HostnameError),
		new(x509.CertificateInvalidError), new(tls.RecordHeaderError), new(tls.AlertError)} {
		if errors.As(err, target) {
			return true
		}
	}
	text := err.Error()
	return strings.HasPrefix(text, "tls: ") || Holds(text, "remote error: tls: ", "server gave HTTP response to HTTPS client")
}

// IsReset reports whether the connection, or the HTTP/2 stream, was ended by the other side before its time.
func IsReset(err error, text string) bool {
	return err == io.EOF || isOne(err, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED, net.ErrClosed) ||
		strings.HasSuffix(text, ": EOF") || Holds(text, "server closed idle connection", "stream error:", "REFUSED_STREAM",
		"GOAWAY", "client connection lost", "client connection force closed")
}

// isOne reports whether an error is one of several.
func isOne(err error, targets ...error) bool {
	return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
}

// Holds reports whether a text holds one of several.
func Holds(text string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

// IsOutOfFiles reports whether the system had no file descriptor left for a connection.
func IsOutOfFiles(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok { // which keeps nothing but the text
		return Holds(dns.Err, syscall.EMFILE.Error(), syscall.ENFILE.Error())
	}
	return isOne(err, syscall.EMFILE, syscall.ENFILE)
}

// IsProxys reports whether it was the proxy that could not be connected to.
func IsProxys(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "proxyconnect"
}

// IsTemporary reports whether a name could not be resolved now, but may be later.
func IsTemporary(err error) bool {
	dns, ok := errors.AsType[*net.DNSError](err)
	return ok && !dns.IsNotFound && (dns.IsTemporary || dns.IsTimeout)
}

// MayBeChance reports whether a malformed response may be an accident of the connection rather than the server's habit: one
// that was cut within its head or chunks, or compressed data that does not add up.
func MayBeChance(err error) bool {
	_, broken := errors.AsType[*coding.Error](err)
	text := err.Error()
	return broken || errors.Is(err, io.ErrUnexpectedEOF) || Holds(text, "malformed MIME header") ||
		Holds(text, "chunk") && !Holds(text, "transfer encoding")
}
