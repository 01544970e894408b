package spec

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/extract"
	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/process"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/web"
)

// ToStdout is the Output of bodies that are printed.
const ToStdout = "-"

// columns are the columns of --fields.
func (f *Spec) columns() []string {
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
func (f *Spec) ToFolder() bool { return f.Output != "" && f.Output != ToStdout }

// HasValues reports whether a value is made of each body.
func (f *Spec) HasValues() bool { return f.Selected != "" || f.Split != "" || f.Exec != "" }

// Extractor compiles the expressions, those of --next and --row-key among them; empty: none.
func (f *Spec) Extractor(next, key string) (e extract.Extractor, err error) {
	for _, text := range f.Expect {
		q, err := condition("expect", text)
		if err != nil {
			return e, err
		}
		e.Expect = append(e.Expect, q)
	}
	for _, text := range f.ExpectText {
		t, err := extract.ParseText(text)
		if err != nil {
			return e, fmt.Errorf("--expect-text: %w", err)
		}
		e.Text = append(e.Text, t)
	}
	if f.ExpectType != "" {
		if e.Type, err = extract.ParseType(f.ExpectType); err != nil {
			return e, fmt.Errorf("--expect-type: %w", err)
		}
	}
	for _, one := range []struct {
		flag, text string
		query      **extract.Query
	}{{"split", f.Split, &e.Split}, {"select", f.Selected, &e.Select}, {"next", next, &e.Next}} {
		if one.text == "" {
			continue
		}
		if *one.query, err = compile(one.flag, one.text); err != nil {
			return e, err
		}
	}
	if key != "" {
		if e.Key, err = extract.ParseKey(key); err != nil {
			return e, fmt.Errorf("--row-key: %w", err)
		}
	}
	return e, nil
}

func compile(flag, text string) (*extract.Query, error) {
	q, err := extract.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", flag, err)
	}
	return q, nil
}

// condition compiles an expression that holds or does not.
func condition(flag, text string) (*extract.Query, error) {
	q, err := compile(flag, text)
	if err == nil && q.Assigns() {
		return nil, fmt.Errorf("--%s %s: this sets something, and so always holds; compare with ==", flag, text)
	}
	return q, err
}

// bodyLimit is the largest body, in the engine's terms: less where bodies are held in memory, unless --max-body says otherwise.
func (f *Spec) bodyLimit() int64 {
	switch {
	case f.MaxBody.Given:
		return orNone(f.MaxBody.Bytes)
	case f.TakesValues():
		return 64 << 20
	}
	return fetcher.DefaultMaxBody
}

// Memory is how many bytes the bodies of which values are taken may take, all together; 0: any number.
func (f *Spec) Memory() int64 {
	if f.MaxMemory.Given {
		return f.MaxMemory.Bytes
	}
	return process.Memory() / 4
}

// Accepts says which statuses are a success.
func (f *Spec) Accepts() func(int) bool {
	if len(f.Accept.Pairs)+len(f.MissingOK.Pairs) == 0 {
		return nil
	}
	return func(status int) bool {
		return len(f.Accept.Pairs) == 0 && 200 <= status && status <= 299 || f.Accept.Has(status) || f.MissingOK.Has(status)
	}
}

// Follows reports whether further pages are asked for.
func (f *Spec) Follows() bool { return f.FollowPages || f.Next != "" }

// Choice is which requests fetch retry does again.
type Choice struct {
	Classes  value.RetryOn
	Statuses value.Statuses
	Hosts    []string
	Where    string
}

// Compile makes the choice. It asks for a record that failed, unless there is an expression, and was not broken off: that
// is for resume.
func (c *Choice) Compile(ctx context.Context) (_ func(*record.Record) bool, err error) {
	var hosts []web.HostSpec
	for _, text := range c.Hosts {
		host, err := web.ParseHostSpec(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("--host %q: write a host, such as example.com or example.com:8080", text)
		}
		hosts = append(hosts, host)
	}
	var where *extract.Query
	if c.Where != "" {
		if where, err = condition("where", c.Where); err != nil {
			return nil, err
		}
	}
	return func(r *record.Record) bool {
		isHost := func(host web.HostSpec) bool { return host.Matches(r.Host) }
		switch {
		case !journal.Ended(r) && !journal.WasGivenUp(r),
			where == nil && r.OK,
			c.Classes.Text != "" && !c.Classes.Names(r),
			len(c.Statuses.Pairs) > 0 && !c.Statuses.Has(r.Status),
			len(hosts) > 0 && !slices.ContainsFunc(hosts, isHost):
			return false
		}
		if where == nil {
			return true
		}
		held, _ := holds(ctx, where, r)
		return held
	}, nil
}

// Listed is which results fetch report lists: all, those that failed, those for which an expression over records holds, or
// those of which both is true.
type Listed struct {
	Failed bool
	Where  string

	undecided int64  // results that the expression failed for
	first     string // which came first, and why
}

// Compile makes the choice; nil: all are listed.
func (l *Listed) Compile(ctx context.Context) (func(*record.Record) bool, error) {
	var where *extract.Query
	if l.Where != "" {
		var err error
		if where, err = condition("where", l.Where); err != nil {
			return nil, err
		}
	} else if !l.Failed {
		return nil, nil
	}
	return func(r *record.Record) bool {
		failed := !r.OK || slices.ContainsFunc(r.Rows, func(a record.Answer) bool { return !a.OK })
		if l.Failed && !failed || where == nil {
			return failed || !l.Failed
		}
		held, err := holds(ctx, where, r)
		if err != nil {
			if l.undecided++; l.undecided == 1 {
				l.first = r.Called() + ": " + record.Printable(err.Error())
			}
		}
		return held
	}, nil
}

// Undecided says for how many of the results that were chosen from the expression failed, and why; empty: for none.
func (l *Listed) Undecided() string {
	if l.undecided == 0 {
		return ""
	}
	return fmt.Sprintf("--where failed for %d results, which are not listed; the first: %s", l.undecided, l.first)
}

// Words say which they are; empty: all. They do not repeat the expression, which may have a secret in it.
func (l *Listed) Words() string {
	switch {
	case l.Failed && l.Where != "":
		return "those that failed and for which --where holds"
	case l.Failed:
		return "those that failed"
	case l.Where != "":
		return "those for which --where holds"
	}
	return ""
}

// holds reports whether an expression gives something that is neither false nor null for a record. What it cannot be
// evaluated for it does not hold for: the error says why.
func holds(ctx context.Context, q *extract.Query, r *record.Record) (bool, error) {
	dec := json.NewDecoder(bytes.NewReader(record.AppendJSON(nil, r)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return false, err
	}
	outputs, err := q.Run(ctx, v)
	return err == nil && slices.ContainsFunc(outputs, func(o any) bool { return o != nil && o != false }), err
}
