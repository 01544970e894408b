package cli

import (
	"github.com/spf13/pflag"

	"example.com/fetch/internal/spec"
)

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
