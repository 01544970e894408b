package spec

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"example.com/fetch/internal/list/payload"
)

// Body are what is sent. The values are kept in the order in which they were given, over all of the flags: what the
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

// BodyFlagNames are the flags that give content to send.
var BodyFlagNames = []string{"data", "data-raw", "data-binary", "data-urlencode", "json", "form", "form-string", "upload-file"}

// isBodyFlag reports whether a flag gives content to send.
func isBodyFlag(name string) bool { return slices.Contains(BodyFlagNames, name) }

func kindOfBody(flag string) bodyKind {
	switch flag {
	case "data", "data-raw", "data-binary", "data-urlencode", "json":
		return dataBody
	case "form", "form-string":
		return formBody
	case "upload-file":
		return uploadBody
	}
	return ""
}

// shortBody is a flag as users write it.
func shortBody(flag string) string {
	switch flag {
	case "data":
		return "-d"
	case "form":
		return "-F"
	case "upload-file":
		return "-T"
	}
	return "--" + flag
}

// Has reports whether a flag was given.
func (b *Body) Has(flag string) bool {
	return slices.ContainsFunc(b.Given, func(v Flag) bool { return v.Name == flag })
}

// kind is that of the body; empty: there is none.
func (b *Body) kind() bodyKind {
	if len(b.Given) == 0 {
		return ""
	}
	return kindOfBody(b.Given[0].Name)
}

// SendsBody reports whether what was given is sent as content.
func (b *Body) SendsBody() bool { return len(b.Given) > 0 && !b.ToQuery }

// check finds flags that do not go together; head is -I.
func (b *Body) check(head bool) error {
	stdin := 0
	for i, v := range b.Given {
		if fileOfBody(v.Name, v.Value) == StdinSource {
			stdin++
		}
		first, flag := b.Given[0].Name, shortBody(v.Name)
		switch {
		case stdin > 1:
			return fmt.Errorf("%s: standard input is named twice; write - once", flag)
		case kindOfBody(v.Name) != kindOfBody(first):
			return fmt.Errorf("%s and %s: a request has one body; choose one", shortBody(first), flag)
		case b.ToQuery && (kindOfBody(v.Name) != dataBody || v.Name == "json"):
			return fmt.Errorf("-G and %s: only what -d and --data-urlencode give can stand in a URL; leave one out", flag)
		case head && !b.ToQuery:
			return fmt.Errorf("-I sends HEAD, which has no body: leave out -I or %s; -I -G puts the data into the URL", flag)
		case v.Name == "upload-file" && i > 0:
			return errors.New("-T is given twice: a request has one body; for a file each, name them in a table: --rows files.txt -T '{value}'")
		}
	}
	return nil
}

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
		switch kindOfBody(v.Name) {
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
			return nil, fmt.Errorf("%s: %w", shortBody(v.Name), err)
		}
	}
	*b.Read = spec
	return b.Read, nil
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
		if f, err := parseField(value); err == nil {
			name, isFile = f.path, f.path != ""
		}
	case "upload-file":
		return value
	}
	if !isFile {
		return ""
	}
	return name
}
