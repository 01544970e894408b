package spec

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/payload"
)

// Body is what is sent. The values are kept in the order in which they were given, over all of the flags: what the
// content is depends on it.
type Body struct {
	Given   []Flag
	ToQuery bool
	Read    *payload.Spec // of what was given, when it has been read: shared by copies of the flags, since a pipe is read once
}

// bodyKind is what a body is made of. A request has one.
type bodyKind string

const (
	dataBody   bodyKind = "data"
	formBody   bodyKind = "form"
	uploadBody bodyKind = "upload"
)

// bodyFlags are the flags that give content to send, as users write them.
var bodyFlags = map[string]struct {
	short string
	kind  bodyKind
}{
	"data": {"-d", dataBody}, "data-raw": {"--data-raw", dataBody}, "data-binary": {"--data-binary", dataBody},
	"data-urlencode": {"--data-urlencode", dataBody}, "json": {"--json", dataBody},
	"form": {"-F", formBody}, "form-string": {"--form-string", formBody}, "upload-file": {"-T", uploadBody},
}

// isBodyFlag reports whether a flag gives content to send.
func isBodyFlag(name string) bool { return bodyFlags[name].kind != "" }

// Has reports whether a flag was given.
func (b *Body) Has(flag string) bool {
	return slices.ContainsFunc(b.Given, func(v Flag) bool { return v.Name == flag })
}

// kind is that of the body; empty: there is none.
func (b *Body) kind() bodyKind {
	if len(b.Given) == 0 {
		return ""
	}
	return bodyFlags[b.Given[0].Name].kind
}

// SendsBody reports whether what was given is sent as content.
func (b *Body) SendsBody() bool { return len(b.Given) > 0 && !b.ToQuery }

// method is what a request has that is not told another one.
func (b *Body) method() string {
	switch {
	case !b.SendsBody():
		return ""
	case b.kind() == uploadBody:
		return http.MethodPut
	}
	return http.MethodPost
}

