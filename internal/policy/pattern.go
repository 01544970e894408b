package policy

import (
	"errors"
	"strings"

	"example.com/fetch/internal/web"
)

// pattern is a host, on any port if it names none; or with wild all hosts below it.
type pattern struct {
	web.HostSpec
	wild bool
}

// parsePattern reads NAME, NAME:PORT or *.NAME.
func parsePattern(text string) (p pattern, err error) {
	name, wild := strings.CutPrefix(text, "*.")
	if name == "" || strings.Contains(name, "*") {
		return p, errors.New("write a host, such as api.example.org or localhost:8080, or all below one: *.example.org")
	}
	spec, err := web.ParseHostSpec(name)
	return pattern{spec, wild}, err
}

// patterns finds the most specific of the patterns that match a host: an exact name before all below another, with a port
// before without, and the longer one before the shorter.
type patterns[T any] map[pattern]T

func (ps patterns[T]) of(name, port string) (found T, ok bool) {
	if len(ps) == 0 {
		return found, false
	}
	for wild := false; ; wild = true {
		for _, spec := range []web.HostSpec{{Name: name, Port: port}, {Name: name}} {
			if found, ok = ps[pattern{spec, wild}]; ok {
				return found, true
			}
		}
		if _, name, ok = strings.Cut(name, "."); !ok {
			return found, false
		}
	}
}
