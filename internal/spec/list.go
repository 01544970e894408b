package spec

import (
	"errors"
	"strings"
	"time"

	"example.com/fetch/internal/cli/value"
	lists "example.com/fetch/internal/list"
	"example.com/fetch/internal/list/template"
)

// List say what the list is made of.
type List struct {
	InputFormat string
	Rows        string
	Set         []string
	Batch       string
	Dedupe      bool
	Cookies     bool
	SkipBad     bool
	Every, Last value.Seconds
}

// Templated reports whether braces in URLs stand for values.
func (f *List) Templated() bool { return f.Rows != "" || len(f.Set) > 0 }

func (f *List) check() error {
	switch {
	case f.Batch != "" && !f.Templated():
		return errors.New("--batch puts rows together: name the table with --rows FILE")
	case f.Last > 0 && f.Every == 0:
		return errors.New("--for says how long to go on with --every: give that, too")
	}
	return nil
}

// SourceOptions are the options of the list, but for the template of its requests.
func (f *List) SourceOptions() (lists.Options, error) {
	o := lists.Options{
		Format: f.InputFormat, Rows: f.Rows, Set: f.Set, Dedupe: f.Dedupe, Cookies: f.Cookies, SkipBad: f.SkipBad,
	}
	if f.Batch == "" {
		return o, nil
	}
	var err error
	o.Batch, err = template.ParseBatch(f.Batch)
	return o, err
}

// FilesRead are the files that these flags name.
func (f *List) FilesRead() []string {
	names := []string{f.Rows}
	for _, s := range f.Set {
		if _, value, ok := strings.Cut(s, "=@"); ok {
			names = append(names, value)
		}
	}
	return names
}

// Polling is the time between two rounds of the list, and how long to go on, 0 meaning for ever; every is 0 without --every.
func (f *List) Polling() (every, last time.Duration) {
	return time.Duration(f.Every), time.Duration(f.Last)
}