// setHeader sets the fields that go with the body, which -H may change.
func (b *Body) setHeader(header http.Header) {
	switch {
	case !b.SendsBody():
	case b.Has("json"):
		header.Set("Content-Type", "application/json")
		header.Set("Accept", "application/json")
	case b.kind() == dataBody:
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
}

// Content is what was given, read from its files, and from standard input: the same each time.
func (b *Body) Content(stdin io.Reader) (*payload.Spec, error) {
	if len(b.Read.Parts)+len(b.Read.Fields) > 0 {
		return b.Read, nil
	}
	spec := payload.Spec{}
	for i, v := range b.Given {
		var err error
		flag := bodyFlags[v.Name]
		switch flag.kind {
		case formBody:
			err = addField(&spec, v, stdin)
		case uploadBody:
			part := payload.Part{Path: v.Value}
			if v.Value == StdinSource {
				part.File, err = openBody(v.Value, stdin)
			}
			spec.Parts = append(spec.Parts, part)
		default:
			if i > 0 && v.Name != "json" {
				spec.Parts = append(spec.Parts, payload.Part{Text: "&"})
			}
			err = addData(&spec, v, b.ToQuery, stdin)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", flag.short, format.WithPlace(err))
		}
	}
	*b.Read = spec
	return b.Read, nil
}

// addData adds what a -d or one of its like gives, for a body or with -G for a query.
func addData(spec *payload.Spec, v Flag, toQuery bool, stdin io.Reader) error {
	part := payload.Part{Text: v.Value, Escape: payload.ByType}
	name, isFile := strings.CutPrefix(v.Value, "@")
	switch v.Name {
	case "data-raw":
		isFile = false
	case "json":
		part.Escape = payload.JSON
	case "data-urlencode":
		var field string
		if field, part.Text, isFile = cutEncoded(v.Value); field != "" {
			spec.Parts = append(spec.Parts, payload.Part{Text: field + "=", Escape: payload.Form})
		}
		name, part.Escape = part.Text, payload.All
	}
	if isFile {
		file, err := openBody(name, stdin)
		switch {
		case err != nil && v.Name == "data-urlencode":
			return fmt.Errorf("%w; for a text with an @ in it write =TEXT", err)
		case err != nil:
			return err
		case v.Name == "data-urlencode" || file.Size() <= payload.MaxHeld:
			if part.Text, err = file.Text(); err != nil {
				return err
			}
		case toQuery:
			return fmt.Errorf("%s is too long for a URL", name)
		default:
			part.Text, part.File = "", file
		}
	}
	spec.Parts = append(spec.Parts, part)
	return nil
}

// asData is what a value gives, as it would be written with -d: a text, or @file.
func asData(flag, value string) string {
	if name := fileOfBody(flag, value); name != "" {
		return "@" + name
	}
	switch flag {
	case "data-raw":
		return strings.TrimPrefix(value, "@")
	case "data-urlencode", "form", "form-string":
		return strings.NewReplacer("%", "%25", "&", "%26", "+", "%2B").Replace(value)
	}
	return value
}

// ReadsStdin reports whether a part of what is sent comes from standard input.
func (b *Body) ReadsStdin() bool { return slices.Contains(b.FilesRead(), StdinSource) }

// FilesRead are the files that the flags name.
func (b *Body) FilesRead() []string {
	var names []string
	for _, v := range b.Given {
		if name := fileOfBody(v.Name, v.Value); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// fileOfBody is the file that a value names; empty: it names none.
func fileOfBody(flag, value string) string {
	name, isFile := "", false
	switch flag {
	case "data", "data-binary", "json":
		name, isFile = strings.CutPrefix(value, "@")
	case "data-urlencode":
		_, name, isFile = cutEncoded(value)
	case "form":
		if f, _, err := parseField(value); err == nil {
			name, isFile = f.Path, true
		}
	case "upload-file":
		name, isFile = value, true
	}
	if !isFile {
		return ""
	}
	return name
}

// openBody opens a file whose content is sent.
func openBody(name string, stdin io.Reader) (*payload.File, error) {
	if name == StdinSource {
		return payload.ReadStream("standard input", stdin)
	}
	return payload.Read(name)
}

// cutEncoded takes a --data-urlencode apart: text, =text, name=text, @file or name@file.
func cutEncoded(value string) (name, text string, isFile bool) {
	at := strings.IndexByte(value, '=')
	if at < 0 {
		at = strings.IndexByte(value, '@')
	}
	if at < 0 {
		return "", value, false
	}
	return value[:at], value[at+1:], value[at] == '@'
}

// addField adds a field of a form.
func addField(spec *payload.Spec, v Flag, stdin io.Reader) error {
	if v.Name == "form-string" {
		name, value, ok := strings.Cut(v.Value, "=")
		spec.Fields = append(spec.Fields, payload.Field{Name: name, Part: payload.Part{Text: value}})
		return when(!ok, "write it as name=text")
	}
	field, asText, err := parseField(v.Value)
	if err != nil {
		return err
	}
	if asText || field.Path == StdinSource {
		if field.File, err = openBody(field.Path, stdin); err != nil {
			return err
		}
	}
	if asText {
		if field.Path, field.Filename = "", ""; field.File.Size() <= payload.MaxHeld {
			field.Text, err = field.File.Text()
			field.File = nil
		}
	}
	spec.Fields = append(spec.Fields, field)
	return err
}

// parseField reads a -F as curl does, but for what curl drops or changes without an error: that is refused here, or kept. With
// asText (<file) the content of its file is the value.
func parseField(text string) (f payload.Field, asText bool, err error) {
	name, rest, ok := strings.Cut(text, "=")
	if !ok {
		return f, false, errors.New("write it as name=text, name=@file or name=<file")
	}
	f.Name = name
	shown := cmp.Or(name, "a field")
	if strings.HasPrefix(rest, "(") {
		return f, false, fmt.Errorf("%s=(…: parts within parts are not supported; for a text that begins with ( write --form-string", shown)
	}
	if asText, err = readField(&f, rest, shown); err != nil {
		err = fmt.Errorf("%s: %w", shown, err)
	}
	return f, asText, err
}

// readField reads what stands behind the name of a field.
func readField(f *payload.Field, text, name string) (asText bool, err error) {
	rest, isFile := strings.CutPrefix(text, "@")
	if !isFile {
		rest, asText = strings.CutPrefix(text, "<")
	}
	if f.Text, rest, err = fieldWord(rest); err != nil {
		return asText, err
	}
	if isFile || asText {
		if f.Text, f.Path = "", f.Text; f.Path == "" {
			return asText, errors.New("no file is named")
		}
		if isFile && strings.Contains(f.Path, ",") && !strings.HasPrefix(text, `@"`) {
			return asText, fmt.Errorf(`give each file with a -F of its own; if there is a comma in the file's name, write it in quotes: -F '%s=@"a,b.txt"'`, name)
		}
	}
	for rest != "" {
		key, value, _ := strings.Cut(strings.TrimLeft(rest[1:], " \t"), "=")
		var word string
		if word, rest, err = fieldWord(value); err != nil {
			return asText, err
		}
		switch strings.ToLower(key) {
		case "type":
			for rest != "" && !fieldKey.MatchString(rest) { // parameters of the type have semicolons, too
				var more string
				if more, rest, err = fieldWord(rest[1:]); err != nil {
					return asText, err
				}
				word += ";" + more
			}
			kind, _, err := mime.ParseMediaType(word)
			if err != nil || !strings.Contains(kind, "/") || !httpguts.ValidHeaderFieldValue(word) {
				return asText, errors.New("the type is not one such as text/csv")
			}
			f.Type = word
		case "filename":
			f.Filename = word
		default:
			return asText, fmt.Errorf("behind a ; only type= and filename= are understood; for a text with a ; in it write --form-string,"+
				` or the text in quotes: '%s="a;b"'`, name)
		}
	}
	return asText, nil
}

var (
	fieldKey  = regexp.MustCompile(`^;[ \t]*(?i:type|filename|headers|encoder)=`) // behind a value
	inQuotes  = regexp.MustCompile(`(?s)^"((?:[^"\\]|\\.)*)"`)
	unescaped = regexp.MustCompile(`\\(["\\])`)
)

// fieldWord reads up to a semicolon. In double quotes there may be one, and a backslash stands before a quote or another
// backslash.
func fieldWord(text string) (word, rest string, err error) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexByte(text+";", ';')
		return text[:end], text[end:], nil
	}
	quoted := inQuotes.FindStringSubmatch(text)
	if quoted == nil {
		return "", "", errors.New("a quote is not closed; for a text that begins with one write --form-string")
	}
	if rest = text[len(quoted[0]):]; rest != "" && rest[0] != ';' {
		return "", "", errors.New("something follows the closing quote; for a text with quotes write --form-string")
	}
	return unescaped.ReplaceAllString(quoted[1], "$1"), rest, nil
}
