package cli

import (
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/spec"
)

// Flags are the flags of a command that takes a list, under their headings.
type Flags struct {
	Spec   *spec.Spec // what they ask for
	Groups []Group
}

// NewFlags defines all flags of a run.
func NewFlags() *Flags {
	spec := &spec.Spec{}
	return &Flags{spec, runGroups(spec)}
}

// Parsed takes down which flags were given.
func (f *Flags) Parsed() *spec.Spec {
	f.Spec.Given = GivenIn(f.Groups)
	return f.Spec
}

// Restore takes over the flags of a run that the command line does not give: see restoreFlags.
func (f *Flags) Restore(run *journal.Leg, sourcesGiven bool) error {
	if err := restoreFlags(f.Groups, run, sourcesGiven); err != nil {
		return err
	}
	return f.Parsed().Check()
}

// GivenIn are the flags that were given, in the order of their groups.
func GivenIn(groups []Group) []spec.Flag {
	var given []spec.Flag
	var body *spec.Body
	eachGiven(groups, func(f *pflag.Flag) {
		if own, ok := f.Value.(*bodyFlag); ok {
			if body == nil { // what all of its flags have given, in that order, stands at the first of them
				body = own.of
				given = append(given, body.Given...)
			}
			return
		}
		for _, value := range valuesOf(f) {
			given = append(given, spec.Flag{Name: f.Name, Value: value, Implied: value == f.NoOptDefVal})
		}
	})
	return given
}

// eachGiven visits the flags that were given.
func eachGiven(groups []Group, visit func(*pflag.Flag)) {
	for _, g := range groups {
		g.Flags.VisitAll(func(f *pflag.Flag) {
			if f.Changed {
				visit(f)
			}
		})
	}
}

// valuesOf gives each value of a flag that may be repeated by itself.
func valuesOf(f *pflag.Flag) []string {
	switch v := f.Value.(type) {
	case pflag.SliceValue:
		return v.GetSlice()
	case interface{ Values() []string }:
		return v.Values()
	}
	return []string{f.Value.String()}
}

// bodyFlag is one of the flags, whose values stand with those of the others.
type bodyFlag struct {
	name string
	of   *spec.Body
}

func (f *bodyFlag) Set(value string) error {
	f.of.Given = append(f.of.Given, spec.Flag{Name: f.name, Value: value})
	return nil
}

// Values are the values as they were given.
func (f *bodyFlag) Values() []string {
	var values []string
	for _, v := range f.of.Given {
		if v.Name == f.name {
			values = append(values, v.Value)
		}
	}
	return values
}

func (f *bodyFlag) String() string { return strings.Join(f.Values(), " ") }
func (f *bodyFlag) Type() string   { return "string" }
