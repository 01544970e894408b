// Package charset determines the charset of a body, and converts it to UTF-8. It follows HTTP: a byte order mark,
// or else the charset parameter of the Content-Type; it does not guess from the content.
package charset

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

// Charset is the charset of one body. The zero Charset is UTF-8 without a byte order mark.
type Charset struct {
	encoding encoding.Encoding // nil: UTF-8
	mark     int               // length of the byte order mark
	unknown  bool              // the name of the charset is unknown, and the bytes are not changed
	labelled bool              // determined only by the charset parameter
}

// headSize is how much of a body must be examined, at most, to determine its charset.
const headSize = 1024

var (
	utf16BE = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	utf16LE = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	utf32BE = utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	utf32LE = utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
)

// marks are the byte order marks. Those of UTF-32 come first, because one of them begins with one of UTF-16.
var marks = []struct {
	bytes    string
	encoding encoding.Encoding
}{
	{"\xef\xbb\xbf", nil},
	{"\xff\xfe\x00\x00", utf32LE},
	{"\x00\x00\xfe\xff", utf32BE},
	{"\xff\xfe", utf16LE},
	{"\xfe\xff", utf16BE},
}

// Of determines the charset of a text from the Content-Type of its response and from its first bytes: a byte
// order mark, or else the charset parameter, or else UTF-8.
func Of(contentType string, head []byte) Charset {
	for _, m := range marks {
		if bytes.HasPrefix(head, []byte(m.bytes)) {
			return Charset{encoding: m.encoding, mark: len(m.bytes)}
		}
	}
	name := parameter(contentType)
	if name == "" {
		return Charset{}
	}
	e, ok := named(name)
	return Charset{encoding: e, unknown: !ok, labelled: ok}
}

// OfJSON is Of for JSON, which begins with an ASCII character and contains no NUL: so zero bytes reveal UTF-16
// and UTF-32 (RFC 4627, section 3), if nothing else does.
func OfJSON(contentType string, head []byte) Charset {
	c := Of(contentType, head)
	switch strings.ToLower(parameter(contentType)) {
	case "", "utf-16", "utf-32":
		if e := byZeros(head); e != nil && c.mark == 0 {
			return Charset{encoding: e}
		}
	}
	return c
}

// OfText is Of, or OfJSON if the Content-Type says so.
func OfText(contentType string, head []byte) Charset {
	if _, kind := kindOf(contentType); strings.Contains(kind, "json") {
		return OfJSON(contentType, head)
	}
	return Of(contentType, head)
}

// byZeros detects UTF-16 and UTF-32 that begin with ASCII; nil: neither.
func byZeros(head []byte) encoding.Encoding {
	b := [4]byte{1, 1, 1, 1}
	copy(b[:], head)
	switch {
	case b[0] == 0 && b[1] == 0 && b[2] == 0 && b[3] != 0:
		return utf32BE
	case b[0] == 0 && b[1] != 0:
		return utf16BE
	case b[0] != 0 && b[1] == 0 && b[2] == 0 && b[3] == 0:
		return utf32LE
	case b[0] != 0 && b[1] == 0:
		return utf16LE
	}
	return nil
}

// named returns an encoding by its name in the WHATWG's Encoding Standard; nil with true is UTF-8. That standard
// has a name for charsets that browsers refuse ("replacement"), which are treated as unknown.
func named(name string) (encoding.Encoding, bool) {
	switch strings.ToLower(name) {
	case "us-ascii", "ascii": // UTF-8; the standard treats it as windows-1252
		return nil, true
	case "utf-32", "utf-32be":
		return utf32BE, true
	case "utf-32le":
		return utf32LE, true
	}
	e, err := htmlindex.Get(name)
	switch {
	case err != nil, e == encoding.Replacement:
		return nil, false
	case e == unicode.UTF8:
		return nil, true
	}
	return e, true
}

// parameter returns the charset parameter of a Content-Type, even of an invalid one; empty: there is none.
func parameter(contentType string) string {
	_, parameters, _ := strings.Cut(contentType, ";")
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "charset") {
			return strings.TrimSpace(strings.Trim(strings.TrimSpace(value), `"'`))
		}
	}
	return ""
}

// Notes of Text and Reader.
const (
	NoteInvalidBytes = "invalid_bytes"    // bytes that are invalid in the charset were replaced by U+FFFD
	NoteUnknown      = "unknown_charset"  // the Content-Type names an unknown charset; the bytes are not changed
	NoteDoubtful     = "doubtful_charset" // the text is valid UTF-8, but was read in the charset that the Content-Type names
)

