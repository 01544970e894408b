package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/extract"
	"example.com/fetch/internal/report"
)

// keepFlags say what counts as success, and what is kept of an answer.
type keepFlags struct {
	accept, missingOK statusRanges
	expect            []string
	expectType        string
	maxBody           size

	output, fsync string
	overwrite     bool
	sha256        bool
	selected      string
	split         string
	fields        []string
	exec          string
	execJobs      int
	execTimeout   seconds
}

const toStdout = "-"

func (f *keepFlags) defineSuccess() *pflag.FlagSet {
	success := pflag.NewFlagSet("", pflag.ContinueOnError)
	success.Var(&f.accept, "accept", "statuses that count as success (default 200-299)")
	success.Var(&f.missingOK, "missing-ok", "statuses that say that there is nothing, which is an answer, too: 404")
	success.StringArrayVar(&f.expect, "expect", nil, "`JQ` expression that must hold for each body; repeatable")
	success.StringVar(&f.expectType, "expect-type", "", "`TYPE` that each body must be of: json, html, csv, or such as image/png")
	success.Var(&f.maxBody, "max-body", "largest body, decoded: 500k, 64MiB; 0 means any (default 1GiB; 64MiB where a value is computed)")
	return success
}

func (f *keepFlags) defineKeeping() *pflag.FlagSet {
	keep := pflag.NewFlagSet("", pflag.ContinueOnError)
	keep.StringVarP(&f.output, "output", "o", "", "keep bodies as files in `DIR`, or called as in 'out/{name}.json'; - prints them")
	keep.BoolVar(&f.overwrite, "overwrite", false, "replace files that are there, instead of taking another name")
	keep.StringVar(&f.fsync, "sync", "", "`WHEN` files and the journal are forced to the disk: always (default: when the system likes)")
	keep.BoolVar(&f.sha256, "sha256", false, "put the SHA-256 of each body into the records")
	keep.StringVar(&f.selected, "select", "", "`JQ` expression that takes a value, or an object's columns, from each body")
	keep.StringVar(&f.split, "split", "", "`JQ` expression that takes a body to pieces, such as '.items[]'; --select then works on each")
	keep.StringArrayVar(&f.fields, "fields", nil, "`COLUMNS` of csv, tsv and markdown beside the row's and the selected: status,latency_ms,url")
	keep.StringVar(&f.exec, "exec", "", "`COMMAND` for sh -c that reads each body; what it prints is the value")
	keep.IntVar(&f.execJobs, "exec-jobs", 0, "`N` of them at once (default: as many as there are processors)")
	keep.Var(&f.execTimeout, "exec-timeout", "longest time for each of them")
	return keep
}

func (f *keepFlags) check() error {
	switch {
	case f.selected != "" && f.exec != "":
		return errors.New("--select and --exec both make the value: choose one")
	case f.split != "" && f.exec != "":
		return errors.New("--exec reads whole bodies, and --split takes them apart: choose one")
	case f.exec != "" && f.output == toStdout:
		return errors.New("--exec takes the bodies that -o - would print: choose one")
	case f.fsync != "" && f.fsync != "always":
		return fmt.Errorf("--sync %q: always is the only choice", f.fsync)
	case f.execJobs < 0:
		return errors.New("--exec-jobs: write a number from 1")
	case f.exec == "" && (f.execJobs > 0 || f.execTimeout > 0):
		return errors.New("--exec-jobs and --exec-timeout are for programs: name one with --exec")
	}
	return report.CheckFields(f.columns())
}

// columns are the columns of --fields.
func (f *keepFlags) columns() []string {
	var names []string
	for _, list := range f.fields {
		for name := range strings.SplitSeq(list, ",") {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names
}

// flatFields are the further columns of the flat reports. Where several templates make rows of one table, the URL tells
// them apart.
func (f *runFlags) flatFields(templates int) []string {
	if len(f.fields) == 0 && f.asTable() && templates > 1 {
		return []string{"url"}
	}
	return f.columns()
}

// toFolder reports whether bodies are to become files.
func (f *keepFlags) toFolder() bool { return f.output != "" && f.output != toStdout }

// hasValues reports whether a value is made of each body.
func (f *keepFlags) hasValues() bool { return f.selected != "" || f.split != "" || f.exec != "" }

// extractor compiles the expressions, those of --next and --key among them; empty: none.
func (f *keepFlags) extractor(next, key string) (e extract.Extractor, err error) {
	for _, text := range f.expect {
		q, err := compile("expect", text)
		if err != nil {
			return e, err
		}
		if q.Assigns() {
			return e, fmt.Errorf("--expect %s: this sets something, and so always holds; compare with ==", text)
		}
		e.Expect = append(e.Expect, q)
	}
	if f.expectType != "" {
		if e.Type, err = extract.ParseType(f.expectType); err != nil {
			return e, fmt.Errorf("--expect-type: %w", err)
		}
	}
	if e.Split, err = compile("split", f.split); err != nil {
		return e, err
	}
	if e.Select, err = compile("select", f.selected); err != nil {
		return e, err
	}
	if e.Next, err = compile("next", next); err != nil {
		return e, err
	}
	if key != "" {
		if e.Key, err = extract.ParseKey(key); err != nil {
			return e, fmt.Errorf("--key: %w", err)
		}
	}
	return e, nil
}

func compile(flag, text string) (*extract.Query, error) {
	if text == "" {
		return nil, nil
	}
	q, err := extract.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", flag, err)
	}
	return q, nil
}

// The largest bodies, unless --max-body says otherwise.
const (
	maxBodyInMemory = 64 << 20
	maxBodyElse     = fetcher.DefaultMaxBody
)

// bodyLimit is the largest body, in the engine's terms. InMemory says that bodies are held in memory while they are read.
func (f *keepFlags) bodyLimit(inMemory bool) int64 {
	switch {
	case f.maxBody.given:
		return orNone(f.maxBody.bytes)
	case inMemory:
		return maxBodyInMemory
	}
	return maxBodyElse
}

// accepts says which statuses are a success.
func (f *keepFlags) accepts() func(int) bool {
	if len(f.accept.pairs)+len(f.missingOK.pairs) == 0 {
		return nil
	}
	return func(status int) bool {
		if len(f.accept.pairs) == 0 && 200 <= status && status <= 299 {
			return true
		}
		return f.accept.has(status) || f.missingOK.has(status)
	}
}
