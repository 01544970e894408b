package main

import (
	"example.com/fetch/fetcher"
	"github.com/spf13/pflag"
)

// group is a heading of the help text and the flags under it.
type group struct {
	title string
	flags *pflag.FlagSet
}

// groups defines the flags, in the order and under the headings of the help text.
func runGroups(f *runFlags) []group {
	f.perHost = perHost[int]{parse: parseSlots, kind: "N|HOST=N"}
	f.rates = perHost[fetcher.Rate]{parse: parseRate, kind: "RATE"}
	f.rateHost = perHost[fetcher.Rate]{parse: parseRate, kind: "RATE|HOST=RATE"}
	f.timeout, f.connect, f.stall = seconds(defaultAttempts), seconds(defaultConnect), seconds(defaultStall)
	f.retryMaxWait = seconds(fetcher.DefaultMaxWait)
	f.retryBudget, f.giveUp = share(fetcher.DefaultRetryBudget), seconds(fetcher.DefaultGiveUp)

	speed := pflag.NewFlagSet("", pflag.ContinueOnError)
	speed.IntVarP(&f.concurrency, "concurrency", "c", fetcher.DefaultWorkers, "`N` requests in flight at once")
	speed.Var(&f.perHost, "per-host", "at most `N` of them to each host, or to one: HOST=N")
	speed.VarP(&f.rates, "rate", "r", "requests started per time, retries included: 5/s or 300/m; repeatable, and all hold")
	speed.Var(&f.rateHost, "rate-host", "`RATE` for each host, or for one: HOST=5/s; repeatable")
	speed.IntVar(&f.burst, "burst", 1, "`N` requests may start at once after a pause")

	patience := pflag.NewFlagSet("", pflag.ContinueOnError)
	patience.VarP(&f.timeout, "timeout", "t", "one attempt, body included; waiting for our own limits excluded")
	patience.Var(&f.connect, "connect-timeout", "DNS, TCP and TLS")
	patience.Var(&f.ttfb, "ttfb-timeout", "from the request being sent to the first byte of the answer")
	patience.Var(&f.stall, "stall-timeout", "silence within a body")
	patience.Var(&f.total, "total-timeout", "a request with all its retries")
	patience.Var(&f.deadline, "deadline", "the whole run; what is not done by then stays undone")
	patience.IntVar(&f.retries, "retries", fetcher.DefaultRetries, "`N` further attempts after a failure that may pass")
	patience.Var(&f.retryMaxWait, "retry-max-wait", "longest wait between attempts; a longer Retry-After ends the request, and with a 429 gives up its host")
	patience.Var(&f.retryOn, "retry-on", "what is tried again: codes and classes, such as 429,5xx,timeout,connect")
	patience.BoolVar(&f.retryUnsafe, "retry-unsafe", false, "try POST and the like again, too")
	patience.Var(&f.retryBudget, "retry-budget", "retries of failures, as a `SHARE` of the requests; none: no bound")
	patience.Var(&f.giveUp, "give-up", "how long a host that served before may refuse everything")
	patience.BoolVar(&f.noAdapt, "no-adapt", false, "learn nothing of hosts: keep to the limits given, whatever they say")

	request := pflag.NewFlagSet("", pflag.ContinueOnError)
	request.StringVarP(&f.method, "request", "X", "", "`METHOD` to use")
	request.BoolVarP(&f.head, "head", "I", false, "HEAD: headers only")
	request.StringArrayVarP(&f.headers, "header", "H", nil, "`LINE` such as 'Name: value' to send, or @file with one a line; repeatable")
	defineBody(&f.bodyFlags, request)
	request.BoolVarP(&f.location, "location", "L", false, "accepted for curl's sake: redirects are followed anyway")
	request.IntVar(&f.maxRedirects, "max-redirects", fetcher.DefaultMaxRedirects, "`N` redirects to follow; 0 follows none")

	network := pflag.NewFlagSet("", pflag.ContinueOnError)
	network.StringVarP(&f.proxy, "proxy", "x", "", "`URL` of a proxy: http, https or socks5")
	network.StringArrayVar(&f.resolve, "resolve", nil, "`HOST:PORT:ADDRESS` to connect to; repeatable")
	network.BoolVarP(&f.insecure, "insecure", "k", false, "do not check certificates")
	network.StringVar(&f.cacert, "cacert", "", "`FILE` with certificates to trust, PEM")
	network.StringVar(&f.cert, "cert", "", "`FILE` with our own certificate, PEM")
	network.Var(&f.keys, "key", "`FILE` with its key, PEM (default: the --cert file); or, with --split, COLUMN=JQ: the row of a --batch that a piece is for")
	network.BoolVar(&f.http1, "http1", false, "no HTTP/2")
	network.StringVar(&f.testserver, "testserver", "", "send every *.test host to the bundled slow server, or to the one at `ADDR`")
	network.Lookup("testserver").NoOptDefVal = ownTestserver

	course := pflag.NewFlagSet("", pflag.ContinueOnError)
	course.Var(&f.every, "every", "fetch the whole list again each `TIME`, whether or not the round before has ended")
	course.Var(&f.last, "for", "how long to go on with --every (default: until interrupted)")
	course.BoolVar(&f.ordered, "ordered", false, "results in the order of the list, not as they come")
	course.BoolVar(&f.failFast, "fail-fast", false, "start nothing more after the first failure")
	course.Int64Var(&f.maxErrors, "max-errors", 0, "start nothing more after `N` failures; 0 means never")
	course.StringVar(&f.baseline, "baseline", "", "first fetch the list, or its first `N` requests, one at a time, to measure the speedup")
	course.Lookup("baseline").NoOptDefVal = baselineAll

	defineJournal(&f.journalFlags, course)

	output := pflag.NewFlagSet("", pflag.ContinueOnError)
	output.StringVarP(&f.format, "format", "f", "table", "`FORMAT` of standard output: table, json, ndjson, csv, tsv or markdown")
	output.BoolVar(&f.noResults, "no-results", false, "the summary only; reports in files without one (ndjson, csv, tsv) stay whole")
	output.StringArrayVar(&f.reports, "report", nil, "a further report in `FILE`: .txt .json .ndjson .csv .tsv .md; repeatable")
	output.BoolVar(&f.csvSafe, "csv-safe", false, "for spreadsheets: ' before each cell of csv and tsv that they would take for a formula")
	output.Bool("csv-raw", false, "accepted for the sake of older scripts: cells stay as they are anyway")
	output.StringVar(&f.progress, "progress", "auto", "`HOW` to show it: auto, bar, plain, json or none")
	output.StringVar(&f.color, "color", "auto", "`WHEN`: auto, always or never")
	output.BoolVarP(&f.quiet, "quiet", "q", false, "nothing on standard error but errors, and what is missing in the data")
	output.BoolVarP(&f.verbose, "verbose", "v", false, "tell of each attempt that failed, as it happens")

	return []group{
		{"The list", defineList(&f.listFlags)},
		{"How fast", speed},
		{"How patient", patience},
		{"What is sent", request},
		{"Who asks", defineWho(&f.whoFlags)},
		{"Over which network", network},
		{"What counts as success", defineSuccess(&f.keepFlags)},
		{"What is kept of an answer", defineKeeping(&f.keepFlags)},
		{"Further pages", defineFollow(&f.followFlags)},
		{"The course of the run", course},
		{"What comes out", output},
	}
}
