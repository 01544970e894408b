package payload

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
)

// Field is one part of a multipart/form-data form (RFC 7578).
type Field struct {
	Name  string
	Value string
	File  *File  // its content in place of Value
	Path  string // the name of a file to be opened, in place of both
	// Filename is what the file is called; empty means as in Path, and none without that.
	Filename string
	// Type is the field's Content-Type; empty means that the extension of its file name tells, if it has one.
	Type string
}

// filename is what the field calls its file; empty: it is none.
func (f *Field) filename() string {
	if f.Filename == "" && f.Path != "" {
		return filepath.Base(f.Path)
	}
	return f.Filename
}

// mimeTypes are the types that curl knows by their extension.
var mimeTypes = map[string]string{
	".gif": "image/gif", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".svg": "image/svg+xml",
	".txt": "text/plain", ".htm": "text/html", ".html": "text/html", ".pdf": "application/pdf", ".xml": "application/xml",
}

func typeOf(name string) string { return mimeTypes[strings.ToLower(filepath.Ext(name))] }

// quoted makes a text fit between the quotes of a parameter, as browsers and curl do.
var quoted = strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A")

// header is the header of a field, with the empty line that ends it.
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
	headers, files := make([]string, len(fields)), make([]*File, len(fields))
	for i := range fields {
		f := &fields[i]
		headers[i], files[i] = f.header(), f.File
		if f.Path != "" && f.File == nil {
			var err error
			if files[i], err = Find(f.Path); err != nil {
				return nil, err
			}
		}
	}
	boundary, err := boundaryOf(headers, fields, files)
	if err != nil {
		return nil, err
	}
	p := &Payload{Boundary: boundary}
	for i := range fields {
		p.addText("--" + boundary + "\r\n" + headers[i])
		if files[i] != nil {
			p.addFile(files[i])
		} else {
			p.addText(fields[i].Value)
		}
		p.addText("\r\n")
	}
	p.addText("--" + boundary + "--\r\n")
	return p, nil
}

// boundaryOf is a boundary that stands nowhere in the fields, and looks like curl's. It is derived from the headers of the
// fields, and so tells nothing of what is in them; where it is taken, from that, too, so that nobody can write a file that
// has the next one in it.
func boundaryOf(headers []string, fields []Field, files []*File) (string, error) {
	sum := sha256.New()
	for _, header := range headers {
		fmt.Fprintf(sum, "%d %s", len(header), header)
	}
	for {
		const digits = 16
		boundary := strings.Repeat("-", 24) + hex.EncodeToString(sum.Sum(nil))[:digits]
		taken := false
		for i := range fields {
			if files[i] == nil {
				taken = taken || strings.Contains(fields[i].Value, boundary)
				continue
			}
			has, err := files[i].contains(boundary)
			if err != nil {
				return "", err
			}
			taken = taken || has
		}
		if !taken {
			return boundary, nil
		}
		for i := range fields {
			fmt.Fprintf(sum, "%d %s", len(fields[i].Value), fields[i].Value)
			if files[i] != nil {
				if err := files[i].writeTo(sum); err != nil {
					return "", err
				}
			}
		}
	}
}
