package spec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/extract"
	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
)

// Keep says what counts as success, and what is kept of an answer.
type Keep struct {
	Accept, MissingOK value.Statuses
	Expect            []string
	ExpectType        string
	MaxBody           value.Size

	Output, Fsync string
	Overwrite     bool
	SHA256        bool
	Selected      string
	Split         string
	Fields        []string
	Exec          string
	ExecJobs      int
	ExecTimeout   value.Seconds
}

// ToStdout is the Output of bodies that are printed.
const ToStdout = "-"

func (f *Keep) check() error {
	switch {
	case f.Selected != "" && f.Exec != "":
		return errors.New("--select and --exec both make the value: choose one")
	case f.Split != "" && f.Exec != "":
		return errors.New("--exec reads whole bodies, and --split takes them apart: choose one")
	case f.Exec != "" && f.Output == ToStdout:
		return errors.New("--exec takes the bodies that -o - would print: choose one")
	case f.Fsync != "" && f.Fsync != "always":
		return fmt.Errorf("--sync %q: always is the only choice", f.Fsync)
	case f.ExecJobs < 0:
		return errors.New("--exec-jobs: write a number from 1")
	case f.Exec == "" && (f.ExecJobs > 0 || f.ExecTimeout > 0):
		return errors.New("--exec-jobs and --exec-timeout are for programs: name one with --exec")
	}
	return report.CheckFields(f.columns())
}

// columns are the columns of --fields.
func (f *Keep) columns() []string {
	var names []string
	for _, list := range f.Fields {
		for name := range strings.SplitSeq(list, ",") {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names
}

// FlatFields are the further columns of the flat reports. Where several templates make rows of one table, the URL tells
// them apart.
func (f *Spec) FlatFields(templates int) []string {
	if len(f.Fields) == 0 && f.AsTable() && templates > 1 {
		return []string{"url"}
	}
	return f.columns()
}

// ToFolder reports whether bodies are to become files.
func (f *Keep) ToFolder() bool { return f.Output != "" && f.Output != ToStdout }

// HasValues reports whether a value is made of each body.
func (f *Keep) HasValues() bool { return f.Selected != "" || f.Split != "" || f.Exec != "" }

// Extractor compiles the expressions, those of --next and --key among them; empty: none.
func (f *Keep) Extractor(next, key string) (e extract.Extractor, err error) {
	for _, text := range f.Expect {
		q, err := compile("expect", text)
		if err != nil {
			return e, err
		}
		if q.Assigns() {
			return e, fmt.Errorf("--expect %s: this sets something, and so always holds; compare with ==", text)
		}
		e.Expect = append(e.Expect, q)
	}
	if f.ExpectType != "" {
		if e.Type, err = extract.ParseType(f.ExpectType); err != nil {
			return e, fmt.Errorf("--expect-type: %w", err)
		}
	}
	if e.Split, err = compile("split", f.Split); err != nil {
		return e, err
	}
	if e.Select, err = compile("select", f.Selected); err != nil {
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
func (f *Keep) bodyLimit(inMemory bool) int64 {
	switch {
	case f.MaxBody.Given:
		return orNone(f.MaxBody.Bytes)
	case inMemory:
		return maxBodyInMemory
	}
	return maxBodyElse
}

// Accepts says which statuses are a success.
func (f *Keep) Accepts() func(int) bool {
	if len(f.Accept.Pairs)+len(f.MissingOK.Pairs) == 0 {
		return nil
	}
	return func(status int) bool {
		if len(f.Accept.Pairs) == 0 && 200 <= status && status <= 299 {
			return true
		}
		return f.Accept.Has(status) || f.MissingOK.Has(status)
	}
}

// Follow says what further pages an answer leads to.
type Follow struct {
	FollowPages bool
	Next        string
	MaxPages    int
	NextWait    value.Seconds
}

func (f *Follow) check() error {
	switch {
	case f.FollowPages && f.Next != "":
		return errors.New("--follow-pages and --next both say what comes next: choose one")
	case f.MaxPages < 1:
		return errors.New("--max-pages: write a number from 1")
	case f.NextWait > 0 && !f.Follows():
		return errors.New("--next-wait is for --next and --follow-pages: give one of them")
	}
	return nil
}

// Follows reports whether further pages are asked for.
func (f *Follow) Follows() bool { return f.FollowPages || f.Next != "" }

// Choice is which requests fetch retry does again.
type Choice struct {
	Classes  value.RetryOn
	Statuses value.Statuses
	Hosts    []string
	Where    string
}

// Compile makes the choice. It asks for a record that failed, unless there is an expression, and was not broken off: that
// is for resume.
func (c *Choice) Compile(ctx context.Context) (func(*record.Record) bool, error) {
	var hosts value.PerHost[bool]
	hosts.Parse = func(string) (bool, error) { return true, nil }
	for _, host := range c.Hosts {
		if err := hosts.Set(host + "=yes"); err != nil {
			return nil, fmt.Errorf("--host %q: write a host, such as example.com or example.com:8080", host)
		}
	}
	where, err := compile("where", c.Where)
	if err != nil {
		return nil, err
	}
	if where != nil && where.Assigns() {
		return nil, fmt.Errorf("--where %s: this sets something, and so always holds; compare with ==", c.Where)
	}
	return func(r *record.Record) bool {
		switch {
		case !journal.Ended(r) && !journal.WasGivenUp(r):
			return false
		case where == nil && r.OK:
			return false
		case c.Classes.Text != "" && !c.Classes.Names(r):
			return false
		case len(c.Statuses.Pairs) > 0 && !c.Statuses.Has(r.Status):
			return false
		}
		if len(c.Hosts) > 0 {
			if _, own := hosts.Of(r.Host); !own {
				return false
			}
		}
		return where == nil || holds(ctx, where, r)
	}, nil
}

// holds reports whether an expression gives something that is neither false nor null for a record. What it cannot be
// evaluated for it does not hold for.
func holds(ctx context.Context, q *extract.Query, r *record.Record) bool {
	text := record.AppendJSON(nil, r)
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return false
	}
	outputs, err := q.Run(ctx, v)
	return err == nil && slices.ContainsFunc(outputs, func(o any) bool { return o != nil && o != false })
}
