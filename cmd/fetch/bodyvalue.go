package main

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// bodyFlag is one of the flags, whose values stand with those of the others.
type bodyFlag struct {
	name string
	of   *bodyFlags
}

func (f *bodyFlag) Set(value string) error {
	f.of.given = append(f.of.given, flagValue{name: f.name, value: value})
	return nil
}

// Append, Replace and GetSlice make it a pflag.SliceValue.
func (f *bodyFlag) Append(value string) error { return f.Set(value) }

func (f *bodyFlag) Replace(values []string) error {
	f.of.given = slices.DeleteFunc(f.of.given, func(v flagValue) bool { return v.name == f.name })
	for _, v := range values {
		f.Set(v)
	}
	return nil
}

func (f *bodyFlag) GetSlice() []string {
	var values []string
	for _, v := range f.of.given {
		if v.name == f.name {
			values = append(values, v.value)
		}
	}
	return values
}

func (f *bodyFlag) String() string { return strings.Join(f.GetSlice(), " ") }
func (f *bodyFlag) Type() string   { return "string" }

// bodyGiven gives what all of the flags have given, in order, at the first of them in the order of the help text; nil at
// others.
func bodyGiven(f *pflag.Flag) []flagValue {
	own, ok := f.Value.(*bodyFlag)
	if !ok {
		return nil
	}
	for _, name := range bodyFlagNames {
		if own.of.has(name) {
			if name == f.Name {
				return own.of.given
			}
			return nil
		}
	}
	return nil
}
