package main

import (
	"github.com/spf13/pflag"

	"example.com/fetch/internal/secret"
)

// invocation is the command line as reports show it: the command, the flags that were given, then the sources, without
// secrets.
func invocation(command string, groups []group, sources []string, secrets flagSecrets) []string {
	words := []string{"fetch"}
	if command != "run" {
		words = append(words, command)
	}
	return inWords(words, groups, sources, secrets)
}

func inWords(words []string, groups []group, sources []string, secrets flagSecrets) []string {
	eachGiven(groups, func(f *pflag.Flag) {
		if isBodyFlag(f.Name) {
			body := bodyGiven(f)
			isSecret := secrets.wholeBody(body)
			for _, v := range body {
				shown, part := secrets.masked(v.flag, v.value)
				if isSecret && !part && fileOfBody(v.flag, v.value) == "" {
					shown = secret.Mask // a piece of JSON, perhaps, of which another has the name
				}
				words = append(words, "--"+v.flag+"="+shown)
			}
			return
		}
		for _, value := range valuesOf(f) {
			word := "--" + f.Name
			if value != f.NoOptDefVal {
				shown, _ := secrets.masked(f.Name, value)
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
