package format

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// sitemap is the decoder of sitemaps (sitemaps.org): a request for each <loc> of a <url>.
type sitemap struct {
	entry
	decoder *xml.Decoder
	bound   *io.LimitedReader // limits the size of one token
	open    []xml.Name        // the open elements; only relevant ones are distinguished
	begun   int               // line of the last <loc>
}

// maxDepth limits the nesting of elements; a sitemap has four levels, with its extensions some more.
const maxDepth = 64

func newSitemap(e entry, r io.Reader) *sitemap {
	bound := &io.LimitedReader{R: r}
	return &sitemap{entry: e, bound: bound, decoder: xml.NewDecoder(bound)}
}

func (s *sitemap) next() error {
	location := -1 // number of open elements inside a <loc>; -1: not inside one
	var text strings.Builder
	for {
		if location < 0 {
			s.bound.N = maxLine
		}
		token, err := s.decoder.Token()
		if err != nil {
			return s.failure(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := s.begin(t.Name); err != nil {
				return err
			}
			if location < 0 && s.isLocation() {
				location = len(s.open)
				s.begun, _ = s.decoder.InputPos()
			}
		case xml.CharData:
			if location >= 0 {
				text.Write(t)
			}
		case xml.EndElement:
			if s.open = s.open[:len(s.open)-1]; len(s.open) < location {
				return s.setURL([]byte(text.String()))
			}
		}
	}
}

func (s *sitemap) place(bad *LineError) { bad.Line = int64(s.begun) }

// begin pushes an element, and rejects what is not a sitemap.
func (s *sitemap) begin(name xml.Name) error {
	s.open = append(s.open, name)
	switch {
	case len(s.open) > maxDepth:
		return BadInput("", "is nested too deeply for a sitemap", "name a sitemap")
	case len(s.open) > 1 || name.Local == "urlset":
		return nil
	case name.Local == "sitemapindex":
		return BadInput("", "is an index of sitemaps, not a sitemap",
			"fetch the sitemaps that it lists first, and name them")
	}
	return BadInput("", "is XML, but not a sitemap: its root is <"+Shortened(name.Local)+">, not <urlset>",
		"name a sitemap, or say --input-format")
}

// isLocation reports whether the innermost open element is the <loc> of a <url>, rather than of an extension.
func (s *sitemap) isLocation() bool {
	return len(s.open) == 3 && s.open[1] == xml.Name{Space: s.open[0].Space, Local: "url"} &&
		s.open[2] == xml.Name{Space: s.open[0].Space, Local: "loc"}
}

// failure returns the error after which nothing more can be read.
func (s *sitemap) failure(err error) error {
	e := &InputError{Problem: "is not valid XML", Hint: "make or fetch the file again", Err: err}
	syntax, isSyntax := errors.AsType[*xml.SyntaxError](err)
	switch {
	case s.bound.N <= 0:
		e.Problem = "has an element of more than 1 MiB"
	case err == io.EOF && len(s.open) == 0:
		return io.EOF
	case isSyntax && strings.Contains(syntax.Msg, "unexpected EOF"), err == io.EOF:
		e.Problem = "ends too early: an element is not closed"
	case isSyntax:
		e.Problem += ", line " + strconv.Itoa(syntax.Line)
	case strings.HasPrefix(err.Error(), "xml: encoding"):
		e.Problem, e.Hint = "is not encoded in UTF-8", "save it as UTF-8"
	default:
		return err
	}
	return e
}
