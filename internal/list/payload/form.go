package payload

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// Field is one part of a multipart/form-data form (RFC 7578).
type Field struct {
	Part // its content, which has no Escape
	Name string
	// Filename is the name of the file; empty means that of Path, and none if that is empty, too.
	Filename string
	// Type is the Content-Type of the field; empty means that it is derived from the extension of the file name, if
	// there is one.
	Type string
}

// filename returns the name of the field's file; empty: it is not a file.
func (f *Field) filename() string {
	if f.Filename == "" && f.Path != "" {
		return filepath.Base(f.Path)
	}
	return f.Filename
}

// mimeTypes are the types that curl derives from extensions.
var mimeTypes = map[string]string{
	".gif": "image/gif", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".svg": "image/svg+xml",
	".txt": "text/plain", ".htm": "text/html", ".html": "text/html", ".pdf": "application/pdf", ".xml": "application/xml",
}

func typeOf(name string) string { return mimeTypes[strings.ToLower(filepath.Ext(name))] }

// quoted escapes text for a quoted parameter, like browsers and curl.
var quoted = strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A")

// header returns the header of a field, including the empty line at its end.
func (f *Field) header() string {
	var b strings.Builder
	b.WriteString("Content-Disposition: form-data")
	if f.Name != "" {
		fmt.Fprintf(&b, `; name="%s"`, quoted.Replace(f.Name))
	}
	name, kind := f.filename(), f.Type
	if name != "" {
		fmt.Fprintf(&b, `; filename="%s"`, quoted.Replace(name))
		if kind == "" {
			kind = cmp.Or(typeOf(name), typeOf(f.Path), "application/octet-stream")
		}
	}
	if kind != "" {
		b.WriteString("\r\nContent-Type: " + kind)
	}
	return b.String() + "\r\n\r\n"
}

func makeForm(fields []Field) (*Payload, error) {
	headers, contents := make([]string, len(fields)), make([]piece, len(fields))
	for i := range fields {
		var err error
		if contents[i], err = fields[i].piece(); err != nil {
			return nil, err
		}
		headers[i] = fields[i].header()
	}
	boundary, err := boundaryOf(headers, contents)
	if err != nil {
		return nil, err
	}
	p := &Payload{Boundary: boundary}
	for i, content := range contents {
		p.add(piece{text: "--" + boundary + "\r\n" + headers[i]})
		p.add(content)
		p.add(piece{text: "\r\n"})
	}
	p.add(piece{text: "--" + boundary + "--\r\n"})
	return p, nil
}

// boundaryOf returns a boundary that does not occur in the contents, and looks like curl's. It is derived from the
// headers of the fields, so it reveals nothing about the contents; if it occurs in them, it is derived from the
// contents, too, so that nobody can prepare a file that contains the next one.
func boundaryOf(headers []string, contents []piece) (string, error) {
	sum := sha256.New()
	for _, header := range headers {
		fmt.Fprintf(sum, "%d %s", len(header), header)
	}
	for {
		const digits = 16
		boundary := strings.Repeat("-", 24) + hex.EncodeToString(sum.Sum(nil))[:digits]
		taken := false
		for _, content := range contents {
			has, err := content.contains(boundary)
			if err != nil {
				return "", err
			}
			taken = taken || has
		}
		if !taken {
			return boundary, nil
		}
		for _, content := range contents {
			fmt.Fprintf(sum, "%d %s", len(content.text), content.text)
			if content.file == nil {
				continue
			}
			if err := content.file.writeTo(sum); err != nil {
				return "", err
			}
		}
	}
}

// contains reports whether a piece contains a word.
func (p piece) contains(word string) (bool, error) {
	if p.file == nil {
		return strings.Contains(p.text, word), nil
	}
	r, err := p.file.Open()
	if err != nil {
		return false, err
	}
	defer r.Close()
	buffer, kept := make([]byte, 64<<10), 0
	for {
		n, err := io.ReadFull(r, buffer[kept:])
		text := buffer[:kept+n]
		switch {
		case bytes.Contains(text, []byte(word)):
			return true, nil
		case err == io.EOF, err == io.ErrUnexpectedEOF:
			return false, nil
		case err != nil:
			return false, err
		}
		kept = copy(buffer, text[len(text)-len(word)+1:]) // a word may span two reads
	}
}

func (f *File) writeTo(w io.Writer) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, r)
	return err
}
