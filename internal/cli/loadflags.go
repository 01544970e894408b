package cli

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/report"
	"example.com/fetch/internal/spec"
)

// LoadGroups defines the flags of a load test, in the order and under the headings of the help text. Those of a run keep their meaning, but
// for --rate, which is the arrival plan, and for what is tried again or followed: nothing, unless asked.
func LoadGroups(f *spec.Load) []Group {
	of, all := map[string]*pflag.FlagSet{}, pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, g := range runGroups(&f.Run) {
		g.Flags.SortFlags = false
		of[g.Title] = g.Flags
		all.AddFlagSet(g.Flags)
	}
	usage := func(name, text string) { all.Lookup(name).Usage = text }
	f.Run.Retries, f.Run.MaxRedirects = 0, 0
	all.Lookup("retries").DefValue, all.Lookup("max-redirects").DefValue = "0", "0"
	usage("location", "follow redirects, as --max-redirects 10 does")
	usage("format", "`FORMAT` of standard output: "+strings.Join(report.LoadFormats(), ", "))
	usage("report", "a further report in `FILE`: .txt .json .csv .md, .xml (JUnit), .hlog and .hgrm (HdrHistogram); repeatable")
	usage("journal", "keep the histograms of each second in `FILE`, for fetch report")

	return []Group{
		group("The load", func(g *pflag.FlagSet) {
			g.AddFlag(all.Lookup("concurrency"))
			usage("concurrency", "`N` users, each of which sends, waits for the end, and sends again")
			g.VarP(&f.Rate, "rate", "r", "requests due per time, such as 2000/s, whatever the server does: the open model")
			g.StringVar(&f.Arrivals, "arrivals", spec.ConstantArrivals, "`HOW` they come: constant, or poisson as from many independent users")
			g.Int64VarP(&f.Count, "requests", "n", 0, "`N` requests in all")
			g.VarP(&f.Length, "duration", "z", "how long requests are due (10s, if nothing else ends it)")
			g.StringVar(&f.Stages, "stages", "", "`STAGES` such as '10s:100/s,30s:1000/s,10s:0': in each the rate, or the number of users, goes in a straight line to its target")
			g.IntVar(&f.MaxInFlight, "max-inflight", 0, "at most `N` of them in flight; others wait, and their response time counts on (10000, or what the system allows)")
			g.Var(&f.Warm, "warm-up", "time before, which is left out of the figures")
			g.Var(&f.Think, "think", "pause of a user between the end of a request and the next")
		}),
		group("What it is made of", func(g *pflag.FlagSet) {
			g.AddFlagSet(without(of["The list"], "batch"))
			g.StringVar(&f.Weight, "weight", "", "`COLUMN` that says how often a row's request is sent, as against others")
			g.BoolVar(&f.Random, "random", false, "draw from the list, instead of going round and round")
			g.Uint64Var(&f.Seed, "seed", 1, "`N` that makes what is random come again")
			g.StringVar(&f.GroupBy, "group-by", "", "`COLUMN` whose values have figures of their own")
		}),
		{"How patient", without(of["How patient"], "deadline", "retry-budget", "give-up", "no-adapt")}, // a load never adapts
		{"What is sent", of["What is sent"]},
		{"Who asks", of["Who asks"]},
		group("Over which network", func(g *pflag.FlagSet) {
			g.SortFlags = false
			g.AddFlagSet(of["Over which network"])
			usage("key", "`FILE` with its key, PEM (default: the --cert file)")
			g.AddFlag(all.Lookup("per-host"))
			usage("per-host", "at most `N` requests in flight to each host, or to one: HOST=N; others wait")
			g.BoolVar(&f.Connections.Always, "disable-keepalive", false, "a new connection for each request")
			g.IntVar(&f.Connections.Most, "connections", 0, "`N` connections to each host at the most; over HTTP/2 they share the requests, and become more only where the server takes no more on them")
			g.BoolVar(&f.Compressed, "compressed", false, "ask for compressed bodies (gzip, zstd), and decode them")
		}),
		{"What counts as success", without(of["What counts as success"], "missing-ok")},
		group("The verdict", func(g *pflag.FlagSet) {
			g.StringArrayVar(&f.Thresholds, "threshold", nil, "`LIMIT` such as 'p99<250ms', 'ok>99.9%' or 'rate>900/s'; exit 99 where it does not hold; repeatable")
		}),
		group("What comes out", func(g *pflag.FlagSet) {
			g.SortFlags = false
			g.AddFlagSet(without(of["What comes out"], "no-results", "csv-raw", "verbose", "metrics"))
			g.AddFlag(all.Lookup("journal"))
			g.AddFlag(all.Lookup("fresh"))
			g.BoolVar(&f.Records, "records", false, "keep a record of each request in the journal, too")
			g.AddFlag(all.Lookup("metrics"))
		}),
	}
}

// without is a set of flags less some.
func without(flags *pflag.FlagSet, names ...string) *pflag.FlagSet {
	rest := pflag.NewFlagSet("", pflag.ContinueOnError)
	rest.SortFlags, flags.SortFlags = false, false
	flags.VisitAll(func(f *pflag.Flag) {
		if !slices.Contains(names, f.Name) {
			rest.AddFlag(f)
		}
	})
	return rest
}

// SweepGroups defines the flags of a sweep. Those of a load test that make no sense for several are left out.
func SweepGroups(f *spec.Sweep) []Group {
	var groups []Group
	all := LoadGroups(&f.Load)
	f.Load.Length, f.Load.Warm = spec.DefaultStep, spec.DefaultSweepWarm
	for _, g := range all {
		flags := without(g.Flags, "concurrency", "rate", "requests", "stages", "journal", "fresh", "records", "metrics", "threshold", "report", "group-by", "arrivals", "csv-safe")
		switch g.Title {
		case "The load":
			flags.Lookup("duration").Usage = "how long each of them lasts (5s)"
			flags.Lookup("warm-up").Usage = "time before each, which is left out of the figures (1s)"
			flags = group(g.Title, func(loads *pflag.FlagSet) {
				loads.StringVarP(&f.Concurrency, "concurrency", "c", "", "`N,N,…` users ("+spec.DefaultSweep+")")
				loads.StringVarP(&f.Rate, "rate", "r", "", "`RATE,RATE,…` requests due per time, such as 100/s,200/s,400/s")
				loads.AddFlag(g.Flags.Lookup("arrivals"))
				loads.AddFlagSet(flags)
			}).Flags
		case "What comes out":
			flags.Lookup("format").Usage = "`FORMAT` of standard output: table, json or csv"
		case "The verdict":
			continue
		}
		groups = append(groups, Group{g.Title, flags})
	}
	return groups
}
