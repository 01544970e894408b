package spec

import "testing"

// FuzzSetHeader: no text makes the parser of -H panic.
func FuzzSetHeader(f *testing.F) {
	for _, text := range []string{"Name: value", "Name:", "Name;", ":", "a b: c"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		setHeader(map[string][]string{}, text, map[string]bool{})
	})
}
