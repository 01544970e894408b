// Package explain extends error messages: which flag set a limit that was exceeded, and what to do about other
// failures.
package explain

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/excerpt"
	"example.com/fetch/internal/network"
	"example.com/fetch/internal/spec"
	"example.com/fetch/internal/web"
)

type explainer struct{ flags *spec.Spec }

// worded is an error with another message.
type worded struct {
	words string
	error
}

func (w *worded) Error() string { return w.words }
func (w *worded) Unwrap() error { return w.error }

// Result improves the messages of a complete result's errors where the engine cannot, because it does not know
// about flags.
func Result(f *spec.Spec, r *fetcher.Result) {
	j := explainer{f}
	for i := range r.Attempts {
		a := &r.Attempts[i]
		if a.Err == nil {
			continue
		}
		said := inWords(a.Err, j.wordsOf(r, a))
		if r.Err == error(a.Err) {
			r.Err = said
		}
		a.Err = said
	}
	own, ok := errors.AsType[*fetcher.Error](r.Err)
	if !ok {
		return
	}
	words := j.boundOf(r, own)
	if n := len(r.Attempts); n > 1 && own.Kind.Timeout() {
		if words == "" && own.Err != nil {
			words = own.Err.Error()
		}
		words += fmt.Sprintf(", %d attempts", n)
	}
	r.Err = inWords(own, words)
}

// inWords returns an error with another message; unchanged if there is none.
func inWords(e *fetcher.Error, words string) *fetcher.Error {
	if words == "" {
		return e
	}
	again := *e
	again.Err = &worded{words, e.Err}
	return &again
}

// boundOf says which limit of a whole request, or of the run, was exceeded; empty if none was.
func (j explainer) boundOf(r *fetcher.Result, e *fetcher.Error) string {
	switch e.Kind {
	case fetcher.KindTimeoutTotal:
		return fmt.Sprintf("timed out after %v (--total-timeout)", time.Duration(j.flags.Total))
	case fetcher.KindDeadline:
		if d := time.Duration(j.flags.Deadline); d > 0 {
			return fmt.Sprintf("the run was over after %v (--deadline)", d)
		}
	}
	return ""
}

// wordsOf explains an attempt if more is known than the engine says; otherwise it returns an empty string.
func (j explainer) wordsOf(r *fetcher.Result, a *fetcher.Attempt) string {
	e := a.Err
	if e.Err == nil {
		return j.boundOf(r, e)
	}
	words := e.Err.Error()
	_, systems := errors.AsType[*net.OpError](e.Err) // whose time-outs are not ours
	switch {
	case e.Kind == fetcher.KindTimeoutAttempt && j.flags.TimeoutSource(r.Request) != "":
		return fmt.Sprintf("timed out after %v (the timeout of %s; -t sets another)", r.Request.Timeout, j.flags.TimeoutSource(r.Request))
	case e.Kind == fetcher.KindTimeoutAttempt && r.Request.Timeout != 0:
		return fmt.Sprintf("timed out after %v (the timeout of its entry in the list)", r.Request.Timeout)
	case e.Kind == fetcher.KindTimeoutAttempt:
		return fmt.Sprintf("timed out after %v (-t)", time.Duration(j.flags.Timeout))
	case e.Kind == fetcher.KindTimeoutConnect && !systems,
		e.Kind == fetcher.KindDNS && strings.Contains(words, "no name server answered within"):
		return words + " (" + j.flags.BoundSource(hostOf(r, a), "connect-timeout") + ")"
	case e.Kind == fetcher.KindTimeoutFirstByte && !systems:
		return words + " (" + j.flags.BoundSource(hostOf(r, a), "ttfb-timeout") + ")"
	case e.Kind == fetcher.KindTimeoutStall && !systems:
		return words + " (" + j.flags.BoundSource(hostOf(r, a), "stall-timeout") + ")"
	case e.Kind == fetcher.KindTLS:
		return words + adviceOnTLS(e.Err)
	}
	if hint := cmp.Or(j.adviceOnConnecting(e), j.adviceOnStatus(a), adviceOnScheme(r, a)); hint != "" {
		return words + "; " + hint
	}
	return j.boundOf(r, e)
}

// hostOf returns the host of the last hop of an attempt.
func hostOf(r *fetcher.Result, a *fetcher.Attempt) string {
	if n := len(a.Hops); n > 0 {
		return a.Hops[n-1].Host
	}
	return web.HostOf(r.FinalURL)
}

