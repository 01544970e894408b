package policy

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"example.com/fetch/internal/nearest"
	"example.com/fetch/internal/web"
)

// Set is the policies that hold in a run. It is safe for concurrent use.
type Set struct {
	Chosen map[string]func(host string) bool // each --preset HOST=NAME, and whether a host is one that it is for

	layers []patterns[*Policy] // what the command line says, the user's file, the presets: the first that knows a host decides
	others *Policy             // of hosts that none knows; nil: they have none
	file   *File               // nil: none

	mu     sync.RWMutex
	memory map[string]*Policy // what was found for a host, as Of is asked for each hop
}

// maxRemembered bounds the hosts that are remembered.
const maxRemembered = 4096

// Options say which policies hold. The zero Options are the presets.
type Options struct {
	NoPresets bool
	Presets   []string // [HOST=]NAME: a preset for a host, or for all hosts without a policy of their own
	File      *File    // nil: none
	Contact   bool     // requests say in their User-Agent whom to write to
}

// New makes a Set.
func New(o Options) (*Set, error) {
	s := &Set{file: o.File, Chosen: map[string]func(string) bool{}, memory: map[string]*Policy{}}
	known := presets()
	named := make(map[string]*table)
	name := func(f *File) {
		for _, t := range f.tables {
			if name := t.name(); name != "" {
				named[name] = t
			}
		}
	}
	name(known)
	var own patterns[*Policy]
	if o.File != nil {
		name(o.File)
		var err error
		if own, err = o.File.build(named, o.Contact); err != nil {
			return nil, err
		}
	}
	chosen := patterns[*Policy]{}
	before := map[pattern]string{} // the --preset of each pattern; of no host, those for all
	for _, text := range o.Presets {
		host, name, forOne := strings.Cut(text, "=")
		if !forOne {
			name = text
		}
		t := named[name]
		if t == nil {
			return nil, fmt.Errorf("--preset %s: %w", text, noPreset(name, named))
		}
		p, err := t.policy(named, o.Contact)
		if err != nil {
			return nil, err
		}
		p.Header = nil // which is for the hosts of its pattern
		var at pattern
		if forOne {
			if at, err = parsePattern(host); err != nil {
				return nil, fmt.Errorf("--preset %s: %w", text, err)
			}
		}
		if other, twice := before[at]; twice && chosenName(other) != name {
			return nil, fmt.Errorf("--preset %s: --preset %s is for the same hosts; leave one out", text, other)
		}
		before[at] = text
		if !forOne {
			s.others = p
			continue
		}
		chosen[at] = p
		s.Chosen["--preset "+text] = func(host string) bool { _, ok := patterns[bool]{at: true}.of(web.SplitHost(host)); return ok }
	}
	s.layers = []patterns[*Policy]{chosen, own}
	if !o.NoPresets {
		all, err := known.build(named, o.Contact)
		if err != nil {
			return nil, err
		}
		s.layers = append(s.layers, all)
	}
	return s, nil
}

// chosenName is the preset that a --preset names.
func chosenName(text string) string { return text[strings.IndexByte(text, '=')+1:] }

// noPreset says that there is no preset of a name.
func noPreset(name string, named map[string]*table) error {
	var names []string
	for n := range named {
		names = append(names, n)
	}
	if near := nearest.To(name, names); near != "" {
		return fmt.Errorf("there is no preset of that name; did you mean %s?", near)
	}
	return errors.New("there is no preset of that name; fetch policy lists them")
}

// Of is the policy of a host "name:port"; nil: it has none.
func (s *Set) Of(host string) *Policy {
	s.mu.RLock()
	found, ok := s.memory[host]
	s.mu.RUnlock()
	if ok {
		return found
	}
	found = s.find(host)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.memory) < maxRemembered {
		s.memory[strings.Clone(host)] = found
	}
	return found
}

func (s *Set) find(host string) *Policy {
	name, port := web.SplitHost(host)
	for _, layer := range s.layers {
		if p, ok := layer.of(name, port); ok {
			return p
		}
	}
	return s.others
}
