package spec

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"example.com/fetch/internal/body/extract"
	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/record"
)

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
