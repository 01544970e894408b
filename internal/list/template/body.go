package template

import (
	"io"
	"io/fs"
	"mime"
	"net/http"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/payload"
	"example.com/fetch/internal/secret"
)

// maxBodyTemplate is how large a body may be in which columns are replaced.
const maxBodyTemplate = 1 << 20

// bodyTemplate is a body that holds variables. Its texts are filled in, and make a body of the row's own.
type bodyTemplate struct {
	spec  payload.Spec
	texts []bodyText
}

// bodyText is a text of the body that holds variables.
type bodyText struct {
	*text
	encode func([]byte, string) []byte
	in     func(spec *payload.Spec) *string // where it belongs
	isPath bool                             // it names a file
}

// parseBody finds the variables in the body of a request. It is nil if there are none: all rows have the same body then.
func parseBody(req *fetcher.Request, t *template) (*bodyTemplate, error) {
	if req.Body == nil {
		return nil, nil
	}
	content, err := req.Body()
	if err != nil {
		return nil, format.UnreadableBody(err)
	}
	defer content.Close()
	spec, isOurs := payload.TemplateOf(content)
	b := &bodyTemplate{}
	if isOurs {
		b.spec = payload.Spec{Parts: slices.Clone(spec.Parts), Fields: slices.Clone(spec.Fields)}
	} else {
		all, err := io.ReadAll(io.LimitReader(content, maxBodyTemplate+1))
		if err != nil {
			return nil, format.UnreadableBody(err)
		}
		b.spec.Parts = []payload.Part{{Text: string(all)}}
	}
	if err := b.parseTexts(req.Header, t); err != nil {
		return nil, err
	}
	switch {
	case !isOurs && len(b.texts) == 0:
		return nil, nil
	case !isOurs:
		return b, nil
	case len(b.texts) > 0:
		return b, b.openFiles(spec)
	}
	made, err := spec.Once()
	if err != nil {
		return nil, format.UnreadableBody(err)
	}
	made.Fill(req)
	t.upload = made.Name
	return nil, nil
}

// openFiles opens the files whose names are the same for all rows, for all templates that have the body.
func (b *bodyTemplate) openFiles(all *payload.Spec) error {
	fixed := payload.Spec{Parts: slices.Clone(b.spec.Parts), Fields: slices.Clone(b.spec.Fields)}
	for _, x := range b.texts {
		if x.isPath {
			*x.in(&fixed) = ""
		}
	}
	if err := fixed.OpenFiles(); err != nil {
		return format.UnreadableBody(err)
	}
	for i, p := range fixed.Parts {
		b.spec.Parts[i].File, all.Parts[i].File = p.File, p.File
	}
	for i, f := range fixed.Fields {
		b.spec.Fields[i].File, all.Fields[i].File = f.File, f.File
	}
	return nil
}

// encoders are those that do not depend on the type of the body.
var encoders = map[payload.Escape]func([]byte, string) []byte{
	payload.Form: appendForm, payload.All: appendForm, payload.JSON: appendJSON,
}

