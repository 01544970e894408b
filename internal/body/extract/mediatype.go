package extract

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"example.com/fetch/internal/charset"
)

// HeadSize is how many bytes of a body are examined to determine its type.
const HeadSize = 512

// Type is the expected type of a response: one of the names below, or a media type such as "application/pdf". The
// zero Type accepts everything.
type Type string

// The named types that are more than a list of media types.
const (
	JSON Type = "json" // the body is one JSON value, whatever the header says, unless it says HTML
	HTML Type = "html"
	CSV  Type = "csv" // also an unspecific type, if the body does not begin like HTML, XML or JSON
)

// named are the types that have a name: their description for messages, and the media types that they cover.
var named = map[Type]struct {
	words string
	media []string // patterns of path.Match; those of HTML count for HTML only
}{
	JSON:    {"JSON", nil},
	HTML:    {"HTML", html},
	"xml":   {"XML", []string{"*/xml", "*/*+xml"}},
	CSV:     {"CSV", []string{"*/csv", "*/comma-separated-values", "*/x-csv"}},
	"text":  {"plain text", []string{"text/*"}},
	"image": {"an image", []string{"image/*"}},
	"audio": {"audio", []string{"audio/*"}},
	"video": {"video", []string{"video/*"}},
	"pdf":   {"PDF", []string{"application/pdf"}},
}

// html are the media types of HTML.
var html = []string{"text/html", "application/xhtml+xml"}

// ParseType parses one of the names (json, html, xml, csv, text, image, audio, video, pdf), a media type
// TYPE/SUBTYPE, or TYPE/*. The empty text is the zero Type.
func ParseType(text string) (Type, error) {
	t := Type(strings.ToLower(strings.TrimSpace(text)))
	if _, ok := named[t]; ok || t == "" {
		return t, nil
	}
	family, kind, ok := strings.Cut(string(t), "/")
	if ok && isToken(family) && (isToken(kind) || kind == "*") && family != "*" {
		return t, nil
	}
	return "", fmt.Errorf("no type %q: write json, html, xml, csv, text, image, audio, video, pdf, or a media type such as application/zip", cut(text, maxShownText))
}

// isToken reports whether s can be half of a media type (RFC 6838, section 4.2).
func isToken(s string) bool {
	for _, c := range s {
		if c > '~' || !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.ContainsRune("!#$&-^_.+", c)) {
			return false
		}
	}
	return s != ""
}

// NeedsBody reports whether Extract needs the whole body. For any type but JSON the first HeadSize bytes are
// sufficient.
func (t Type) NeedsBody() bool { return t == JSON }

// checkHead returns an error if a response with this Content-Type (empty if there is none) and this body is not as
// expected, without parsing JSON. An empty body never is as expected.
func (t Type) checkHead(contentType string, body []byte) error {
	if t == "" {
		return nil
	}
	media := mediaType(contentType)
	switch {
	case len(bytes.TrimLeft(body[:min(len(body), HeadSize)], " \t\r\n")) == 0 && len(body) <= HeadSize:
		return fmt.Errorf("an empty body instead of %s", t.words())
	case t == CSV && slices.Contains(unsaid, media):
		if other := otherThanText(body); other != "" {
			return fmt.Errorf("%s instead of CSV", other)
		}
	case t == JSON && !isHTML(media), t.covers(media):
	case media == "":
		return fmt.Errorf("a response without Content-Type instead of %s", t.words())
	default:
		return fmt.Errorf("%s instead of %s", media, t.words())
	}
	return nil
}

// covers reports whether a media type matches the expected type.
func (t Type) covers(media string) bool {
	n, ok := named[t]
	switch {
	case !ok:
		n.media = []string{string(t)}
	case t != HTML && isHTML(media):
		return false
	}
	return slices.ContainsFunc(n.media, func(pattern string) bool {
		matches, _ := path.Match(pattern, media)
		return matches
	})
}

// words returns the type for a message.
func (t Type) words() string { return cmp.Or(named[t].words, string(t)) }

func isHTML(media string) bool { return slices.Contains(html, media) }

// unsaid are the media types that do not say what the body is. CSV is often sent with them.
var unsaid = []string{
	"", "application/octet-stream", "binary/octet-stream", "text/plain", "application/vnd.ms-excel", "application/x-download", "application/force-download",
}

// otherThanText names what a body that is not a text table looks like; "" if it may be one.
func otherThanText(body []byte) string {
	if other := otherThanJSON(body); other != "" {
		return other
	}
	head := bytes.TrimLeft(bytes.TrimPrefix(body[:min(len(body), HeadSize)], []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case bytes.HasPrefix(head, []byte("{")), bytes.HasPrefix(head, []byte("[")):
		return "JSON"
	case bytes.IndexByte(head, 0) >= 0:
		return "binary data"
	}
	return ""
}

// mediaType returns the type in a Content-Type, safe to print; "" if there is none.
func mediaType(contentType string) string {
	media := charset.MediaType(contentType)
	if family, kind, _ := strings.Cut(media, "/"); media != "" && !(isToken(family) && isToken(kind)) {
		return "an unreadable Content-Type"
	}
	return media
}
