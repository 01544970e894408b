package value

import (
	"fmt"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/nearest"
	"example.com/fetch/internal/record"
)

// RetryOn is what --retry-on names: statuses, classes, and "timeout" for all of the time-outs.
type RetryOn struct {
	Text     string
	statuses Statuses
	kinds    []fetcher.Kind
}

func (r *RetryOn) String() string { return r.Text }
func (r *RetryOn) Type() string   { return "LIST" }

func (r *RetryOn) Set(text string) error {
	set := RetryOn{Text: text}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.ToLower(strings.TrimSpace(part))
		if kind, ok := fetcher.ParseKind(part); ok && kind != fetcher.KindNone {
			set.kinds = append(set.kinds, kind)
			continue
		}
		if part == "timeout" {
			for _, k := range fetcher.Kinds() {
				if k.Timeout() {
					set.kinds = append(set.kinds, k)
				}
			}
			continue
		}
		var one Statuses
		if err := one.Set(part); err != nil {
			var names []string
			for _, k := range fetcher.Kinds() {
				names = append(names, k.String())
			}
			hint := ""
			if near := nearest.To(part, append(names, "timeout")); near != "" {
				hint = fmt.Sprintf("; did you mean %s?", near)
			}
			return fmt.Errorf("%q is no status, no class and not timeout%s", part, hint)
		}
		set.statuses.Pairs = append(set.statuses.Pairs, one.Pairs...)
	}
	*r = set
	return nil
}

// Policy is the engine's question answered by the list; nil, the engine's own table, without one.
func (r *RetryOn) Policy() func(*fetcher.Result) bool {
	if r.Text == "" {
		return nil
	}
	return func(result *fetcher.Result) bool {
		a := &result.Attempts[len(result.Attempts)-1]
		if a.Status != 0 && r.statuses.Has(a.Status) {
			return true
		}
		return a.Err != nil && slices.Contains(r.kinds, a.Err.Kind)
	}
}

// Names reports whether a record failed with something that is in the list.
func (r *RetryOn) Names(failed *record.Record) bool {
	kind, _ := fetcher.ParseKind(failed.Class)
	return r.statuses.Has(failed.Status) || slices.Contains(r.kinds, kind)
}
