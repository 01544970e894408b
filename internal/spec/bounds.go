package spec

import (
	"fmt"
	"slices"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/policy"
	"example.com/fetch/internal/units"
)

// boundOf is how long a part of a hop to a host may take by its policy, if the command line has nothing of it; 0: it says nothing.
func (f *Spec) boundOf(host, flag string) time.Duration {
	if p := f.PolicyOf(host); p != nil && !f.typed(flag) {
		return p.Bounds[flag]
	}
	return 0
}

// timeoutsOf gives the time-outs of a host for parts of a hop, where its policy has others than are usual; nil: none has.
func (f *Spec) timeoutsOf(usual fetcher.Timeouts) func(host string) fetcher.Timeouts {
	if f.Policies == nil || !slices.ContainsFunc(policy.BoundFlags, func(flag string) bool { return f.Policies.Longest(flag) > 0 }) {
		return nil
	}
	return func(host string) fetcher.Timeouts {
		t := usual
		for i, to := range []*time.Duration{&t.Connect, &t.FirstByte, &t.Stall} {
			if d := f.boundOf(host, policy.BoundFlags[i]); d > 0 {
				*to = d
			}
		}
		return t
	}
}

// LongestConnect is how long a connection to any host may take; 0: there is no bound.
func (f *Spec) LongestConnect() time.Duration {
	d := time.Duration(f.Connect)
	if f.Policies != nil && d > 0 && !f.typed("connect-timeout") {
		d = max(d, f.Policies.Longest("connect-timeout"))
	}
	return d
}

// BoundSource says what has set the bound on a part of a hop to a host: the flag, or a policy.
func (f *Spec) BoundSource(host, flag string) string {
	if f.boundOf(host, flag) == 0 {
		return "--" + flag
	}
	return fmt.Sprintf("the %s of %s; --%[1]s sets another", flag, f.PolicyOf(host).Lines[flag])
}

// boundRows say what the policy of a host has of parts of a hop.
func (f *Spec) boundRows(p *policy.Policy) (rows []policy.Row) {
	for i, d := range []time.Duration{time.Duration(f.Connect), time.Duration(f.TTFB), time.Duration(f.Stall)} {
		flag := policy.BoundFlags[i]
		switch own := p.Bounds[flag]; {
		case own == 0:
		case f.typed(flag):
			note := "in the place of " + units.Bare(own) + ", " + p.Lines[flag]
			rows = append(rows, policy.Row{What: flag, Value: units.Bare(d), From: "--" + flag, Note: note})
		default:
			rows = append(rows, policy.Row{What: flag, Value: units.Bare(own), From: p.Lines[flag]})
		}
	}
	return rows
}
