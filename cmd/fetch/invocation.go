package main

import (
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/record"
)

// invocation is the command line as reports show it: the flags that were given, then the sources, without secrets.
func invocation(groups []group, sources []string) []string {
	words := []string{"fetch"}
	for _, g := range groups {
		g.flags.VisitAll(func(f *pflag.Flag) {
			if !f.Changed {
				return
			}
			for _, value := range valuesOf(f) {
				word := "--" + f.Name
				if value != f.NoOptDefVal {
					word += "=" + maskedValue(f.Name, value)
				}
				words = append(words, word)
			}
		})
	}
	for _, s := range sources {
		if strings.Contains(s, "://") {
			s = record.MaskURL(s)
		}
		words = append(words, s)
	}
	return words
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

// maskedValue leaves out what may be secret in the value of a flag. Names of files stay.
func maskedValue(flag, value string) string {
	const hidden = "***"
	if strings.HasPrefix(value, "@") {
		return value
	}
	switch flag {
	case "user", "data":
		return hidden
	case "set":
		if name, _, ok := strings.Cut(value, "="); ok && record.IsCredentialColumn(name) {
			return name + "=" + hidden
		}
	case "proxy":
		return record.MaskURL(value)
	case "header":
		name, _, _ := strings.Cut(value, ":")
		if record.IsCredentialHeader(strings.TrimSpace(name)) {
			return name + ": " + hidden
		}
	}
	return record.MaskText(value)
}
