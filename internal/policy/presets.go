package policy

import (
	_ "embed"
	"strings"
)

//go:embed presets.toml
var presetsText []byte

// presets are those that come with the program.
func presets() *File {
	f, err := parse("", presetsText)
	if err != nil {
		panic("presets.toml" + err.Error()) // which a test would have found
	}
	return f
}

// isBuiltIn reports whether it is the file of presets.
func (f *File) isBuiltIn() bool { return f.Path == "" }

// Presets are the policies that come with the program.
func Presets() *Set {
	s, err := New(Options{})
	if err != nil {
		panic(err) // likewise
	}
	return s
}

// Preset is a preset as it is listed.
type Preset struct {
	Name    string   `json:"name"`
	Hosts   []string `json:"hosts"` // none: it has to be asked for
	Limits  []string `json:"limits"`
	Figures string   `json:"figures"`
}

// presetPolicy is a preset, with the hosts that it is for.
type presetPolicy struct {
	*Policy
	hosts []string
}

// presetPolicies are the presets, in the order of their file.
func presetPolicies() (all []presetPolicy) {
	f := presets()
	named, places := map[string]*table{}, map[string]int{}
	for _, t := range f.tables {
		name := t.name()
		if name == "" {
			at := &all[places[t.entry("preset").Values[0]]]
			at.hosts = append(at.hosts, t.text)
			continue
		}
		p, err := t.policy(named, false)
		if err != nil {
			panic(err)
		}
		named[name], places[name] = t, len(all)
		one := presetPolicy{Policy: p}
		if !strings.HasSuffix(t.text, ".invalid") {
			one.hosts = []string{t.text}
		}
		all = append(all, one)
	}
	return all
}
