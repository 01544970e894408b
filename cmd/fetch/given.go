package main

import (
	"example.com/fetch/internal/journal"
	"github.com/spf13/pflag"
)

// commandFlags are the flags of a command that takes a list, under their headings.
type commandFlags struct {
	spec   *runFlags // what they ask for
	groups []group
}

// newCommandFlags defines all flags of a run.
func newCommandFlags() *commandFlags {
	spec := &runFlags{}
	return &commandFlags{spec, runGroups(spec)}
}

// parsed takes down which flags were given.
func (f *commandFlags) parsed() *runFlags {
	f.spec.given = givenIn(f.groups)
	return f.spec
}

// restore takes over the flags of a run that the command line does not give: see restoreFlags.
func (f *commandFlags) restore(run *journal.Leg, sourcesGiven bool) error {
	if err := restoreFlags(f.groups, run, sourcesGiven); err != nil {
		return err
	}
	return f.parsed().check()
}

// givenIn are the flags that were given, in the order of their groups.
func givenIn(groups []group) []flagValue {
	var given []flagValue
	eachGiven(groups, func(f *pflag.Flag) {
		if _, ok := f.Value.(*bodyFlag); ok {
			given = append(given, bodyGiven(f)...)
			return
		}
		for _, value := range valuesOf(f) {
			given = append(given, flagValue{name: f.Name, value: value, implied: value == f.NoOptDefVal})
		}
	})
	return given
}

// eachGiven visits the flags that were given.
func eachGiven(groups []group, visit func(*pflag.Flag)) {
	for _, g := range groups {
		g.flags.VisitAll(func(f *pflag.Flag) {
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
