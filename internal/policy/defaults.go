package policy

import (
	"slices"

	"github.com/pelletier/go-toml/v2/unstable"
)

// commands are those that may have defaults of their own. Load tests have no others.
var commands = []string{"plan", "sync", "load", "sweep"}

// Default is what a flag of a command has that is not given.
type Default struct {
	Flag   string
	Values []string
	Many   bool // it is an array
	Bool   bool // it is true or false
	Line   int
}

// DefaultsOf are the defaults of a command, in the order of the file; "run": of a list. Those of the command alone come in
// the place of those of all. The error is of any table that is of no command.
func (f *File) DefaultsOf(command string) (all []Default, err error) {
	own := func(e Entry) bool { return len(e.Key) == 2 && e.Key[0] == command }
	for _, e := range f.Defaults {
		isTable := len(e.Key) == 1 && e.Table
		switch {
		case (isTable || len(e.Key) == 2) && !slices.Contains(commands, e.Key[0]):
			hint := ""
			if e.Key[0] == "header" {
				hint = `; header fields are a list: header = ["Name: value"]`
			}
			return nil, f.wrong(e.Line, "[defaults.%s]: plan, sync, load and sweep may have a table of defaults, and a flag has a value or a list%s",
				e.Key[0], hint)
		case len(e.Key) > 2 || e.Table && len(e.Key) > 1:
			return nil, f.wrong(e.Line, "a flag has a value, or a list of them")
		case isTable:
			continue
		case e.kind != unstable.String && e.kind != unstable.Integer && e.kind != unstable.Float && e.kind != unstable.Bool:
			return nil, f.wrong(e.Line, "%s: write a text in quotes, a number, or true or false", e.Key[len(e.Key)-1])
		}
		flag := e.Key[len(e.Key)-1]
		isOwn := func(other Entry) bool { return own(other) && other.Key[1] == flag }
		if own(e) || len(e.Key) == 1 && command != "load" && command != "sweep" && !slices.ContainsFunc(f.Defaults, isOwn) {
			all = append(all, Default{Flag: flag, Values: e.Values, Many: e.Many, Bool: e.kind == unstable.Bool, Line: e.Line})
		}
	}
	return all, nil
}

// Wrong is an error of a line of the file.
func (f *File) Wrong(line int, err error) error { return f.wrong(line, "%w", err) }
