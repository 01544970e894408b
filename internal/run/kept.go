package run

import (
	"cmp"
	"slices"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/hostfile"
	"example.com/fetch/internal/policy"
	"example.com/fetch/internal/spec"
)

// keepHosts starts the hosts with what earlier runs have learned about them, stores what this run learns, and
// shares the budgets of hosts with a policy with all other runs. Nothing is stored about hosts of the bundled
// server.
func (j *job) keepHosts() {
	f := j.flags
	if f.Testserver == spec.OwnTestserver {
		return
	}
	j.hosts = hostfile.Open(f.Testserver)
	j.hosts.Forget, j.hosts.MaxFor = f.Forget, cmp.Or(time.Duration(f.RetryMaxWait), fetcher.DefaultMaxWait)
	if !f.Quiet {
		j.hosts.Note = func(text string) { Say(aboveBar{j}, "%s", text) }
	}
	asked := j.engine.Limits
	j.engine.Limits.Host = func(host string) (limit fetcher.Limit, own bool) {
		if asked.Host != nil {
			limit, own = asked.Host(host)
		}
		if !own {
			limit = asked.PerHost
		}
		if p := j.sharedPolicy(host); p != nil {
			limit.Leased, own = p.Kept().Rates, true
			limit.Lease = j.hosts.Lease(host, limit.Leased, hostfile.Running(p.Limit.RunningTime))
			limit.Rates = slices.DeleteFunc(slices.Clone(limit.Rates), func(r fetcher.Rate) bool { return slices.Contains(limit.Leased, r) })
		}
		if !f.NoAdapt {
			limit.Known = j.hosts.Recall(host)
		}
		return limit, own || limit.Known != nil
	}
	if !f.NoAdapt {
		j.opened(j.hosts.Follow(j.engine.Known))
	}
}

// share informs other runs that a host with a shared budget has asked for a pause.
func (j *job) share(e fetcher.HostEvent) {
	if j.hosts != nil && e.What == fetcher.EventPause && j.sharedPolicy(e.Host) != nil {
		j.hosts.Pause(e.Host, time.Duration(e.To*float64(time.Second)))
	}
}

// sharedPolicy is the policy of a host whose rates all runs keep to together; nil: they do not.
func (j *job) sharedPolicy(host string) *policy.Policy {
	if p := j.flags.PolicyOf(host); p != nil && !j.flags.NoShare && len(p.Limit.Rates) > 0 {
		return p
	}
	return nil
}
