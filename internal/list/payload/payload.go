// Package payload creates the content of requests: concatenated texts and files, forms, and single files. The content
// is the same for each attempt and each run, as long as its texts and files are: the boundary of a form is derived
// from its content.
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

// Spec describes the content of a request: Fields, if there are any, and otherwise Parts.
type Spec struct {
	Parts  []Part
	Fields []Field

	once *Payload
}

// Clone returns a copy with parts and fields of its own.
func (s *Spec) Clone() *Spec {
	return &Spec{Parts: slices.Clone(s.Parts), Fields: slices.Clone(s.Fields)}
}

// Len returns the number of parts, including the contents of fields.
func (s *Spec) Len() int { return len(s.Parts) + len(s.Fields) }

// At returns one of the parts; those of fields come last.
func (s *Spec) At(i int) *Part {
	if i < len(s.Parts) {
		return &s.Parts[i]
	}
	return &s.Fields[i-len(s.Parts)].Part
}

// Part is a piece of the content: a text, or a file.
type Part struct {
	Text   string
	File   *File  // instead of Text
	Path   string // name of a file to be opened, instead of both
	Escape Escape
}

// Stdin is the Path of a File with the content of standard input.
const Stdin = "-"

// Escape is how a text is encoded, and in templates the values in it.
type Escape uint8

// The encodings of a part.
const (
	ByType Escape = iota // the text unchanged, values according to the type of the content
	Form                 // the text unchanged, values form-encoded
	All                  // text and values form-encoded
	JSON                 // the text unchanged, values escaped for a JSON string
)

// Encoded returns a text as it is sent.
func (e Escape) Encoded(text string) string {
	if e == All {
		return url.QueryEscape(text)
	}
	return text
}

// Text returns the parts as one text, without those that are files.
func Text(parts []Part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.Escape.Encoded(p.Text))
	}
	return b.String()
}

// BaseName returns the base name of a file; empty if there is none.
func BaseName(path string) string {
	if path == "" || path == Stdin {
		return ""
	}
	return filepath.Base(path)
}

// Open starts reading the content. It may be called concurrently. If a file has changed since the content was
// created, that is an error, here or of the reader, which then does not return the last bytes.
func (p *Part) Open() (err error) {
	if p.Path != "" && p.File == nil {
		p.File, err = Read(p.Path)
	}
	return err
}

// Make creates the content. Files of Path are opened each time that the content is read.
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

// piece returns the content of the part, whose file may not be open yet.
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

// Once creates the content with its files opened, and returns the same one each time. It must not be called
// concurrently.
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
	// Boundary is the boundary of a form; otherwise empty.
	Boundary string
	// Name is the base name of the file that is the whole content; empty if it is not a single file.
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

// add appends a piece, and merges adjacent texts.
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

// Length returns the number of bytes.
func (p *Payload) Length() int64 { return p.length }

// Fill makes it the content of a request. The Content-Type of a form gets its boundary, even if the request has
// another type already; the header is cloned for that.
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
