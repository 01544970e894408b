package policy

import (
	"errors"
	"net/netip"
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
	spec.Name = undotted(spec.Name)
	if _, no := netip.ParseAddr(spec.Name); err == nil && strings.Trim(spec.Name, "0123456789.") == "" && (no != nil || wild) {
		err = errors.New("write an address in full, as four numbers from 0 to 255: 127.0.0.1")
	}
	return pattern{spec, wild}, err
}

// undotted is the name of a host without the dot that may end it, which changes nothing about whom it names.
func undotted(name string) string { return strings.TrimSuffix(name, ".") }

// patterns finds the most specific of the patterns that match a host: an exact name before all below another, with a port
// before without, and the longer one before the shorter.
type patterns[T any] map[pattern]T

func (ps patterns[T]) of(name, port string) (found T, ok bool) {
	if len(ps) == 0 {
		return found, false
	}
	name = undotted(name)
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
