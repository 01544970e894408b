package main

import (
	"errors"
	"strings"
	"time"

	"github.com/spf13/pflag"

	lists "example.com/fetch/internal/list"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/template"
)

// listFlags say what the list is made of.
type listFlags struct {
	inputFormat string
	rows        string
	set         []string
	batch       string
	dedupe      bool
	cookies     bool
	skipBad     bool
	every, last seconds
}

func (f *listFlags) define() *pflag.FlagSet {
	list := pflag.NewFlagSet("", pflag.ContinueOnError)
	list.StringVar(&f.inputFormat, "input-format", "", "`FORMAT` of lists, if it is not to be guessed: "+strings.Join(format.Names(), " "))
	list.StringVar(&f.rows, "rows", "", "`FILE` with a table (csv, tsv, json, jsonl, or a value a line): a request for each row, {column} in the URL, -H and what is sent standing for its cell")
	list.StringArrayVar(&f.set, "set", nil, "`NAME=VALUES` for {NAME}: a,b,c or 1..100 or @file; repeatable: all combinations")
	list.StringVar(&f.batch, "batch", "", "`COLUMN:N`: one request for N rows, {COLUMN} standing for their cells; --split and --key lead the answers back")
	list.BoolVar(&f.dedupe, "dedupe", false, "send only once what the list has twice")
	list.BoolVar(&f.cookies, "har-cookies", false, "send the cookies that a HAR file has")
	list.BoolVar(&f.skipBad, "skip-bad", false, "make bad lines and rows requests that fail, and send the others")
	return list
}

// templated reports whether braces in URLs stand for values.
func (f *listFlags) templated() bool { return f.rows != "" || len(f.set) > 0 }

func (f *listFlags) check() error {
	switch {
	case f.batch != "" && !f.templated():
		return errors.New("--batch puts rows together: name the table with --rows FILE")
	case f.last > 0 && f.every == 0:
		return errors.New("--for says how long to go on with --every: give that, too")
	}
	return nil
}

// sourceOptions are the options of the list, but for the template of its requests.
func (f *listFlags) sourceOptions() (lists.Options, error) {
	o := lists.Options{
		Format: f.inputFormat, Rows: f.rows, Set: f.set, Dedupe: f.dedupe, Cookies: f.cookies, SkipBad: f.skipBad,
	}
	if f.batch == "" {
		return o, nil
	}
	var err error
	o.Batch, err = template.ParseBatch(f.batch)
	return o, err
}

// filesRead are the files that these flags name.
func (f *listFlags) filesRead() []string {
	names := []string{f.rows}
	for _, s := range f.set {
		if _, value, ok := strings.Cut(s, "=@"); ok {
			names = append(names, value)
		}
	}
	return names
}

// polling is the time between two rounds of the list, and how long to go on, 0 meaning for ever; every is 0 without --every.
func (f *listFlags) polling() (every, last time.Duration) {
	return time.Duration(f.every), time.Duration(f.last)
}
