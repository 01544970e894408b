package spec

import (
	"path/filepath"
	"slices"
	"strings"

	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/list/format"
)

// Relative gives what of a run's command line names something from the folder in which the run was started: a source, or a
// flag that is not among those given anew, each as it would be written. A program of --exec counts: it runs in the present folder, and
// what it names nobody knows.
func Relative(run *journal.Leg, anew []Flag) (words []string) {
	isRelative := func(path string) bool { return path != "" && path != StdinSource && !filepath.IsAbs(path) }
	for _, source := range run.Sources {
		if at, _ := format.FindScheme([]byte(source)); at != 0 && isRelative(source) {
			words = append(words, source)
		}
	}
	for _, flag := range run.Flags {
		isAnew := func(v Flag) bool { return v.Name == flag.Name }
		if Owners[flag.Name] == OfLeg && slices.ContainsFunc(anew, isAnew) {
			continue
		}
		if path := fileOfFlag(flag.Name, flag.Value); flag.Name == "exec" || isRelative(path) {
			words = append(words, "--"+flag.Name+" "+flag.Value)
		}
	}
	if isRelative(run.List.Copy) {
		words = append(words, run.List.Copy)
	}
	return words
}

// fileOfFlag is the file or folder that a value of a flag names; empty: it names none.
func fileOfFlag(flag, text string) string {
	switch flag {
	case "rows", "output", "report", "cacert", "cert", "key", "netrc-file":
		return text
	case "header":
		if name, isFile := strings.CutPrefix(text, "@"); isFile {
			return name
		}
	case "set":
		if _, name, isFile := strings.Cut(text, "=@"); isFile {
			return name
		}
	}
	return fileOfBody(flag, text)
}