// parseTexts finds the variables in the texts of the body. A file that is long, or not to be held for each row, is none.
func (b *bodyTemplate) parseTexts(header http.Header, t *template) error {
	size := 0
	for _, p := range b.spec.Parts {
		size += len(p.Text)
	}
	for _, f := range b.spec.Fields {
		size += len(f.Value)
	}
	encode := encoderOf(header, payload.Text(b.spec.Parts), t.variables)
	for i := range b.spec.Parts {
		p := &b.spec.Parts[i]
		own := encode
		if p.Escape != payload.ByType {
			own = encoders[p.Escape]
		}
		parsed := parseText(p.Text, t.variables)
		if parsed.each(t.use) {
			for n := range parsed.pieces {
				parsed.pieces[n].literal = p.Escape.Encoded(parsed.pieces[n].literal)
			}
			p.Escape = payload.ByType // what is filled in is encoded
			b.texts = append(b.texts, bodyText{text: parsed, encode: own, in: func(s *payload.Spec) *string { return &s.Parts[i].Text }})
		}
		if p.Path == "" {
			if err := checkLong(p.File, t); err != nil {
				return err
			}
		}
		b.parse(p.Path, t, true, func(s *payload.Spec) *string { return &s.Parts[i].Path })
	}
	for i := range b.spec.Fields { // of a form, in which values stand as they are
		f := &b.spec.Fields[i]
		b.parse(f.Name, t, false, func(s *payload.Spec) *string { return &s.Fields[i].Name })
		b.parse(f.Value, t, false, func(s *payload.Spec) *string { return &s.Fields[i].Value })
		b.parse(f.Filename, t, false, func(s *payload.Spec) *string { return &s.Fields[i].Filename })
		if f.Path == "" {
			if err := checkLong(f.File, t); err != nil {
				return err
			}
		}
		b.parse(f.Path, t, true, func(s *payload.Spec) *string { return &s.Fields[i].Path })
	}
	if len(b.texts) > 0 && size > maxBodyTemplate {
		return errLongTemplate()
	}
	return nil
}

// checkLong refuses a file that is read for a text, is too long to be a template, and looks like one; nil is none.
func checkLong(f *payload.File, t *template) error {
	if f == nil {
		return nil
	}
	start, err := f.Start(maxBodyTemplate)
	if err != nil {
		return format.UnreadableBody(err)
	}
	if parseText(start, t.variables).each(func(int) {}) {
		return errLongTemplate()
	}
	return nil
}

func errLongTemplate() error {
	return format.BadInput("", "the body is longer than 1 MiB and has a column in braces",
		"columns are only filled into bodies of up to 1 MiB")
}

// parse finds the variables in a text in which values stand as they are.
func (b *bodyTemplate) parse(s string, t *template, isPath bool, in func(*payload.Spec) *string) {
	if parsed := parseText(s, t.variables); parsed.each(t.use) {
		b.texts = append(b.texts, bodyText{parsed, appendRaw, in, isPath})
	}
}

// encoderOf tells how values are encoded in a body: by its type, and by how it begins, since a type may just be -d's.
func encoderOf(header http.Header, body string, v *variables) func([]byte, string) []byte {
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
func (t *template) fillBody(req *fetcher.Request, v *values) *problem {
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

// filled is the body with the values in it.
func (b *bodyTemplate) filled(v *values) *payload.Spec {
	spec := &payload.Spec{Parts: slices.Clone(b.spec.Parts), Fields: slices.Clone(b.spec.Fields)}
	for _, x := range b.texts {
		*x.in(spec) = string(x.append(nil, v, x.encode))
	}
	return spec
}

// uploadName is the name of the file that is sent alone; empty if none is.
func (t *template) uploadName(v *values) string {
	if t.body == nil {
		return t.upload
	}
	if parts := t.body.spec.Parts; len(parts) != 1 || parts[0].Path == "" {
		return ""
	}
	return payload.BaseName(t.body.filled(v).Parts[0].Path)
}

// withContent is the request as far as its content shows secrets: without the files that rows name.
func (t *template) withContent(v *values) *secret.Request {
	req := t.request
	if t.body != nil {
		spec := t.body.filled(v)
		for _, x := range t.body.texts {
			if x.isPath {
				*x.in(spec) = ""
			}
		}
		if made, err := spec.Make(); err == nil { // a file that cannot be read will fail when it is sent
			made.Fill(&req)
		}
	}
	return secret.Of(&req)
}

// checkFiles looks for the files that a row names for the body.
func (t *template) checkFiles(v *values) *problem {
	if t.body == nil {
		return nil
	}
	for _, x := range t.body.texts {
		if !x.isPath {
			continue
		}
		if _, err := payload.Find(string(x.append(nil, v, x.encode))); err != nil {
			return badFile(err)
		}
	}
	return nil
}

func badFile(err error) *problem {
	return &problem{what: format.UnusableFile(err), hint: format.BodyFileHint, variable: -1}
}
