package spec

import (
	"encoding/json"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/credential"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/policy"
	"example.com/fetch/internal/web"
)

// Asked is which policies of hosts are to hold.
type Asked struct {
	PolicyFile string
	Presets    []string // [HOST=]NAME
	NoPresets  bool

	Policies *policy.Set // what they come to; nil: none
}

// TakePolicies has the policies of a file hold, beside the presets and what the flags say of them; nil: there is no file.
func (f *Spec) TakePolicies(file *policy.File) (err error) {
	f.Policies, err = policy.New(policy.Options{NoPresets: f.NoPresets, Presets: f.Presets, File: file, Contact: f.namesContact()})
	return err
}

// namesContact reports whether the User-Agent of requests says whom to write to.
func (f *Spec) namesContact() bool {
	agent := f.Agent
	for _, line := range f.Headers {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(strings.TrimSpace(name), "User-Agent") {
			agent = value
		}
	}
	return f.Contact != "" || policy.NamesContact(agent)
}

// PolicyOf is the policy that holds for a host "name:port"; nil: there is none.
func (f *Spec) PolicyOf(host string) *policy.Policy {
	if f.Policies == nil {
		return nil
	}
	return f.Policies.Of(host)
}

// PolicySource says where the policy of a host stands that has limits; empty: there is none.
func (f *Spec) PolicySource(host string) string {
	if p := f.PolicyOf(host); p != nil && (len(p.Limit.Rates) > 0 || p.Limit.InFlight > 0 || p.Limit.RunningTime.Time > 0) {
		return p.Source
	}
	return ""
}

// Limits are the limits that the flags ask for, and the policies of hosts, as they are stated.
func (f *Spec) Limits() fetcher.Limits {
	return f.limits(func(p *policy.Policy) fetcher.Limit { return p.Limit })
}

// limits are Limits with what is made of a policy.
func (f *Spec) limits(of func(*policy.Policy) fetcher.Limit) fetcher.Limits {
	l := fetcher.Limits{
		Total:   fetcher.Limit{Rates: f.bursts(f.Rates.Every)},
		PerHost: f.limitOf(f.PerHost.Every, f.RateHost.Every),
	}
	named := len(f.PerHost.Hosts)+len(f.RateHost.Hosts) > 0
	if !named && f.Policies == nil {
		return l
	}
	l.Host = func(host string) (limit fetcher.Limit, own bool) {
		p := f.PolicyOf(host)
		if named || p != nil {
			limit, own = f.limitOfHost(host)
		}
		if p != nil {
			return policy.Stricter(limit, of(p)), true
		}
		return limit, own
	}
	return l
}

// typed reports whether a flag was given on the command line, and not by a file of the user's.
func (f *Spec) typed(name string) bool {
	return slices.ContainsFunc(f.Given, func(v Flag) bool { return v.Name == name && !v.Default })
}

// SetTimeout gives a request the time-out of its host's policy, if neither its entry nor the command line has one.
func (f *Spec) SetTimeout(r *fetcher.Request) {
	if r.Timeout == 0 && r.Err == nil {
		r.Timeout = f.policyTimeout(web.HostOf(r.URL))
	}
}

// policyTimeout is that of a host's policy, if the command line has none; 0: there is none.
func (f *Spec) policyTimeout(host string) time.Duration {
	if p := f.PolicyOf(host); p != nil && !f.typed("timeout") {
		return p.Timeout
	}
	return 0
}

// TimeoutSource says whose policy has set the time-out of a request; empty: none has.
func (f *Spec) TimeoutSource(r *fetcher.Request) string {
	host := web.HostOf(r.URL)
	if d := f.policyTimeout(host); d == 0 || d != r.Timeout {
		return ""
	}
	return f.PolicyOf(host).Source
}

