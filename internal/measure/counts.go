package measure

import (
	"maps"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxCounts bounds the names that are told apart: a journal may hold anything.
const maxCounts = 1000

// Counts counts by name. In JSON it is an object with its keys sorted.
type Counts map[string]int64

// add makes the map where there is none yet.
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

func (c *Counts) merge(other Counts) {
	for name, n := range other {
		c.add(name, n)
	}
}

// clone is never nil.
func (c Counts) clone() Counts {
	if c == nil {
		return Counts{}
	}
	return maps.Clone(c)
}

// statusNames are the usual statuses as names, so that counting one allocates nothing.
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

// excerpt is a copy of s, cut to n bytes at the most, and marked if something is missing.
func excerpt(s string, n int) string {
	if len(s) <= n {
		return strings.Clone(s)
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
