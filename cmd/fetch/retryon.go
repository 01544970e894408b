package main

import (
	"fmt"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/nearest"
	"example.com/fetch/internal/record"
)

// retryOn is what --retry-on names: statuses, classes, and "timeout" for all of the time-outs.
type retryOn struct {
	text     string
	statuses statusRanges
	kinds    []fetcher.Kind
}

func (r *retryOn) String() string { return r.text }
func (r *retryOn) Type() string   { return "LIST" }

func (r *retryOn) Set(text string) error {
	set := retryOn{text: text}
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
		var one statusRanges
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
		set.statuses.pairs = append(set.statuses.pairs, one.pairs...)
	}
	*r = set
	return nil
}

// policy is the engine's question answered by the list; nil, the engine's own table, without one.
func (r *retryOn) policy() func(*fetcher.Result) bool {
	if r.text == "" {
		return nil
	}
	return func(result *fetcher.Result) bool {
		a := &result.Attempts[len(result.Attempts)-1]
		if a.Status != 0 && r.statuses.has(a.Status) {
			return true
		}
		return a.Err != nil && slices.Contains(r.kinds, a.Err.Kind)
	}
}

// names reports whether a record failed with something that is in the list.
func (r *retryOn) names(failed *record.Record) bool {
	kind, _ := fetcher.ParseKind(failed.Class)
	return r.statuses.has(failed.Status) || slices.Contains(r.kinds, kind)
}
