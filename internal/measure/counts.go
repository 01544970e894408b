package measure

import (
	"maps"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// The number of names is bounded, because a journal may contain anything.
const (
	maxCounts    = 1000
	maxErrors    = 100
	maxErrorText = 300 // bytes
)

// Counts counts by name. In JSON it is an object with sorted keys.
type Counts map[string]int64

// add creates the map if necessary.
func (c *Counts) add(name string, n int64) {
	if *c == nil {
		*c = make(Counts)
	}
	if _, known := (*c)[name]; !known {
		if len(*c) >= maxCounts {
			name = others
		}
		name = strings.Clone(name)
	}
	(*c)[name] += n
}

// Total returns the sum of all counts.
func (c Counts) Total() (n int64) {
	for _, by := range c {
		n += by
	}
	return n
}

func (c *Counts) merge(other Counts) {
	for name, n := range other {
		c.add(name, n)
	}
}

// Errors are examples: the first error of each class, masked, after the name or row of its request, if it has one.
type Errors map[string]string

// add adds the error of a result, if it is the first of its class.
func (e *Errors) add(class string, r *fetcher.Result) {
	if (*e)[class] == "" {
		rec := record.From(r)
		text := rec.Failure()
		if rec.Name != "" || len(rec.Row) > 0 || len(rec.Rows) > 0 { // the place alone is ambiguous in a list that is repeated
			text = rec.Called() + ": " + text
		}
		e.merge(Errors{class: text})
	}
}

func (e *Errors) merge(other Errors) {
	for class, text := range other {
		if *e == nil {
			*e = make(Errors)
		}
		if (*e)[class] == "" && len(*e) < maxErrors {
			(*e)[strings.Clone(class)] = excerpt(text, maxErrorText)
		}
	}
}

// cloned returns a copy that is never nil.
func cloned[M ~map[K]V, K comparable, V any](m M) M {
	if m == nil {
		return M{}
	}
	return maps.Clone(m)
}

// statusNames are the usual statuses as strings, so that counting one allocates nothing.
var statusNames = func() (names [600]string) {
	for status := range names {
		names[status] = strconv.Itoa(status)
	}
	return names
}()

func statusName(status int) string {
	if 0 <= status && status < len(statusNames) {
		return statusNames[status]
	}
	return strconv.Itoa(status)
}

// excerpt returns a copy of s, cut to at most n bytes, with a mark if it was cut.
func excerpt(s string, n int) string {
	if len(s) <= n {
		return strings.Clone(s)
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
