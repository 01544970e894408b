package cli

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/spec"
)

// BodyFlag is one of the flags, whose values stand with those of the others.
type BodyFlag struct {
	name string
	of   *spec.Body
}

func (f *BodyFlag) Set(value string) error {
	f.of.Given = append(f.of.Given, spec.Flag{Name: f.name, Value: value})
	return nil
}

// Append, Replace and GetSlice make it a pflag.SliceValue.
func (f *BodyFlag) Append(value string) error { return f.Set(value) }

func (f *BodyFlag) Replace(values []string) error {
	f.of.Given = slices.DeleteFunc(f.of.Given, func(v spec.Flag) bool { return v.Name == f.name })
	for _, v := range values {
		f.Set(v)
	}
	return nil
}

func (f *BodyFlag) GetSlice() []string {
	var values []string
	for _, v := range f.of.Given {
		if v.Name == f.name {
			values = append(values, v.Value)
		}
	}
	return values
}

func (f *BodyFlag) String() string { return strings.Join(f.GetSlice(), " ") }
func (f *BodyFlag) Type() string   { return "string" }

// bodyGiven gives what all of the flags have given, in order, at the first of them in the order of the help text; nil at
// others.
func bodyGiven(f *pflag.Flag) []spec.Flag {
	own, ok := f.Value.(*BodyFlag)
	if !ok {
		return nil
	}
	for _, name := range spec.BodyFlagNames {
		if own.of.Has(name) {
			if name == f.Name {
				return own.of.Given
			}
			return nil
		}
	}
	return nil
}
