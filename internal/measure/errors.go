package measure

import (
	"maps"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// Errors are examples: the first error of each class, masked.
type Errors map[string]string

const (
	maxErrors    = 100 // classes: a journal may hold anything
	maxErrorText = 300 // bytes
)

// add takes the error of a result, if it is the first of its class.
func (e *Errors) add(class string, r *fetcher.Result) {
	if (*e)[class] == "" {
		e.put(class, record.From(r).Error)
	}
}

func (e *Errors) merge(other Errors) {
	for class, text := range other {
		if (*e)[class] == "" {
			e.put(class, text)
		}
	}
}

func (e *Errors) put(class, text string) {
	if *e == nil {
		*e = make(Errors)
	}
	if len(*e) >= maxErrors {
		return
	}
	(*e)[strings.Clone(class)] = excerpt(text, maxErrorText)
}

// clone is never nil.
func (e Errors) clone() Errors {
	if e == nil {
		return Errors{}
	}
	return maps.Clone(e)
}
