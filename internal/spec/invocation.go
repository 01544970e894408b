package spec

import "example.com/fetch/internal/secret"

// Invocation is the command line as reports show it: the command, the flags that were given, then the sources, without
// secrets.
func Invocation(command string, given []Flag, sources []string, secrets Secrets) []string {
	words := []string{"fetch"}
	if command != "run" {
		words = append(words, command)
	}
	for values := range byFlag(given) {
		isSecret := isBodyFlag(values[0].Name) && secrets.wholeBody(values)
		for _, v := range values {
			word := "--" + v.Name
			if !v.Implied {
				shown, part := secrets.masked(v.Name, v.Value)
				if isSecret && !part && fileOfBody(v.Name, v.Value) == "" {
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
