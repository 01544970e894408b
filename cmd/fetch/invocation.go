package main

import "example.com/fetch/internal/secret"

// invocation is the command line as reports show it: the command, the flags that were given, then the sources, without
// secrets.
func invocation(command string, given []flagValue, sources []string, secrets flagSecrets) []string {
	words := []string{"fetch"}
	if command != "run" {
		words = append(words, command)
	}
	for values := range byFlag(given) {
		isSecret := isBodyFlag(values[0].name) && secrets.wholeBody(values)
		for _, v := range values {
			word := "--" + v.name
			if !v.implied {
				shown, part := secrets.masked(v.name, v.value)
				if isSecret && !part && fileOfBody(v.name, v.value) == "" {
					shown = secret.Mask // a piece of JSON, perhaps, of which another has the name
				}
				word += "=" + shown
			}
			words = append(words, word)
		}
	}
	for _, s := range sources {
		shown, _ := secrets.source(s)
		words = append(words, shown)
	}
	return words
}
