package template

import (
	"io"
	"io/fs"
	"mime"
	"net/http"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/payload"
	"example.com/fetch/internal/secret"
)

// maxBodyTemplate is the maximum size of a body in which columns are filled in.
const maxBodyTemplate = 1 << 20

// bodyTemplate is a body that contains variables. Filling them in makes a body for each row.
type bodyTemplate struct {
	spec  *payload.Spec
	texts []bodyText
}

// bodyText is a text of the body that contains variables.
type bodyText struct {
	text
	encode encoder
	in     func(spec *payload.Spec) *string // returns its place in a spec
	isPath bool                             // it names a file
}

// parseBody finds the variables in the body of a request, or in the content that replaces it. It returns nil if there
// are none: then all rows have the same body.
func parseBody(req *fetcher.Request, spec *payload.Spec, t *template) (*bodyTemplate, error) {
	isOurs := spec != nil
	switch {
	case isOurs:
	case req.Body == nil:
		return nil, nil
	default:
		content, err := req.Body()
		if err != nil {
			return nil, format.UnreadableBody(err)
		}
		defer content.Close()
		all, err := io.ReadAll(io.LimitReader(content, maxBodyTemplate+1))
		if err != nil {
			return nil, format.UnreadableBody(err)
		}
		spec = &payload.Spec{Parts: []payload.Part{{Text: string(all)}}}
	}
	b := &bodyTemplate{spec: spec.Clone()}
	if err := b.parseTexts(req.Header, spec, t); err != nil {
		return nil, err
	}
	switch {
	case len(b.texts) > 0:
		return b, nil
	case !isOurs:
		return nil, nil
	}
	made, err := spec.Once()
	if err != nil {
		return nil, format.UnreadableBody(err)
	}
	made.Fill(req)
	t.upload = made.Name
	return nil, nil
}

// encoders are those that do not depend on the type of the body.
var encoders = map[payload.Escape]encoder{
	payload.Form: appendForm, payload.All: appendForm, payload.JSON: appendJSON,
}

// parseTexts finds the variables in the texts of the body. A file that is long, or not to be held for each row, is
// not searched. Files with the same name for all rows are opened, for all templates with this body.
func (b *bodyTemplate) parseTexts(header http.Header, all *payload.Spec, t *template) error {
	size, ofType := 0, encoderOf(header, payload.Text(b.spec.Parts), t.variables)
	for i := range b.spec.Len() {
		part, encode := b.spec.At(i), ofType
		size += len(part.Text)
		at := i - len(b.spec.Parts) // of a form, in which values are not encoded
		if at >= 0 {
			encode = appendRaw
			b.parse(b.spec.Fields[at].Name, t, func(s *payload.Spec) *string { return &s.Fields[at].Name })
		} else if part.Escape != payload.ByType {
			encode = encoders[part.Escape]
		}
		if found := b.parse(part.Text, t, func(s *payload.Spec) *string { return &s.At(i).Text }); found != nil {
			found.escape(part.Escape)
			part.Escape, found.encode = payload.ByType, encode // the result is encoded
		}
		if at >= 0 {
			b.parse(b.spec.Fields[at].Filename, t, func(s *payload.Spec) *string { return &s.Fields[at].Filename })
		}
		if part.Path == "" {
			if err := checkLong(part.File, t); err != nil {
				return err
			}
		}
		if found := b.parse(part.Path, t, func(s *payload.Spec) *string { return &s.At(i).Path }); found != nil {
			found.isPath = true
		} else if err := all.At(i).Open(); err != nil {
			return format.UnreadableBody(err)
		}
		part.File = all.At(i).File
	}
	if len(b.texts) > 0 && size > maxBodyTemplate {
		return errLongTemplate()
	}
	return nil
}

// parse finds the variables in a text, in which values are not encoded; nil: there are none.
func (b *bodyTemplate) parse(s string, t *template, in func(*payload.Spec) *string) *bodyText {
	parsed := parseText(s, t.variables)
	if !t.use(parsed.variables()...) {
		return nil
	}
	b.texts = append(b.texts, bodyText{text: parsed, encode: appendRaw, in: in})
	return &b.texts[len(b.texts)-1]
}

// checkLong rejects a file that is read as text, is too long to be a template, and looks like one. A nil file is
// accepted.
func checkLong(f *payload.File, t *template) error {
	if f == nil {
		return nil
	}
	start, err := f.Start(maxBodyTemplate)
	if err != nil {
		return format.UnreadableBody(err)
	}
	if len(parseText(start, t.variables).variables()) > 0 {
		return errLongTemplate()
	}
	return nil
}

func errLongTemplate() error {
	return format.BadInput("", "the body is longer than 1 MiB and has a column in braces",
		"columns are only filled into bodies of up to 1 MiB")
}

// encoderOf returns the encoding of values in a body: by its type, and by its beginning, because the type may be the
// default of -d.
func encoderOf(header http.Header, body string, v *variables) encoder {
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	start := strings.TrimLeft(body, " \t\r\n")
	_, _, isColumn := v.find(start[:min(len(start), maxName)])
	switch {
	case kind == "application/json", strings.HasSuffix(kind, "+json"):
		return appendJSON
	case len(start) > 0 && (start[0] == '[' || start[0] == '{' && !isColumn):
		return appendJSON
	case kind == "application/x-www-form-urlencoded":
		return appendForm
	}
	return appendRaw
}

// fillBody gives the request a body of its own.
func (t *template) fillBody(req *fetcher.Request, v *values) *format.LineError {
	if t.body == nil {
		return nil
	}
	spec := t.body.filled(v)
	for _, x := range t.body.texts {
		if x.isPath && *x.in(spec) == "" {
			return badFile(fs.ErrNotExist)
		}
	}
	made, err := spec.Make()
	if err != nil {
		return badFile(err)
	}
	made.Fill(req)
	return nil
}

// filled returns the body with the values filled in.
func (b *bodyTemplate) filled(v *values) *payload.Spec {
	spec := b.spec.Clone()
	for _, x := range b.texts {
		*x.in(spec) = string(x.append(nil, v, x.encode))
	}
	return spec
}

// uploadName returns the name of the file that is the whole body; empty if there is none.
func (t *template) uploadName(v *values) string {
	if t.body == nil {
		return t.upload
	}
	if parts := t.body.spec.Parts; len(parts) != 1 || parts[0].Path == "" {
		return ""
	}
	return payload.BaseName(t.body.filled(v).Parts[0].Path)
}

// withContent returns the request with its content, to find secrets in it: without the files named by rows.
func (t *template) withContent(v *values) *secret.Request {
	req := t.request
	if t.body != nil {
		spec := t.body.filled(v)
		for _, x := range t.body.texts {
			if x.isPath {
				*x.in(spec) = ""
			}
		}
		if made, err := spec.Make(); err == nil { // an unreadable file will fail when it is sent
			made.Fill(&req)
		}
	}
	return secret.Of(&req)
}

func badFile(err error) *format.LineError {
	return format.BadLine(format.UnusableFile(err), format.BodyFileHint)
}
