package main

import "github.com/spf13/pflag"

// groups defines the flags. Those of a load test that make no sense for several are left out.
func sweepGroups(f *sweepFlags) []group {
	var groups []group
	for _, g := range loadGroups(&f.load) {
		flags := without(g.flags, "concurrency", "rate", "requests", "stages", "journal", "fresh", "records", "metrics", "threshold", "report", "group-by", "arrivals", "csv-safe")
		switch g.title {
		case "The load":
			loads := pflag.NewFlagSet("", pflag.ContinueOnError)
			loads.StringVarP(&f.concurrency, "concurrency", "c", "", "`N,N,…` users ("+defaultSweep+")")
			loads.StringVarP(&f.rate, "rate", "r", "", "`RATE,RATE,…` requests due per time, such as 100/s,200/s,400/s")
			loads.AddFlag(g.flags.Lookup("arrivals"))
			flags.Lookup("duration").Usage = "how long each of them lasts (5s)"
			flags.Lookup("warm-up").Usage = "time before each, which is left out of the figures (1s)"
			loads.AddFlagSet(flags)
			flags = loads
		case "What comes out":
			flags.Lookup("format").Usage = "`FORMAT` of standard output: table, json or csv"
		case "The verdict":
			continue
		}
		groups = append(groups, group{g.title, flags})
	}
	return groups
}
