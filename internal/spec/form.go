package spec

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"example.com/fetch/internal/list/payload"
)

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
	field := payload.Field{Name: name, Part: payload.Part{Text: value}}
	if v.Name == "form-string" {
		if !ok {
			return errors.New("write it as name=text")
		}
		spec.Fields = append(spec.Fields, field)
		return nil
	}
	f, err := parseField(v.Value)
	if err != nil {
		return err
	}
	field = payload.Field{Name: f.name, Filename: f.fileName, Type: f.contentType, Part: payload.Part{Text: f.value, Path: f.path}}
	if f.asText || f.path == StdinSource {
		if field.File, err = openBody(f.path, stdin); err != nil {
			return err
		}
	}
	if f.asText {
		if field.Path, field.Filename = "", ""; field.File.Size() <= payload.MaxHeld {
			field.Text, err = field.File.Text()
			field.File = nil
		}
	}
	spec.Fields = append(spec.Fields, field)
	return err
}

// parseField reads a -F as curl does, but for what curl drops or changes without an error: that is refused here, or kept.
func parseField(text string) (f formField, err error) {
	name, rest, ok := strings.Cut(text, "=")
	if !ok {
		return f, errors.New("write it as name=text, name=@file or name=<file")
	}
	f.name = name
	shown := cmp.Or(name, "a field")
	if strings.HasPrefix(rest, "(") {
		return f, fmt.Errorf("%s=(…: parts within parts are not supported; for a text that begins with ( write --form-string", shown)
	}
	if err := f.read(rest, shown); err != nil {
		return f, fmt.Errorf("%s: %w", shown, err)
	}
	return f, nil
}

// read reads what stands behind the name of a field.
func (f *formField) read(text, name string) (err error) {
	rest := strings.TrimPrefix(text, "@")
	isFile := rest != text
	if !isFile {
		rest, f.asText = strings.CutPrefix(text, "<")
	}
	if f.value, rest, err = fieldWord(rest); err != nil {
		return err
	}
	if isFile || f.asText {
		f.value, f.path = "", f.value
		if f.path == "" {
			return errors.New("no file is named")
		}
		if isFile && strings.Contains(f.path, ",") && !strings.HasPrefix(text, `@"`) {
			return fmt.Errorf(`give each file with a -F of its own; if there is a comma in the file's name, write it in quotes: -F '%s=@"a,b.txt"'`, name)
		}
	}
	for rest != "" {
		key, value, _ := strings.Cut(strings.TrimLeft(rest[1:], " \t"), "=")
		var word string
		if word, rest, err = fieldWord(value); err != nil {
			return err
		}
		switch strings.ToLower(key) {
		case "type":
			for rest != "" && !isFieldKey(rest) { // parameters of the type have semicolons, too
				var more string
				if more, rest, err = fieldWord(rest[1:]); err != nil {
					return err
				}
				word += ";" + more
			}
			kind, _, err := mime.ParseMediaType(word)
			if err != nil || !strings.Contains(kind, "/") || !httpguts.ValidHeaderFieldValue(word) {
				return errors.New("the type is not one such as text/csv")
			}
			f.contentType = word
		case "filename":
			f.fileName = word
		default:
			return fmt.Errorf("behind a ; only type= and filename= are understood; for a text with a ; in it write --form-string,"+
				` or the text in quotes: '%s="a;b"'`, name)
		}
	}
	return nil
}

// isFieldKey reports whether what follows a ; is one of the keys of a field.
func isFieldKey(rest string) bool {
	key, _, ok := strings.Cut(strings.TrimLeft(rest[1:], " \t"), "=")
	return ok && slices.Contains([]string{"type", "filename", "headers", "encoder"}, strings.ToLower(key))
}

// fieldWord reads up to a semicolon. In double quotes there may be one, and a backslash stands before a quote or another
// backslash.
func fieldWord(text string) (word, rest string, err error) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexByte(text+";", ';')
		return text[:end], text[end:], nil
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			b.WriteByte(text[i])
		case c == '"':
			if rest = text[i+1:]; rest != "" && rest[0] != ';' {
				return "", "", errors.New("something follows the closing quote; for a text with quotes write --form-string")
			}
			return b.String(), rest, nil
		default:
			b.WriteByte(c)
		}
	}
	return "", "", errors.New("a quote is not closed; for a text that begins with one write --form-string")
}
