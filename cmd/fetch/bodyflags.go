package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/list/payload"
)

// bodyFlags are what is sent. The values are kept in the order in which they were given, over all of the flags: what the
// content is depends on it.
type bodyFlags struct {
	given   []bodyValue
	toQuery bool
	read    *payload.Spec // of what was given, when it has been read: shared by copies of the flags, since a pipe is read once
}

// bodyValue is one value of one of the flags.
type bodyValue struct{ flag, value string }

// bodyKind is what a body is made of. A request has one.
type bodyKind string

const (
	dataBody   bodyKind = "data"
	formBody   bodyKind = "form"
	uploadBody bodyKind = "upload"
)

// bodyFlag is one of the flags, whose values stand with those of the others.
type bodyFlag struct {
	name string
	of   *bodyFlags
}

func (f *bodyFlag) Set(value string) error {
	f.of.given = append(f.of.given, bodyValue{f.name, value})
	return nil
}

// Append, Replace and GetSlice make it a pflag.SliceValue.
func (f *bodyFlag) Append(value string) error { return f.Set(value) }

func (f *bodyFlag) Replace(values []string) error {
	f.of.given = slices.DeleteFunc(f.of.given, func(v bodyValue) bool { return v.flag == f.name })
	for _, v := range values {
		f.Set(v)
	}
	return nil
}

func (f *bodyFlag) GetSlice() []string {
	var values []string
	for _, v := range f.of.given {
		if v.flag == f.name {
			values = append(values, v.value)
		}
	}
	return values
}

func (f *bodyFlag) String() string { return strings.Join(f.GetSlice(), " ") }
func (f *bodyFlag) Type() string   { return "string" }

func (b *bodyFlags) define(flags *pflag.FlagSet) {
	b.read = &payload.Spec{}
	add := func(name, shorthand, usage string) { flags.VarP(&bodyFlag{name, b}, name, shorthand, usage) }
	add("data", "d", "`DATA` to POST, or @file; repeatable, joined by &")
	add("data-raw", "", "`DATA` to POST; an @ is one")
	add("data-binary", "", "`DATA` to POST, or @file: the same as -d")
	add("data-urlencode", "", "`DATA` to POST, form-encoded: text, =text, name=text, @file or name@file")
	add("json", "", "`JSON` to POST, or @file, with the Content-Type and Accept for it; repeatable, put together")
	add("form", "F", "`FIELD` of a form to POST (multipart/form-data): name=text, name=@file or name=<file, then ;type= and ;filename=")
	add("form-string", "", "`FIELD` of it, name=text, in which @, < and ; are literal")
	add("upload-file", "T", "`FILE` to PUT; its name is added to a URL that ends in /")
	flags.BoolVarP(&b.toQuery, "get", "G", false, "put what -d and the like give into the URL's query")
}

// bodyFlagNames are the flags that give content to send.
var bodyFlagNames = []string{"data", "data-raw", "data-binary", "data-urlencode", "json", "form", "form-string", "upload-file"}

// isBodyFlag reports whether a flag gives content to send.
func isBodyFlag(name string) bool { return slices.Contains(bodyFlagNames, name) }

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

// has reports whether a flag was given.
func (b *bodyFlags) has(flag string) bool {
	return slices.ContainsFunc(b.given, func(v bodyValue) bool { return v.flag == flag })
}

// bodyGiven gives what all of the flags have given, in order, at the first of them in the order of the help text; nil at
// others.
func bodyGiven(f *pflag.Flag) []bodyValue {
	own, ok := f.Value.(*bodyFlag)
	if !ok {
		return nil
	}
	for _, name := range bodyFlagNames {
		if own.of.has(name) {
			if name == f.Name {
				return own.of.given
			}
			return nil
		}
	}
	return nil
}

// kind is that of the body; empty: there is none.
func (b *bodyFlags) kind() bodyKind {
	if len(b.given) == 0 {
		return ""
	}
	return kindOfBody(b.given[0].flag)
}

// sendsBody reports whether what was given is sent as content.
func (b *bodyFlags) sendsBody() bool { return len(b.given) > 0 && !b.toQuery }

// check finds flags that do not go together; head is -I.
func (b *bodyFlags) check(head bool) error {
	stdin := 0
	for i, v := range b.given {
		if fileOfBody(v.flag, v.value) == stdinSource {
			stdin++
		}
		first, flag := b.given[0].flag, shortBody(v.flag)
		switch {
		case stdin > 1:
			return fmt.Errorf("%s: standard input is named twice; write - once", flag)
		case kindOfBody(v.flag) != kindOfBody(first):
			return fmt.Errorf("%s and %s: a request has one body; choose one", shortBody(first), flag)
		case b.toQuery && (kindOfBody(v.flag) != dataBody || v.flag == "json"):
			return fmt.Errorf("-G and %s: only what -d and --data-urlencode give can stand in a URL; leave one out", flag)
		case head && !b.toQuery:
			return fmt.Errorf("-I sends HEAD, which has no body: leave out -I or %s; -I -G puts the data into the URL", flag)
		case v.flag == "upload-file" && i > 0:
			return errors.New("-T is given twice: a request has one body; for a file each, name them in a table: --rows files.txt -T '{value}'")
		}
	}
	return nil
}

// method is what a request has that is not told another one.
func (b *bodyFlags) method() string {
	switch {
	case !b.sendsBody():
		return ""
	case b.kind() == uploadBody:
		return http.MethodPut
	}
	return http.MethodPost
}

// setHeader sets the fields that go with the body, which -H may change.
func (b *bodyFlags) setHeader(header http.Header) {
	switch {
	case !b.sendsBody():
	case b.has("json"):
		header.Set("Content-Type", "application/json")
		header.Set("Accept", "application/json")
	case b.kind() == dataBody:
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
}

// content is what was given, read from its files, and from standard input: the same each time.
func (b *bodyFlags) content(stdin io.Reader) (*payload.Spec, error) {
	if len(b.read.Parts)+len(b.read.Fields) > 0 {
		return b.read, nil
	}
	spec := payload.Spec{}
	for i, v := range b.given {
		var err error
		switch kindOfBody(v.flag) {
		case formBody:
			err = addField(&spec, v, stdin)
		case uploadBody:
			part := payload.Part{Path: v.value}
			if v.value == stdinSource {
				part.File, err = openBody(v.value, stdin)
			}
			spec.Parts = append(spec.Parts, part)
		default:
			if i > 0 && v.flag != "json" {
				spec.Parts = append(spec.Parts, payload.Part{Text: "&"})
			}
			err = addData(&spec, v, b.toQuery, stdin)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", shortBody(v.flag), err)
		}
	}
	*b.read = spec
	return b.read, nil
}

// readsStdin reports whether a part of what is sent comes from standard input.
func (b *bodyFlags) readsStdin() bool { return slices.Contains(b.filesRead(), stdinSource) }

// filesRead are the files that the flags name.
func (b *bodyFlags) filesRead() []string {
	var names []string
	for _, v := range b.given {
		if name := fileOfBody(v.flag, v.value); name != "" {
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