// adviceOnConnecting says what to check if there is no connection; empty if unknown.
func (j explainer) adviceOnConnecting(e *fetcher.Error) string {
	dns, notFound := errors.AsType[*net.DNSError](e.Err)
	op, isOp := errors.AsType[*net.OpError](e.Err)
	refused, name := errors.Is(e.Err, syscall.ECONNREFUSED), ""
	if u, err := web.Parse(e.URL); err == nil {
		name = u.Hostname()
	}
	switch {
	case isOp && (op.Op == "proxyconnect" || op.Op == "socks connect"):
		return "look at the proxy that -x or the environment names"
	case e.Kind == fetcher.KindDNS && notFound && dns.IsNotFound:
		return "look at the name of the host"
	case refused && network.StandsInFor(j.flags, name):
		return "--testserver names an address where no server listens; start one there: fetch serve --listen ADDR"
	case refused:
		return "nothing listens there: look at the host and the port, and whether the server is up"
	}
	return ""
}

// adviceOnStatus says why a success status is a failure; empty if it is not.
func (j explainer) adviceOnStatus(a *fetcher.Attempt) string {
	if a.Err.Kind == fetcher.KindHTTPOther && 200 <= a.Status && a.Status <= 299 && len(j.flags.Accept.Pairs) > 0 {
		return fmt.Sprintf("--accept %s leaves it out: --accept %[1]s,200-299 takes it, too", j.flags.Accept.String())
	}
	return ""
}

// adviceOnTLS says what to do if there is no secure connection.
func adviceOnTLS(err error) string {
	var (
		unknown x509.UnknownAuthorityError
		wrong   *tls.CertificateVerificationError
		record  tls.RecordHeaderError
	)
	text := err.Error()
	switch {
	case errors.As(err, &unknown):
		return "; --cacert FILE trusts the certificates in a file, -k all there are"
	case errors.As(err, &wrong):
		return "; -k skips the check, which --cacert would not help"
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		return "; the port speaks no TLS, but perhaps http: write http:// in place of https://"
	case strings.Contains(text, "certificate required"), strings.Contains(text, "bad certificate"):
		return "; the server asks for a certificate of ours: --cert FILE --key FILE"
	}
	return ""
}

// adviceOnScheme says that a port that was used without TLS may require it, or the reverse; empty if there is no
// sign of that.
func adviceOnScheme(r *fetcher.Result, a *fetcher.Attempt) string {
	u, err := url.Parse(a.Err.URL)
	if err != nil {
		return ""
	}
	const https = "write https:// in place of http://"
	words, last := a.Err.Err.Error(), fetcher.Hop{}
	if len(a.Hops) > 0 {
		last = a.Hops[len(a.Hops)-1]
	}
	switch {
	case u.Scheme == "https":
		if a.Err.Kind == fetcher.KindConnReset && last.Phases.TLS > 0 && last.Phases.Send == 0 && !last.Reused && u.Port() != "" && u.Port() != "443" {
			return "the server closed a new connection instead of speaking TLS; if the port speaks http, write http:// in place of https://"
		}
	case a.Err.Kind == fetcher.KindProtocol && strings.Contains(words, `malformed HTTP response "\x15\x03`):
		return "the port speaks TLS: " + https
	case a.Err.Kind == fetcher.KindHTTP4xx && a.Status == http.StatusBadRequest:
		if body, ok := r.Value.(*excerpt.Excerpt); ok && wantsHTTPS(body.Text()) {
			return "the port speaks TLS: " + https
		}
	case a.Err.Kind == fetcher.KindConnReset && (errors.Is(a.Err.Err, io.EOF) || errors.Is(a.Err.Err, syscall.ECONNRESET)) &&
		last.Status == 0 && !last.Reused && u.Port() != "" && u.Port() != "80":
		return "the server closed a new connection without a response; if the port speaks TLS, " + https
	}
	return ""
}

// wantsHTTPS reports whether a body is the message of a TLS server to a plain request: Go's, nginx, Apache.
func wantsHTTPS(body string) bool {
	body = strings.ToLower(body)
	return strings.Contains(body, "http request to an https server") || strings.Contains(body, "sent to https port") ||
		strings.Contains(body, "plain http to an ssl")
}
