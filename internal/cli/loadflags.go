package cli

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/report"
	"example.com/fetch/internal/spec"
)

// groups defines the flags, in the order and under the headings of the help text. Those of a run keep their meaning, but
// for --rate, which is the arrival plan, and for what is tried again or followed: nothing, unless asked.
func LoadGroups(f *spec.Load) []Group {
	of := make(map[string]*pflag.FlagSet)
	for _, g := range runGroups(&f.Run) {
		g.Flags.SortFlags = false
		of[g.Title] = g.Flags
	}
	f.Run.Retries, f.Run.MaxRedirects = 0, 0
	setDefault(of["How patient"], "retries", "0")
	setDefault(of["What is sent"], "max-redirects", "0")
	of["What is sent"].Lookup("location").Usage = "follow redirects, as --max-redirects 10 does"
	of["What comes out"].Lookup("format").Usage = "`FORMAT` of standard output: " + strings.Join(report.LoadFormats(), ", ")
	of["What comes out"].Lookup("report").Usage = "a further report in `FILE`: .txt .json .csv .md, .xml (JUnit), .hlog and .hgrm (HdrHistogram); repeatable"
	of["The course of the run"].Lookup("journal").Usage = "keep the histograms of each second in `FILE`, for fetch report"

	plan := pflag.NewFlagSet("", pflag.ContinueOnError)
	plan.AddFlag(of["How fast"].Lookup("concurrency"))
	plan.Lookup("concurrency").Usage = "`N` users, each of which sends, waits for the end, and sends again"
	plan.VarP(&f.Rate, "rate", "r", "requests due per time, such as 2000/s, whatever the server does: the open model")
	plan.StringVar(&f.Arrivals, "arrivals", spec.ConstantArrivals, "`HOW` they come: constant, or poisson as from many independent users")
	plan.Int64VarP(&f.Count, "requests", "n", 0, "`N` requests in all")
	plan.VarP(&f.Length, "duration", "z", "how long requests are due (10s, if nothing else ends it)")
	plan.StringVar(&f.Stages, "stages", "", "`STAGES` such as '10s:100/s,30s:1000/s,10s:0': in each the rate, or the number of users, goes in a straight line to its target")
	plan.IntVar(&f.MaxInFlight, "max-inflight", 0, "at most `N` of them in flight; others wait, and their response time counts on (10000, or what the system allows)")
	plan.Var(&f.Warm, "warm-up", "time before, which is left out of the figures")
	plan.Var(&f.Think, "think", "pause of a user between the end of a request and the next")

	mix := pflag.NewFlagSet("", pflag.ContinueOnError)
	mix.AddFlagSet(without(of["The list"], "batch"))
	mix.StringVar(&f.Weight, "weight", "", "`COLUMN` that says how often a row's request is sent, as against others")
	mix.BoolVar(&f.Random, "random", false, "draw from the list, instead of going round and round")
	mix.Uint64Var(&f.Seed, "seed", 1, "`N` that makes what is random come again")
	mix.StringVar(&f.GroupBy, "group-by", "", "`COLUMN` whose values have figures of their own")

	patience := without(of["How patient"], "deadline", "retry-budget", "give-up", "no-adapt") // a load never adapts
	network := without(of["Over which network"])
	network.Lookup("key").Usage = "`FILE` with its key, PEM (default: the --cert file)"
	network.AddFlag(of["How fast"].Lookup("per-host"))
	network.Lookup("per-host").Usage = "at most `N` requests in flight to each host, or to one: HOST=N; others wait"
	defineConnections(&f.Connections, network)
	network.BoolVar(&f.Compressed, "compressed", false, "ask for compressed bodies (gzip, zstd), and decode them")

	outcome := pflag.NewFlagSet("", pflag.ContinueOnError)
	outcome.StringArrayVar(&f.Thresholds, "threshold", nil, "`LIMIT` such as 'p99<250ms', 'ok>99.9%' or 'rate>900/s'; exit 99 where it does not hold; repeatable")
	output := without(of["What comes out"], "no-results", "csv-raw", "verbose")
	output.AddFlag(of["The course of the run"].Lookup("journal"))
	output.AddFlag(of["The course of the run"].Lookup("fresh"))
	output.BoolVar(&f.Records, "records", false, "keep a record of each request in the journal, too")
	output.StringVar(&f.Metrics, "metrics", "", "`ADDRESS` such as :9090 to serve figures at for Prometheus while it runs")

	return []Group{
		{"The load", plan},
		{"What it is made of", mix},
		{"How patient", patience},
		{"What is sent", of["What is sent"]},
		{"Who asks", of["Who asks"]},
		{"Over which network", network},
		{"What counts as success", without(of["What counts as success"], "missing-ok")},
		{"The verdict", outcome},
		{"What comes out", output},
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

// setDefault makes the help text say what holds.
func setDefault(flags *pflag.FlagSet, name, value string) { flags.Lookup(name).DefValue = value }

// groups defines the flags. Those of a load test that make no sense for several are left out.
func SweepGroups(f *spec.Sweep) []Group {
	var groups []Group
	for _, g := range LoadGroups(&f.Load) {
		flags := without(g.Flags, "concurrency", "rate", "requests", "stages", "journal", "fresh", "records", "metrics", "threshold", "report", "group-by", "arrivals", "csv-safe")
		switch g.Title {
		case "The load":
			loads := pflag.NewFlagSet("", pflag.ContinueOnError)
			loads.StringVarP(&f.Concurrency, "concurrency", "c", "", "`N,N,…` users ("+spec.DefaultSweep+")")
			loads.StringVarP(&f.Rate, "rate", "r", "", "`RATE,RATE,…` requests due per time, such as 100/s,200/s,400/s")
			loads.AddFlag(g.Flags.Lookup("arrivals"))
			flags.Lookup("duration").Usage = "how long each of them lasts (5s)"
			flags.Lookup("warm-up").Usage = "time before each, which is left out of the figures (1s)"
			loads.AddFlagSet(flags)
			flags = loads
		case "What comes out":
			flags.Lookup("format").Usage = "`FORMAT` of standard output: table, json or csv"
		case "The verdict":
			continue
		}
		groups = append(groups, Group{g.Title, flags})
	}
	return groups
}
