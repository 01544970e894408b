// Package coding undoes the content codings of HTTP bodies (RFC 9110, section 8.4): gzip, deflate, br and zstd.
package coding

import (
	"slices"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// The codings that can be undone, as Parse names them.
const (
	Gzip    = "gzip"
	Deflate = "deflate" // in the zlib format, or raw
	Brotli  = "br"
	Zstd    = "zstd"
)

// Parse reads the Content-Encoding fields of a response: the codings in the order in which they were applied, in lower
// case, without identity. odd reports whether there was something else that is known to be no coding, such as UTF-8,
// none or binary, or nothing at all; it is left out.
func Parse(fields []string) (codings []string, odd bool) {
	for _, field := range fields {
		odd = odd || strings.TrimSpace(field) == ""
		for name := range strings.SplitSeq(field, ",") {
			name, _, _ = strings.Cut(name, ";")
			switch name = strings.ToLower(strings.TrimSpace(name)); {
			case name == "" || name == "identity":
			case name == "x-gzip": // RFC 9110, section 8.4.1.3
				codings = append(codings, Gzip)
			case isNone(name):
				odd = true
			default:
				codings = append(codings, name)
			}
		}
	}
	return codings, odd
}

// notCodings are seen in Content-Encoding, and leave the body as it is: words for nothing, transfer codings, and the marks of
// services that mean something else by the field.
var notCodings = []string{
	"none", "no", "off", "null", "binary", "7bit", "8bit", "plain", "text", "chunked", "aws-chunked", "amz-1.0",
}

// isNone reports whether a word that stands where a coding should leaves the body as it is. The names of charsets do.
func isNone(name string) bool {
	if slices.Contains(notCodings, name) {
		return true
	}
	_, err := htmlindex.Get(name)
	return err == nil
}