// Text returns a whole body in UTF-8, and notes about it. For UTF-8 only a byte order mark is removed, so the
// text may share memory with body.
func (c Charset) Text(body []byte) (text []byte, notes []string) {
	body = body[c.mark:]
	if c.unknown {
		notes = append(notes, NoteUnknown)
	}
	if c.encoding == nil {
		if !utf8.Valid(body) {
			notes = append(notes, NoteInvalidBytes)
		}
		return body, notes
	}
	if c.labelled && isMultibyte(body) {
		notes = append(notes, NoteDoubtful)
	}
	text, err := c.encoding.NewDecoder().Bytes(body)
	if err != nil || bytes.Contains(text, replacement) {
		notes = append(notes, NoteInvalidBytes)
	}
	return text, notes
}

// Converts reports whether Text allocates a new text.
func (c Charset) Converts() bool { return c.encoding != nil }

// replacement is U+FFFD.
var replacement = []byte("\uFFFD")

// isMultibyte reports whether a text is valid UTF-8 and not only ASCII. Text in another charset hardly ever is.
func isMultibyte(text []byte) bool {
	ascii := true
	for _, b := range text {
		if b == 0 || b == 0x1b { // UTF-16 and ISO-2022-JP look like ASCII
			return false
		}
		ascii = ascii && b < utf8.RuneSelf
	}
	return !ascii && utf8.Valid(text)
}

// IsText reports whether a response with this Content-Type is text in some charset, so that a program gets it in
// UTF-8. Other media types may have a charset, too; their bytes are not changed. A missing Content-Type may be
// that of text.
func IsText(contentType string) bool {
	family, kind := kindOf(contentType)
	return family == "" || family == "text" || slices.Contains(textual, strings.TrimPrefix(kind, "x-"))
}

// textual are the subtypes of text outside the family text.
var textual = strings.Fields(`json ndjson jsonl jsonlines json-seq xml csv yaml toml sql javascript ecmascript www-form-urlencoded
	graphql n-triples n-quads trig sparql-query`)

// MediaType returns the media type of a Content-Type (RFC 9110, section 8.3.1), in lower case and without its
// parameters.
func MediaType(contentType string) string {
	media, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(media))
}

// kindOf splits a media type, with a suffix such as +json as its subtype (RFC 6839).
func kindOf(contentType string) (family, kind string) {
	family, kind, _ = strings.Cut(MediaType(contentType), "/")
	return family, kind[strings.LastIndexByte(kind, '+')+1:]
}

// declares matches the beginning of a document that declares its own charset, which its parser follows.
var declares = regexp.MustCompile(`(?is)^\s*<\?xml[^>]*\sencoding\s*=|<meta\s[^>]*charset\s*=`)

// Reader returns the body for a program: in UTF-8, if it is text in another charset. Note is called once with
// each note, by the reading goroutine. If nothing changes it is body itself, at its beginning, if that can be
// read again.
//
// XML and HTML that declare their own charset are not converted, because the declaration would be wrong.
func Reader(contentType string, body io.Reader, note func(string)) (io.Reader, error) {
	if !IsText(contentType) {
		return body, nil
	}
	buffer := bufio.NewReaderSize(body, 32<<10)
	head, err := buffer.Peek(headSize)
	if err != nil && err != io.EOF {
		return nil, err
	}
	_, kind := kindOf(contentType)
	c := OfText(contentType, head)
	if c.unknown {
		note(NoteUnknown)
	}
	text, _ := c.Text(head)
	declared := (kind == "html" || kind == "xml") && declares.Match(text)
	switch {
	case c.encoding != nil && !declared:
		buffer.Discard(c.mark)
		return &noting{Reader: transform.NewReader(buffer, c.encoding.NewDecoder()), note: note}, nil
	case c.encoding == nil && c.mark > 0:
		buffer.Discard(c.mark)
		return buffer, nil
	}
	file, ok := body.(io.Seeker)
	if !ok {
		return buffer, nil
	}
	if c.encoding == nil && !c.unknown && !declared {
		// It is passed on unchanged, so it must be examined separately.
		if _, err := io.Copy(io.Discard, transform.NewReader(buffer, encoding.UTF8Validator)); errors.Is(err, encoding.ErrInvalidUTF8) {
			note(NoteInvalidBytes)
		}
	}
	_, err = file.Seek(0, io.SeekStart)
	return body, err
}

// noting looks for U+FFFD in what is read.
type noting struct {
	io.Reader
	note func(string) // nil after the call
	last []byte       // the last two bytes read
}

func (n *noting) Read(p []byte) (int, error) {
	k, err := n.Reader.Read(p)
	if n.note != nil {
		seen := append(n.last, p[:k]...)
		if bytes.Contains(seen, replacement) {
			n.note(NoteInvalidBytes)
			n.note = nil
		}
		n.last = append(n.last[:0], seen[max(0, len(seen)-2):]...)
	}
	return k, err
}
