package spec

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"

	"golang.org/x/net/http/httpguts"

	"example.com/fetch/internal/list/payload"
)

// addData adds what a -d or one of its like gives, for a body or with -G for a query.
func addData(spec *payload.Spec, v Flag, toQuery bool, stdin io.Reader) error {
	add := func(p payload.Part) { spec.Parts = append(spec.Parts, p) }
	switch v.Name {
	case "data-raw":
		add(payload.Part{Text: v.Value})
		return nil
	case "data-urlencode":
		name, text, isFile := cutEncoded(v.Value)
		if isFile {
			file, err := openBody(text, stdin)
			if err != nil {
				return fmt.Errorf("%w; for a text with an @ in it write =TEXT", err)
			}
			if text, err = file.Text(); err != nil {
				return err
			}
		}
		if name != "" {
			add(payload.Part{Text: name + "=", Escape: payload.Form})
		}
		add(payload.Part{Text: text, Escape: payload.All})
		return nil
	}
	escape := payload.ByType
	if v.Name == "json" {
		escape = payload.JSON
	}
	name, isFile := strings.CutPrefix(v.Value, "@")
	if !isFile {
		add(payload.Part{Text: v.Value, Escape: escape})
		return nil
	}
	file, err := openBody(name, stdin)
	if err != nil {
		return err
	}
	if file.Size() > payload.MaxHeld {
		if toQuery {
			return fmt.Errorf("%s is too long for a URL", name)
		}
		add(payload.Part{File: file, Escape: escape})
		return nil
	}
	text, err := file.Text()
	add(payload.Part{Text: text, Escape: escape})
	return err
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

// formField is a -F taken apart.
type formField struct {
	name, value           string
	path                  string // of @file and <file
	asText                bool   // <file: its content is the value
	contentType, fileName string
}

// addField adds a field of a form.
func addField(spec *payload.Spec, v Flag, stdin io.Reader) error {
	name, value, ok := strings.Cut(v.Value, "=")
	if v.Name == "form-string" {
		if !ok {
			return errors.New("write it as name=text")
		}
		spec.Fields = append(spec.Fields, payload.Field{Name: name, Part: payload.Part{Text: value}})
		return nil
	}
	f, err := parseField(v.Value)
	if err != nil {
		return err
	}
	field := payload.Field{
		Name: f.name, Filename: f.fileName, Type: f.contentType, Part: payload.Part{Text: f.value, Path: f.path},
	}
	switch {
	case f.asText:
		file, err := openBody(f.path, stdin)
		if err != nil {
			return err
		}
		if field.Path, field.Filename = "", ""; file.Size() > payload.MaxHeld {
			field.File = file
		} else if field.Text, err = file.Text(); err != nil {
			return err
		}
	case f.path == StdinSource:
		if field.File, err = openBody(f.path, stdin); err != nil {
			return err
		}
	}
	spec.Fields = append(spec.Fields, field)
	return nil
}

// parseField reads a -F as curl does, but for what curl drops or changes without an error: that is refused here, or kept.
func parseField(text string) (f formField, err error) {
	name, rest, ok := strings.Cut(text, "=")
	if !ok {
		return f, errors.New("write it as name=text, name=@file or name=<file")
	}
	f.name = name
	kind := byte(0)
	if rest != "" {
		kind = rest[0]
	}
	switch kind {
	case '@', '<':
		rest = rest[1:]
	case '(':
		return f, fmt.Errorf("%s=(…: parts within parts are not supported; for a text that begins with ( write --form-string", shownName(name))
	}
	word, rest, err := fieldWord(rest)
	if err != nil {
		return f, fmt.Errorf("%s: %w", shownName(name), err)
	}
	f.value = word
	if kind == '@' || kind == '<' {
		f.value, f.path, f.asText = "", word, kind == '<'
		if word == "" {
			return f, fmt.Errorf("%s: no file is named", shownName(name))
		}
		if kind == '@' && strings.Contains(word, ",") && !strings.Contains(text, `=@"`) {
			return f, fmt.Errorf(`%s: give each file with a -F of its own; if there is a comma in the file's name, write it in quotes: -F '%s=@"a,b.txt"'`,
				shownName(name), shownName(name))
		}
	}
	for rest != "" {
		key, value, _ := strings.Cut(strings.TrimLeft(rest[1:], " \t"), "=")
		if word, rest, err = fieldWord(value); err != nil {
			return f, fmt.Errorf("%s: %w", shownName(name), err)
		}
		switch strings.ToLower(key) {
		case "type":
			// Parameters of the type have semicolons, too.
			for rest != "" && !isFieldKey(rest) {
				var more string
				if more, rest, err = fieldWord(rest[1:]); err != nil {
					return f, err
				}
				word += ";" + more
			}
			kind, _, err := mime.ParseMediaType(word)
			if err != nil || !strings.Contains(kind, "/") || !httpguts.ValidHeaderFieldValue(word) {
				return f, fmt.Errorf("%s: the type is not one such as text/csv", shownName(name))
			}
			f.contentType = word
		case "filename":
			f.fileName = word
		default:
			return f, fmt.Errorf("%s: behind a ; only type= and filename= are understood; for a text with a ; in it write --form-string,"+
				` or the text in quotes: '%s="a;b"'`, shownName(name), shownName(name))
		}
	}
	return f, nil
}

// isFieldKey reports whether what follows a ; is one of the keys of a field.
func isFieldKey(rest string) bool {
	key, _, ok := strings.Cut(strings.TrimLeft(rest[1:], " \t"), "=")
	key = strings.ToLower(key)
	return ok && (key == "type" || key == "filename" || key == "headers" || key == "encoder")
}

// fieldWord reads up to a semicolon. In double quotes there may be one, and a backslash stands before a quote or another
// backslash.
func fieldWord(text string) (word, rest string, err error) {
	if !strings.HasPrefix(text, `"`) {
		if i := strings.IndexByte(text, ';'); i >= 0 {
			return text[:i], text[i:], nil
		}
		return text, "", nil
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			b.WriteByte(text[i])
		case c == '"':
			rest := text[i+1:]
			if rest != "" && rest[0] != ';' {
				return "", "", errors.New("something follows the closing quote; for a text with quotes write --form-string")
			}
			return b.String(), rest, nil
		default:
			b.WriteByte(c)
		}
	}
	return "", "", errors.New("a quote is not closed; for a text that begins with one write --form-string")
}

// shownName is the name of a field in a message.
func shownName(name string) string {
	if name == "" {
		return "a field"
	}
	return name
}
