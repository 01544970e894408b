package cli

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/report"
	"example.com/fetch/internal/spec"
)

// LoadGroups defines the flags of a load test, in the order and under the headings of the help text. Those of a run keep
// their meaning, but for --rate, which is the arrival rate, and for what is retried or followed: nothing, unless asked.
func LoadGroups(f *spec.Load) []Group {
	of, all := map[string]Group{}, pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, g := range runGroups(&f.Run) {
		of[g.Title] = g
		all.AddFlagSet(g.Flags)
	}
	usage := func(name, text string) { all.Lookup(name).Usage = text }
	f.Run.Retries, f.Run.MaxRedirects = 0, 0
	all.Lookup("retries").DefValue, all.Lookup("max-redirects").DefValue = "0", "0"
	usage("location", "follow redirects, as --max-redirects 10 does")
	usage("format", "`FORMAT` output format: "+strings.Join(report.LoadFormats(), " "))
	usage("report", "`FILE` additional report, its format by extension; .txt .json .csv .md, .xml (JUnit), .hlog and .hgrm "+
		"(HdrHistogram); repeatable")
	usage("journal", "`FILE` journal, for fetch report; histograms of each second")
	usage("concurrency", "`N` number of users; each sends a request, waits for its end, and sends the next")
	usage("per-host", "`N` maximum requests in flight to each host, or to one: HOST=N; others wait")

	return []Group{
		group("load", "Load", func(g *pflag.FlagSet) {
			g.AddFlag(all.Lookup("concurrency"))
			g.VarP(&f.Rate, "rate", "r", "arrival rate, such as 2000/s (open model); it does not depend on the server")
			g.StringVar(&f.Arrivals, "arrivals", spec.ConstantArrivals, "`HOW` arrival process: constant, or poisson as from many independent users")
			g.VarP(value.Number[int64]{To: &f.Count}, "requests", "n", "`N` total number of requests")
			g.VarP(&f.Length, "duration", "z", "duration; 10s, unless something else ends it")
			g.StringVar(&f.Stages, "stages", "", "`STAGES` stages such as '10s:100/s,30s:1000/s,10s:0'; in each the rate, or the "+
				"number of users, changes linearly to its target")
			g.Var(value.Number[int]{To: &f.MaxInFlight}, "max-inflight", "`N` maximum requests in flight; others wait, and their "+
				"response time includes the wait; 10000, or what the system allows, unless given")
			g.Var(&f.Warm, "warm-up", "initial time that is excluded from the figures")
			g.Var(&f.Think, "think", "pause of a user between the end of a request and the next; users begin spread over it; "+
				"200ms..800ms is drawn for each")
		}),
		group("load", "Mix of requests", func(g *pflag.FlagSet) {
			g.StringVar(&f.Weight, "weight", "", "`COLUMN` column with the relative frequency of each row's request")
			g.BoolVar(&f.Random, "random", false, "draw requests from the list at random, instead of in turn")
			g.Uint64Var(&f.Seed, "seed", 1, "`N` seed of everything random")
			g.StringVar(&f.GroupBy, "group-by", "", "`COLUMN` column whose values have figures of their own")
		}),
		group("load", "Connections", func(g *pflag.FlagSet) {
			g.AddFlag(all.Lookup("per-host"))
			g.BoolVar(&f.Connections.Always, "disable-keepalive", false, "open a new connection for each request")
			g.IntVar(&f.Connections.Most, "connections", 0, "`N` maximum connections to each host; over HTTP/2 requests share them, "+
				"and more are opened only if the server takes no more on these")
			g.BoolVar(&f.Compressed, "compressed", false, "ask for compressed bodies (gzip, zstd), and decode them")
		}),
		group("load", "Thresholds and records", func(g *pflag.FlagSet) {
			g.StringArrayVar(&f.Thresholds, "threshold", nil, "`LIMIT` limit such as 'p99<250ms' or 'ok>99.9%'; exit code 99 if it "+
				"does not hold; repeatable")
			g.BoolVar(&f.AbortOnFail, "abort-on-fail", false, "end the test, with exit code 99, as soon as a threshold is certain not to hold")
			g.BoolVar(&f.Records, "records", false, "keep a record of each request in the journal, too")
		}),
		of["The list"].without("batch"),
		of["Timeouts and retries"].without("deadline", "retry-budget", "give-up", "no-adapt", "forget", "no-share"), // a load never adapts
		of["Request"],
		of["Authentication"],
		of["Network"],
		of["Success and failure"].without("missing-ok", "fail-fast", "max-errors"),
		of["Journal"],
		of["Reports"].without("ordered", "no-results", "drop-failed", "csv-raw", "baseline"),
		of["Progress and messages"].without("verbose"),
	}
}

// without is a group less some of its flags.
func (g Group) without(names ...string) Group {
	return group(g.Topic, g.Title, func(rest *pflag.FlagSet) {
		g.Flags.VisitAll(func(f *pflag.Flag) {
			if !slices.Contains(names, f.Name) {
				rest.AddFlag(f)
			}
		})
	})
}

// SweepGroups defines the flags of a sweep. Those of a load test that make no sense for several are left out.
func SweepGroups(f *spec.Sweep) []Group {
	var groups []Group
	all := LoadGroups(&f.Load)
	f.Load.Length, f.Load.Warm = spec.DefaultStep, spec.DefaultSweepWarm
	for _, g := range all {
		rest := g.without("concurrency", "rate", "requests", "stages", "journal", "fresh", "records", "metrics",
			"threshold", "abort-on-fail", "report", "group-by", "arrivals", "csv-safe")
		switch g.Title {
		case "Load":
			rest.Flags.Lookup("duration").Usage = "duration of each load (5s)"
			rest.Flags.Lookup("warm-up").Usage = "initial time of each load that is excluded from the figures (1s)"
			rest = group(g.Topic, g.Title, func(loads *pflag.FlagSet) {
				loads.StringVarP(&f.Concurrency, "concurrency", "c", "", "`N,N,…` numbers of users ("+spec.DefaultSweep+")")
				loads.StringVarP(&f.Rate, "rate", "r", "", "`RATE,RATE,…` arrival rates, such as 100/s,200/s,400/s")
				loads.AddFlag(g.Flags.Lookup("arrivals"))
				loads.AddFlagSet(rest.Flags)
			})
		case "Reports":
			rest.Flags.Lookup("format").Usage = "`FORMAT` output format: table, json or csv"
		}
		if rest.Flags.HasFlags() {
			groups = append(groups, rest)
		}
	}
	return groups
}
