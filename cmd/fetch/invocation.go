package main

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/record"
)

// invocation is the command line as reports show it: the flags that were given, then the sources, without secrets.
func invocation(groups []group, sources []string) []string {
	words := []string{"fetch"}
	secret := secretSets(groups, sources)
	for _, g := range groups {
		g.flags.VisitAll(func(f *pflag.Flag) {
			if !f.Changed {
				return
			}
			for _, value := range valuesOf(f) {
				word := "--" + f.Name
				if value != f.NoOptDefVal {
					word += "=" + maskedValue(f.Name, value, secret)
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

// secretSets are the names of those --set whose values are credentials, since a template has them in the place of one:
// ?token={x}, or X-Api-Key: {x}.
func secretSets(groups []group, sources []string) []string {
	var shown, whole strings.Builder
	add := func(text, masked string) {
		whole.WriteString(text)
		shown.WriteString(masked)
	}
	for _, s := range sources {
		add(s, record.MaskURL(s))
	}
	var names []string
	for _, g := range groups {
		g.flags.VisitAll(func(f *pflag.Flag) {
			for _, value := range valuesOf(f) {
				switch f.Name {
				case "header":
					add(value, maskedValue(f.Name, value, nil))
				case "data":
					add(value, strings.TrimPrefix(record.MaskURL("?"+value), "?"))
				case "set":
					name, _, _ := strings.Cut(value, "=")
					names = append(names, name)
				}
			}
		})
	}
	return slices.DeleteFunc(names, func(name string) bool {
		brace := "{" + name + "}"
		return strings.Count(whole.String(), brace) == strings.Count(shown.String(), brace)
	})
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
func maskedValue(flag, value string, secretSets []string) string {
	const hidden = "***"
	if strings.HasPrefix(value, "@") {
		return value
	}
	switch flag {
	case "user", "data":
		return hidden
	case "set":
		if name, _, ok := strings.Cut(value, "="); ok && (record.IsCredentialColumn(name) || slices.Contains(secretSets, name)) {
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
