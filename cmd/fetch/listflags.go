package main

import (
	"errors"
	"strings"
	"time"

	"example.com/fetch/internal/source"
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
func (f *listFlags) sourceOptions() (source.Options, error) {
	o := source.Options{
		Format: f.inputFormat, Rows: f.rows, Set: f.set, Dedupe: f.dedupe, Cookies: f.cookies, SkipBad: f.skipBad,
	}
	if f.batch == "" {
		return o, nil
	}
	var err error
	o.Batch, err = source.ParseBatch(f.batch)
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
