// Package payload makes the content of requests: of texts and files one after the other, of forms, and of files alone.
// What it makes is the same at each attempt and in each run, as long as its texts and files are: the boundary of a form
// is derived from what stands in it.
package payload

import (
	"cmp"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
)

// Spec describes the content of a request: Fields, if there are any, and Parts otherwise.
type Spec struct {
	Parts  []Part
	Fields []Field

	once *Payload
}

// Clone is a copy whose parts and fields are its own.
func (s *Spec) Clone() *Spec {
	return &Spec{Parts: slices.Clone(s.Parts), Fields: slices.Clone(s.Fields)}
}

// Len is how many parts there are, with those that are the contents of fields.
func (s *Spec) Len() int { return len(s.Parts) + len(s.Fields) }

// At is one of the parts, those of fields last.
func (s *Spec) At(i int) *Part {
	if i < len(s.Parts) {
		return &s.Parts[i]
	}
	return &s.Fields[i-len(s.Parts)].Part
}

// Part is a piece of the content: a text, or a file.
type Part struct {
	Text   string
	File   *File  // in place of Text
	Path   string // the name of a file to be opened, in place of both
	Escape Escape
}

// Stdin is the Path of what came from standard input, which has a File.
const Stdin = "-"

// Escape is how a text is encoded, and the values in it where it is a template.
type Escape uint8

// The ways to encode a part.
const (
	ByType Escape = iota // the text as it is, values as the type of the content wants
	Form                 // the text as it is, values form-encoded
	All                  // text and values form-encoded
	JSON                 // the text as it is, values as within a JSON string
)

// Encoded is a text as the part sends it.
func (e Escape) Encoded(text string) string {
	if e == All {
		return url.QueryEscape(text)
	}
	return text
}

// Text is the parts as one text; those that are files are left out.
func Text(parts []Part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Escape.Encoded(p.Text))
	}
	return b.String()
}

// BaseName is what a file that is named so is called; empty: it has no name.
func BaseName(path string) string {
	if path == "" || path == Stdin {
		return ""
	}
	return filepath.Base(path)
}

// Open opens the file that is only named, if one is. A small one is read, and not opened again.
func (p *Part) Open() (err error) {
	if p.Path != "" && p.File == nil {
		p.File, err = Read(p.Path)
	}
	return err
}

// Make makes the content. Files that are only named are opened each time that it is read.
func (s *Spec) Make() (*Payload, error) {
	if len(s.Fields) > 0 {
		return makeForm(s.Fields)
	}
	p := &Payload{}
	for i := range s.Parts {
		content, err := s.Parts[i].piece()
		if err != nil {
			return nil, err
		}
		p.add(content)
	}
	if len(s.Parts) == 1 {
		p.Name = BaseName(s.Parts[0].Path)
	}
	return p, nil
}

// piece is the content of the part, whose file may only be named.
func (p *Part) piece() (piece, error) {
	if p.File == nil && p.Path != "" {
		file, err := Find(p.Path)
		return piece{file: file}, err
	}
	if p.File != nil {
		return piece{file: p.File}, nil
	}
	return piece{text: p.Escape.Encoded(p.Text)}, nil
}

// Once makes the content, with its files opened: the same one each time. It must not be called concurrently.
func (s *Spec) Once() (_ *Payload, err error) {
	if s.once == nil {
		for i := range s.Len() {
			if err := s.At(i).Open(); err != nil {
				return nil, err
			}
		}
		s.once, err = s.Make()
	}
	return s.once, err
}

// Payload is the content of a request.
type Payload struct {
	// Boundary is that of a form; empty otherwise.
	Boundary string
	// Name is what a file is called that was named in a Part and is all of the content; empty otherwise.
	Name   string
	pieces []piece
	length int64
}

// piece is a text or, if file is not nil, a file.
type piece struct {
	text string
	file *File
}

func (p piece) open() (io.ReadCloser, error) {
	if p.file != nil {
		return p.file.Open()
	}
	return io.NopCloser(strings.NewReader(p.text)), nil
}

// add adds a piece, a text to the text before it.
func (p *Payload) add(content piece) {
	if content.file != nil {
		p.length += content.file.size
	}
	p.length += int64(len(content.text))
	if n := len(p.pieces); n > 0 && content.file == nil && p.pieces[n-1].file == nil {
		p.pieces[n-1].text += content.text
	} else if content != (piece{}) {
		p.pieces = append(p.pieces, content)
	}
}

// Length is the number of bytes.
func (p *Payload) Length() int64 { return p.length }

// Fill makes it the content of a request. The Content-Type of a form has its boundary, also where the request has another
// type for it already; the header is cloned for that.
func (p *Payload) Fill(req *fetcher.Request) {
	req.Body, req.Length = p.Open, p.length
	if p.length == 0 {
		req.Body = nil
	}
	if p.Boundary == "" {
		return
	}
	kind := cmp.Or(req.Header.Get("Content-Type"), "multipart/form-data")
	header := http.Header{}
	maps.Copy(header, req.Header)
	header["Content-Type"] = []string{kind + "; boundary=" + p.Boundary}
	req.Header = header
}

// Open begins to read the content. It may be called concurrently. A file that is not as it was when the content was made
// is an error, here or of the reader, which then does not give the content's last bytes.
func (p *Payload) Open() (io.ReadCloser, error) {
	if len(p.pieces) == 1 {
		return p.pieces[0].open()
	}
	r := &reader{}
	var all []io.Reader
	for _, piece := range p.pieces {
		content, err := piece.open()
		if err != nil {
			return nil, errors.Join(err, r.Close())
		}
		all = append(all, content)
		r.open = append(r.open, content)
	}
	r.Reader = io.MultiReader(all...)
	return r, nil
}

// reader reads pieces one after the other.
type reader struct {
	io.Reader
	open []io.Closer
}

func (r *reader) Close() error {
	var errs []error
	for _, c := range r.open {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
