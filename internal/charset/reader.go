package charset

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"
)

// IsText reports whether a response with this Content-Type is text in some charset, so that a program gets it in UTF-8. Other
// media types at times have a charset, too; their bytes are not touched. No Content-Type may be that of a text.
func IsText(contentType string) bool {
	family, kind := kindOf(contentType)
	if family == "" || family == "text" {
		return true
	}
	switch strings.TrimPrefix(kind, "x-") {
	case "json", "ndjson", "jsonl", "jsonlines", "json-seq", "xml", "csv", "yaml", "toml", "sql", "javascript", "ecmascript",
		"www-form-urlencoded", "graphql", "n-triples", "n-quads", "trig", "sparql-query":
		return true
	}
	return false
}

// MediaType is the media type of a Content-Type (RFC 9110, section 8.3.1), in small letters and without its parameters.
func MediaType(contentType string) string {
	media, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(media))
}

// kindOf is a media type in its two halves, with a suffix such as +json for its subtype (RFC 6839).
func kindOf(contentType string) (family, kind string) {
	family, kind, _ = strings.Cut(MediaType(contentType), "/")
	return family, kind[strings.LastIndexByte(kind, '+')+1:]
}

// declares matches the beginning of a document that names its own charset, which whoever parses it goes by.
var declares = regexp.MustCompile(`(?is)^\s*<\?xml[^>]*\sencoding\s*=|<meta\s[^>]*charset\s*=`)

// Reader returns what a program is to read of a body: UTF-8, if the body is text in another charset. note is called with each
// note, once, by whoever reads. If nothing changes it is body itself, at its beginning, where that can be read again.
//
// XML and HTML that name their own charset stay as they are: in UTF-8 they would be wrong about it.
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
	c := Of(contentType, head)
	if strings.Contains(kind, "json") {
		c = OfJSON(contentType, head)
	}
	if c.unknown {
		note(NoteUnknown)
	}
	text, _ := c.Text(head)
	switch {
	case c.encoding != nil && !(isMarkup(kind) && declares.Match(text)):
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
	if c.encoding == nil && !c.unknown && !(isMarkup(kind) && declares.Match(text)) {
		// It is given as it is, and so has to be looked through by itself.
		if _, err := io.Copy(io.Discard, transform.NewReader(buffer, encoding.UTF8Validator)); errors.Is(err, encoding.ErrInvalidUTF8) {
			note(NoteInvalidBytes)
		}
	}
	_, err = file.Seek(0, io.SeekStart)
	return body, err
}

func isMarkup(kind string) bool { return kind == "html" || kind == "xml" }

// noting looks for U+FFFD in what is read.
type noting struct {
	io.Reader
	note func(string) // nil: it has been called
	last []byte       // the last two bytes that were read
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
