// Package cli is the command line: the flags, in groups, that make a spec, the help, what was probably meant, and the flags of a
// run in its journal, taken over.
package cli

import (
	"github.com/spf13/pflag"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/spec"
)

// Group is a heading of the help text and the flags under it.
type Group struct {
	Title string
	Flags *pflag.FlagSet
}

// groups defines the flags, in the order and under the headings of the help text.
func runGroups(f *spec.Spec) []Group {
	f.PerHost = value.PerHost[int]{Parse: value.ParseSlots, Kind: "N|HOST=N"}
	f.Rates = value.PerHost[fetcher.Rate]{Parse: value.ParseRate, Kind: "RATE"}
	f.RateHost = value.PerHost[fetcher.Rate]{Parse: value.ParseRate, Kind: "RATE|HOST=RATE"}
	f.Timeout, f.Connect, f.Stall = value.Seconds(spec.DefaultAttempts), value.Seconds(spec.DefaultConnect), value.Seconds(spec.DefaultStall)
	f.RetryMaxWait = value.Seconds(fetcher.DefaultMaxWait)
	f.RetryBudget, f.GiveUp = value.Share(fetcher.DefaultRetryBudget), value.Seconds(fetcher.DefaultGiveUp)

	speed := pflag.NewFlagSet("", pflag.ContinueOnError)
	speed.IntVarP(&f.Concurrency, "concurrency", "c", fetcher.DefaultWorkers, "`N` requests in flight at once")
	speed.Var(&f.PerHost, "per-host", "at most `N` of them to each host, or to one: HOST=N")
	speed.VarP(&f.Rates, "rate", "r", "requests started per time, retries included: 5/s or 300/m; repeatable, and all hold")
	speed.Var(&f.RateHost, "rate-host", "`RATE` for each host, or for one: HOST=5/s; repeatable")
	speed.IntVar(&f.Burst, "burst", 1, "`N` requests may start at once after a pause")

	patience := pflag.NewFlagSet("", pflag.ContinueOnError)
	patience.VarP(&f.Timeout, "timeout", "t", "one attempt, body included; waiting for our own limits excluded")
	patience.Var(&f.Connect, "connect-timeout", "DNS, TCP and TLS")
	patience.Var(&f.TTFB, "ttfb-timeout", "from the request being sent to the first byte of the answer")
	patience.Var(&f.Stall, "stall-timeout", "silence within a body")
	patience.Var(&f.Total, "total-timeout", "a request with all its retries")
	patience.Var(&f.Deadline, "deadline", "the whole run; what is not done by then stays undone")
	patience.IntVar(&f.Retries, "retries", fetcher.DefaultRetries, "`N` further attempts after a failure that may pass")
	patience.Var(&f.RetryMaxWait, "retry-max-wait", "longest wait between attempts; a longer Retry-After ends the request, and with a 429 gives up its host")
	patience.Var(&f.RetryOn, "retry-on", "what is tried again: codes and classes, such as 429,5xx,timeout,connect")
	patience.BoolVar(&f.RetryUnsafe, "retry-unsafe", false, "try POST and the like again, too")
	patience.Var(&f.RetryBudget, "retry-budget", "retries of failures, as a `SHARE` of the requests; none: no bound")
	patience.Var(&f.GiveUp, "give-up", "how long a host that served before may refuse everything")
	patience.BoolVar(&f.NoAdapt, "no-adapt", false, "learn nothing of hosts: keep to the limits given, whatever they say")

	request := pflag.NewFlagSet("", pflag.ContinueOnError)
	request.StringVarP(&f.Method, "request", "X", "", "`METHOD` to use")
	request.BoolVarP(&f.Head, "head", "I", false, "HEAD: headers only")
	request.StringArrayVarP(&f.Headers, "header", "H", nil, "`LINE` such as 'Name: value' to send, or @file with one a line; repeatable")
	defineBody(&f.Body, request)
	request.BoolVarP(&f.Location, "location", "L", false, "accepted for curl's sake: redirects are followed anyway")
	request.IntVar(&f.MaxRedirects, "max-redirects", fetcher.DefaultMaxRedirects, "`N` redirects to follow; 0 follows none")

	network := pflag.NewFlagSet("", pflag.ContinueOnError)
	network.StringVarP(&f.Proxy, "proxy", "x", "", "`URL` of a proxy: http, https or socks5")
	network.StringArrayVar(&f.Resolve, "resolve", nil, "`HOST:PORT:ADDRESS` to connect to; repeatable")
	network.BoolVarP(&f.Insecure, "insecure", "k", false, "do not check certificates")
	network.StringVar(&f.CACert, "cacert", "", "`FILE` with certificates to trust, PEM")
	network.StringVar(&f.Cert, "cert", "", "`FILE` with our own certificate, PEM")
	network.Var(&f.Keys, "key", "`FILE` with its key, PEM (default: the --cert file); or, with --split, COLUMN=JQ: the row of a --batch that a piece is for")
	network.BoolVar(&f.HTTP1, "http1", false, "no HTTP/2")
	network.StringVar(&f.Testserver, "testserver", "", "send every *.test host to the bundled slow server, or to the one at `ADDR`")
	network.Lookup("testserver").NoOptDefVal = spec.OwnTestserver

	course := pflag.NewFlagSet("", pflag.ContinueOnError)
	course.Var(&f.Every, "every", "fetch the whole list again each `TIME`, whether or not the round before has ended")
	course.Var(&f.Last, "for", "how long to go on with --every (default: until interrupted)")
	course.BoolVar(&f.Ordered, "ordered", false, "results in the order of the list, not as they come")
	course.BoolVar(&f.FailFast, "fail-fast", false, "start nothing more after the first failure")
	course.Int64Var(&f.MaxErrors, "max-errors", 0, "start nothing more after `N` failures; 0 means never")
	course.StringVar(&f.Baseline, "baseline", "", "first fetch the list, or its first `N` requests, one at a time, to measure the speedup")
	course.Lookup("baseline").NoOptDefVal = spec.BaselineAll

	defineJournal(&f.JournalFile, course)

	output := pflag.NewFlagSet("", pflag.ContinueOnError)
	output.StringVarP(&f.Format, "format", "f", "table", "`FORMAT` of standard output: table, json, ndjson, csv, tsv or markdown")
	output.BoolVar(&f.NoResults, "no-results", false, "the summary only; reports in files without one (ndjson, csv, tsv) stay whole")
	output.StringArrayVar(&f.Reports, "report", nil, "a further report in `FILE`: .txt .json .ndjson .csv .tsv .md; repeatable")
	output.BoolVar(&f.CSVSafe, "csv-safe", false, "for spreadsheets: ' before each cell of csv and tsv that they would take for a formula")
	output.Bool("csv-raw", false, "accepted for the sake of older scripts: cells stay as they are anyway")
	output.StringVar(&f.Progress, "progress", "auto", "`HOW` to show it: auto, bar, plain, json or none")
	output.StringVar(&f.Color, "color", "auto", "`WHEN`: auto, always or never")
	output.BoolVarP(&f.Quiet, "quiet", "q", false, "nothing on standard error but errors, and what is missing in the data")
	output.BoolVarP(&f.Verbose, "verbose", "v", false, "tell of each attempt that failed, as it happens")
	output.StringVar(&f.Metrics, "metrics", "", "`ADDRESS` such as :9090 to serve figures at for Prometheus while it runs")

	return []Group{
		{"The list", defineList(&f.List)},
		{"How fast", speed},
		{"How patient", patience},
		{"What is sent", request},
		{"Who asks", defineWho(&f.Who)},
		{"Over which network", network},
		{"What counts as success", defineSuccess(&f.Keep)},
		{"What is kept of an answer", defineKeeping(&f.Keep)},
		{"Further pages", defineFollow(&f.Follow)},
		{"The course of the run", course},
		{"What comes out", output},
	}
}