// Timed gives the requests of a list the time-outs of policies.
func (f *Spec) Timed(reqs iter.Seq2[*fetcher.Request, error]) iter.Seq2[*fetcher.Request, error] {
	if f.Policies == nil || f.typed("timeout") {
		return reqs
	}
	return func(yield func(*fetcher.Request, error) bool) {
		const most = 1024                       // of the places that are remembered
		known := make(map[string]time.Duration) // by all of a URL before its path
		for r, err := range reqs {
			if err == nil && r != nil && r.Timeout == 0 {
				at := web.UntilPath(r.URL)
				timeout, ok := known[at]
				if !ok {
					if timeout = f.policyTimeout(web.HostOf(r.URL)); len(known) < most {
						known[strings.Clone(at)] = timeout
					}
				}
				r.Timeout = timeout
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// retryPolicy is what is tried again: what the command line says, or the policy of the host, or what is usual.
func (f *Spec) retryPolicy() func(*fetcher.Result) bool {
	usual := f.RetryOn.Policy()
	if f.Policies == nil || f.typed("retry-on") {
		return usual
	}
	if usual == nil {
		usual = fetcher.DefaultRetryPolicy
	}
	return func(r *fetcher.Result) bool {
		host := web.HostOf(r.FinalURL)
		if hops := r.Attempts[len(r.Attempts)-1].Hops; len(hops) > 0 {
			host = hops[len(hops)-1].Host
		}
		if p := f.PolicyOf(host); p != nil && p.RetryOn.Text != "" {
			return p.RetryOn.Policy()(r)
		}
		return usual(r)
	}
}

// typedFields are the header fields that the command line says something of, whatever.
func (f *Spec) typedFields() map[string]bool {
	typed := map[string]bool{}
	for _, v := range f.Given {
		switch {
		case v.Default:
		case v.Name == "header":
			for _, name := range fieldsOf(v.Value) {
				typed[name] = true
			}
		case v.Name == "user-agent" || v.Name == "contact":
			typed["User-Agent"] = true
		case v.Name == "json":
			typed["Accept"], typed["Content-Type"] = true, true
		}
	}
	return typed
}

// fieldsOf are the names of the header fields of a -H.
func fieldsOf(text string) (names []string) {
	lines, _ := headerLines(text) // an error comes where they are sent
	for _, line := range lines {
		if name := PartName("header", line); name != "" {
			names = append(names, http.CanonicalHeaderKey(name))
		}
	}
	return names
}

// policyFields gives the header fields that the policy of an origin asks for and the command line says nothing of. Those that
// are credentials go to the scheme's own port, if the policy names none, as those of --auth-host do. Nil: there are none.
func (f *Spec) policyFields() func(web.Origin) http.Header {
	if f.Policies == nil || !f.Policies.HasHeaders() {
		return nil
	}
	typed := f.typedFields()
	return func(o web.Origin) http.Header {
		p := f.PolicyOf(o.Host)
		if p == nil || p.Header == nil {
			return nil
		}
		_, port := web.SplitHost(o.Host)
		fields := maps.Clone(p.Header)
		maps.DeleteFunc(fields, func(name string, _ []string) bool {
			return typed[name] || f.Secrets().Header(name) && p.AnyPort && port != web.DefaultPort(o.Scheme)
		})
		return fields
	}
}

// usualFields are the header fields that requests have although nobody asked for them, or only a default of the user's, and so
// give way to those of a policy.
func (f *Spec) usualFields() http.Header {
	usual := http.Header{"User-Agent": {OwnAgent}, "Accept": {"*/*"}}
	for _, v := range f.Given {
		name, value, ok := strings.Cut(v.Value, ":")
		switch {
		case !v.Default:
		case v.Name == "header" && ok:
			usual[http.CanonicalHeaderKey(strings.TrimSpace(name))] = []string{strings.TrimSpace(value)}
		case v.Name == "user-agent":
			usual["User-Agent"] = []string{v.Value}
		case v.Name == "contact":
			if agent, err := credential.UserAgent(f.Agent, f.Contact); err == nil {
				usual["User-Agent"] = []string{agent}
			}
		}
	}
	return usual
}

// StoredPolicies are the policies of the user's file as a journal keeps them, and what of them has to be given again, since it
// holds a secret: "--policy". Nil: there is no file, or it has none.
func (f *Spec) StoredPolicies() (stored *journal.Policies, again []string) {
	if f.Policies == nil || f.Policies.File() == nil || len(f.Policies.File().Entries) == 0 {
		return nil, nil
	}
	file := f.Policies.File()
	kept, left := file.Kept(f.Secrets().Header)
	entries, err := json.Marshal(kept)
	if err != nil { // texts, numbers and true: it cannot be
		return nil, nil
	}
	if left {
		again = []string{"--policy"}
	}
	return &journal.Policies{File: file.Path, Entries: entries}, again
}

// StoredDefaults are the defaults of a file of the user's that a journal cannot keep, since they hold secrets. Nil: there are none.
func (f *Spec) StoredDefaults(secrets Secrets) *journal.Defaults {
	if f.Policies == nil || f.Policies.File() == nil {
		return nil
	}
	typed := func(v Flag) bool { return !v.Default }
	_, _, again := Stored(slices.DeleteFunc(slices.Clone(f.Given), typed), nil, secrets)
	if len(again) == 0 {
		return nil
	}
	return &journal.Defaults{File: f.Policies.File().Path, Again: again}
}

// LimitedHosts are the flags that are about one host, and whether that is it.
func (f *Spec) LimitedHosts() map[string]func(host string) bool {
	all := make(map[string]func(string) bool)
	for host := range f.PerHost.Hosts {
		all["--per-host "+host.String()] = host.Matches
	}
	for host := range f.RateHost.Hosts {
		all["--rate-host "+host.String()] = host.Matches
	}
	if f.Policies != nil {
		maps.Copy(all, f.Policies.Chosen)
	}
	return all
}
