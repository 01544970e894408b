package credential

import (
	"iter"
	"slices"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/web"
)

// maxSurveyed bounds how many hosts a Survey names.
const maxSurveyed = 1000

// Survey is what a list would get.
type Survey struct {
	Without []string // hosts of which some request gets nothing from us, as they first come; at most 1,000
	More    bool     // there are more of them
	Unused  []string // of Options.Hosts, those that no request is for
}

// Survey reads a list without changing its requests. The error is that of the list, or what Apply would say to the first
// request that it refuses. It must be a list that can be read again.
func (c *Credentials) Survey(reqs iter.Seq2[*fetcher.Request, error]) (Survey, error) {
	var s Survey
	if c.nothing() {
		return s, nil
	}
	seen := make(map[web.Origin]bool)
	met := make([]bool, len(c.hosts))
	for req, err := range reqs {
		if err != nil {
			return s, err
		}
		c.mu.Lock()
		p, err := c.admit(req)
		c.mu.Unlock()
		if err != nil {
			return s, err
		}
		switch {
		case p.origin == (web.Origin{}) || seen[p.origin]:
			continue
		case len(seen) < maxSurveyed:
			seen[p.origin] = true
		}
		for i, spec := range c.hosts {
			met[i] = met[i] || isFor(spec, p.origin)
		}
		switch {
		case p.grant != nil:
		case len(s.Without) == maxSurveyed || !seen[p.origin]:
			s.More = true
		case !slices.Contains(s.Without, p.origin.Shown()): // which http and https share
			s.Without = append(s.Without, p.origin.Shown())
		}
	}
	for i, spec := range c.hosts {
		if !met[i] {
			s.Unused = append(s.Unused, spec.String())
		}
	}
	return s, nil
}
