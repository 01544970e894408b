package main

import (
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/record"
)

// invocation is the command line as reports show it: the flags that were given, then the sources, without secrets, and
// without what is sent with -d, which may be long and is nobody else's.
func invocation(groups []group, sources []string) []string {
	return inWords([]string{"fetch"}, groups, sources, secretsIn(groups, sources))
}

// furtherInvocation is the command line of a further leg, of resume or retry: the command, its flags, and its arguments.
func furtherInvocation(command string, groups []group, args []string) []string {
	secrets := secretsIn(groups, args)
	secrets.further = true
	return inWords([]string{"fetch", command}, groups, args, secrets)
}

func inWords(words []string, groups []group, sources []string, secrets flagSecrets) []string {
	eachGiven(groups, func(f *pflag.Flag) {
		for _, value := range valuesOf(f) {
			word := "--" + f.Name
			if value != f.NoOptDefVal {
				shown, _ := secrets.masked(f.Name, value)
				if f.Name == "data" && !strings.HasPrefix(value, "@") {
					shown = record.Mask
				}
				word += "=" + shown
			}
			words = append(words, word)
		}
	})
	for _, s := range sources {
		shown, _ := secrets.source(s)
		words = append(words, shown)
	}
	return words
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
	case interface{ values() []string }:
		return v.values()
	}
	return []string{f.Value.String()}
}
