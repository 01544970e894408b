package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/body/extract"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/record"
)

// choice is which requests fetch retry does again.
type choice struct {
	classes  retryOn
	statuses statusRanges
	hosts    []string
	where    string
}

func (c *choice) define(flags *pflag.FlagSet) {
	flags.Var(&c.classes, "class", "only what failed with one of these classes: timeout_ttfb,rate_limited; timeout for all of them")
	flags.Var(&c.statuses, "status", "only what failed with one of these statuses: 429,5xx")
	flags.StringArrayVar(&c.hosts, "host", nil, "only what failed at `HOST[:PORT]`; repeatable")
	flags.StringVar(&c.where, "where", "", "`JQ` expression over records: those for which it holds, whether they failed or not")
}

// compile makes the choice. It asks for a record that failed, unless there is an expression, and was not broken off: that
// is for resume.
func (c *choice) compile(ctx context.Context) (func(*record.Record) bool, error) {
	var hosts perHost[bool]
	hosts.parse = func(string) (bool, error) { return true, nil }
	for _, host := range c.hosts {
		if err := hosts.Set(host + "=yes"); err != nil {
			return nil, fmt.Errorf("--host %q: write a host, such as example.com or example.com:8080", host)
		}
	}
	where, err := compile("where", c.where)
	if err != nil {
		return nil, err
	}
	if where != nil && where.Assigns() {
		return nil, fmt.Errorf("--where %s: this sets something, and so always holds; compare with ==", c.where)
	}
	return func(r *record.Record) bool {
		switch {
		case !journal.Ended(r) && !journal.WasGivenUp(r):
			return false
		case where == nil && r.OK:
			return false
		case c.classes.text != "" && !c.classes.names(r):
			return false
		case len(c.statuses.pairs) > 0 && !c.statuses.has(r.Status):
			return false
		}
		if len(c.hosts) > 0 {
			if _, own := hosts.of(r.Host); !own {
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
