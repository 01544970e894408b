package spec

import (
	"slices"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/policy"
	"example.com/fetch/internal/units"
	"example.com/fetch/internal/web"
)

// PolicyRows say what applies to a host "name:port", and why: its policy, the flags, and which of them is the strictest.
func (f *Spec) PolicyRows(host string) []policy.Row {
	p := f.PolicyOf(host)
	if p == nil {
		p = &policy.Policy{}
	}
	var rows []policy.Row
	if p.Source != "" {
		rows = append(rows, policy.Row{What: "policy", Value: p.Name, From: p.Source})
	}
	if p.Figures != "" {
		rows = append(rows, policy.Row{What: "figures", Value: p.Figures, From: p.Lines["source"]})
	}
	slots, own := f.PerHost.Of(host)
	perHost := f.limitOf(slots, nil)
	rates, ownRates := f.RateHost.Of(host)
	most, all := f.Concurrency, ", for all hosts together"
	if f.Auto() {
		most, all = fetcher.AutoWorkers, " auto"+all
	}
	rows = append(rows, policy.Rows(
		policy.Limited{Limit: p.Limit, Rate: p.Lines["rates"], Slots: p.Lines["slots"], RunningTime: p.Lines["running-time"]},
		policy.Limited{Limit: fetcher.Limit{Rates: f.bursts(rates), InFlight: perHost.InFlight},
			Rate: f.origin("rate-host", hostOf(ownRates, host)), Slots: f.origin("per-host", hostOf(own, host))},
		policy.Limited{Limit: fetcher.Limit{Rates: f.bursts(f.Rates.Every), InFlight: most},
			Rate: f.origin("rate", ", for all hosts together"), Slots: f.origin("concurrency", all)},
	)...)
	timeout := policy.Row{What: "timeout", Value: units.Bare(time.Duration(f.Timeout)), From: f.origin("timeout", "")}
	if d := f.policyTimeout(host); d > 0 {
		timeout.Value, timeout.From = units.Bare(d), p.Lines["timeout"]
	} else if p.Timeout > 0 {
		timeout.Note = "in the place of " + units.Bare(p.Timeout) + ", " + p.Lines["timeout"]
	}
	rows = append(append(rows, timeout), f.boundRows(p)...)
	if text := p.RetryOn.Text; text != "" && !f.typed("retry-on") {
		rows = append(rows, policy.Row{What: "retry-on", Value: text, From: p.Lines["retry-on"]})
	} else if f.RetryOn.Text != "" {
		rows = append(rows, policy.Row{What: "retry-on", Value: f.RetryOn.Text, From: f.origin("retry-on", "")})
	}
	if fields := f.policyFields(); fields != nil {
		scheme := "https"
		if _, port := web.SplitHost(host); port == web.DefaultPort("http") {
			scheme = "http"
		}
		rows = append(rows, policy.Headers(fields(web.Origin{Scheme: scheme, Host: host}), p.Lines["headers"], f.Secrets().Header)...)
	}
	return rows
}

// hostOf is what stands behind the name of a flag that was given for a host.
func hostOf(own bool, host string) string {
	if own {
		return " " + web.ShownHost(host) + "=…"
	}
	return ""
}

// origin says where the value of a flag comes from: the command line, a file of the user's, or nowhere.
func (f *Spec) origin(flag, more string) string {
	i := slices.IndexFunc(f.Given, func(v Flag) bool { return v.Name == flag })
	switch {
	case i < 0:
		return "default" + more
	case f.Given[i].Default:
		return "[defaults] " + flag + more
	}
	return strings.TrimSpace("--" + flag + more)
}
