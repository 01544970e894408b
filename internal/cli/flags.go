// Package cli is the command line: the flags, in groups, that make a spec, the help, what was probably meant, and the flags of a
// run in its journal, taken over.
package cli

import (
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/follow"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/payload"
	"example.com/fetch/internal/spec"
)

// Group is a heading of the help text and the flags under it.
type Group struct {
	Title string
	Flags *pflag.FlagSet
}

// group makes a group of the flags that are defined in it.
func group(title string, define func(g *pflag.FlagSet)) Group {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	define(flags)
	return Group{title, flags}
}

// runGroups defines the flags of a run, in the order and under the headings of the help text.
func runGroups(f *spec.Spec) []Group {
	f.PerHost = value.PerHost[int]{Parse: value.ParseSlots, Kind: "N|HOST=N"}
	f.Rates = value.PerHost[fetcher.Rate]{Parse: value.ParseRate, Kind: "RATE"}
	f.RateHost = value.PerHost[fetcher.Rate]{Parse: value.ParseRate, Kind: "RATE|HOST=RATE"}
	f.Timeout, f.Connect, f.Stall = value.Seconds(spec.DefaultAttempts), value.Seconds(spec.DefaultConnect), value.Seconds(spec.DefaultStall)
	f.RetryMaxWait = value.Seconds(fetcher.DefaultMaxWait)
	f.RetryBudget, f.GiveUp = value.Share(fetcher.DefaultRetryBudget), value.Seconds(fetcher.DefaultGiveUp)
	f.Body.Read = &payload.Spec{}

	return []Group{
		group("The list", func(g *pflag.FlagSet) {
			g.StringVar(&f.InputFormat, "input-format", "", "`FORMAT` of lists, if it is not to be guessed: "+strings.Join(format.Names(), " "))
			g.StringVar(&f.Rows, "rows", "", "`FILE` with a table (csv, tsv, json, jsonl, or a value a line): a request for each row, {column} in the URL, -H and what is sent standing for its cell")
			g.StringArrayVar(&f.Set, "set", nil, "`NAME=VALUES` for {NAME}: a,b,c or 1..100 or @file; repeatable: all combinations")
			g.StringVar(&f.Batch, "batch", "", "`COLUMN:N`: one request for N rows, {COLUMN} standing for their cells; --split and --key lead the answers back")
			g.BoolVar(&f.Dedupe, "dedupe", false, "send only once what the list has twice")
			g.BoolVar(&f.Cookies, "har-cookies", false, "send the cookies that a HAR file has")
			g.BoolVar(&f.SkipBad, "skip-bad", false, "make bad lines and rows requests that fail, and send the others")
		}),
		group("How fast", func(g *pflag.FlagSet) {
			g.IntVarP(&f.Concurrency, "concurrency", "c", fetcher.DefaultWorkers, "`N` requests in flight at once")
			g.Var(&f.PerHost, "per-host", "at most `N` of them to each host, or to one: HOST=N")
			g.VarP(&f.Rates, "rate", "r", "requests started per time, retries included: 5/s or 300/m; repeatable, and all hold")
			g.Var(&f.RateHost, "rate-host", "`RATE` for each host, or for one: HOST=5/s; repeatable")
			g.IntVar(&f.Burst, "burst", 1, "`N` requests may start at once after a pause")
		}),
		group("How patient", func(g *pflag.FlagSet) {
			g.VarP(&f.Timeout, "timeout", "t", "one attempt, body included; waiting for our own limits excluded")
			g.Var(&f.Connect, "connect-timeout", "DNS, TCP and TLS")
			g.Var(&f.TTFB, "ttfb-timeout", "from the request being sent to the first byte of the answer")
			g.Var(&f.Stall, "stall-timeout", "silence within a body")
			g.Var(&f.Total, "total-timeout", "a request with all its retries")
			g.Var(&f.Deadline, "deadline", "the whole run; what is not done by then stays undone")
			g.IntVar(&f.Retries, "retries", fetcher.DefaultRetries, "`N` further attempts after a failure that may pass")
			g.Var(&f.RetryMaxWait, "retry-max-wait", "longest wait between attempts; a longer Retry-After ends the request, and with a 429 gives up its host")
			g.Var(&f.RetryOn, "retry-on", "what is tried again: codes and classes, such as 429,5xx,timeout,connect")
			g.BoolVar(&f.RetryUnsafe, "retry-unsafe", false, "try POST and the like again, too")
			g.Var(&f.RetryBudget, "retry-budget", "retries of failures, as a `SHARE` of the requests; none: no bound")
			g.Var(&f.GiveUp, "give-up", "how long a host that served before may refuse everything")
			g.BoolVar(&f.NoAdapt, "no-adapt", false, "learn nothing of hosts: keep to the limits given, whatever they say")
		}),
		group("What is sent", func(g *pflag.FlagSet) {
			add := func(name, shorthand, usage string) { g.VarP(&bodyFlag{name, &f.Body}, name, shorthand, usage) }
			g.StringVarP(&f.Method, "request", "X", "", "`METHOD` to use")
			g.BoolVarP(&f.Head, "head", "I", false, "HEAD: headers only")
			g.StringArrayVarP(&f.Headers, "header", "H", nil, "`LINE` such as 'Name: value' to send, or @file with one a line; repeatable")
			add("data", "d", "`DATA` to POST, or @file; repeatable, joined by &")
			add("data-raw", "", "`DATA` to POST; an @ is one")
			add("data-binary", "", "`DATA` to POST, or @file: the same as -d")
			add("data-urlencode", "", "`DATA` to POST, form-encoded: text, =text, name=text, @file or name@file")
			add("json", "", "`JSON` to POST, or @file, with the Content-Type and Accept for it; repeatable, put together")
			add("form", "F", "`FIELD` of a form to POST (multipart/form-data): name=text, name=@file or name=<file, then ;type= and ;filename=")
			add("form-string", "", "`FIELD` of it, name=text, in which @, < and ; are literal")
			add("upload-file", "T", "`FILE` to PUT; its name is added to a URL that ends in /")
			g.BoolVarP(&f.ToQuery, "get", "G", false, "put what -d and the like give into the URL's query")
			g.BoolVarP(&f.Location, "location", "L", false, "accepted for curl's sake: redirects are followed anyway")
			g.IntVar(&f.MaxRedirects, "max-redirects", fetcher.DefaultMaxRedirects, "`N` redirects to follow; 0 follows none")
		}),
		group("Who asks", func(g *pflag.FlagSet) {
			g.StringVarP(&f.Agent, "user-agent", "A", spec.OwnAgent, "`NAME` to go by")
			g.StringVar(&f.Contact, "contact", "", "`MAIL` address to add to it, for those who run the servers")
			g.StringVarP(&f.User, "user", "u", "", "`NAME:PASSWORD` for basic authentication")
			g.StringVar(&f.BearerEnv, "bearer-env", "", "`VARIABLE` of the environment with a bearer token")
			g.StringArrayVar(&f.HeaderEnv, "header-env", nil, "`NAME=VARIABLE`: a header with a value from the environment; repeatable")
			g.BoolVar(&f.Netrc, "netrc", false, "passwords from ~/.netrc")
			g.StringVar(&f.NetrcFile, "netrc-file", "", "passwords from `FILE`")
			g.StringArrayVar(&f.AuthHosts, "auth-host", nil, "`HOST[:PORT]` that the credentials are for (default: that of the first request); repeatable")
			g.StringArrayVar(&f.SecretNames, "secret", nil, "`NAME` of a header, a parameter or a column whose values are secret; repeatable")
			g.StringArrayVar(&f.SecretEnv, "secret-env", nil, "`VARIABLE` of the environment whose value stands for {VARIABLE} in URLs, -H and -d, and is shown nowhere; repeatable")
		}),
		group("Over which network", func(g *pflag.FlagSet) {
			g.StringVarP(&f.Proxy, "proxy", "x", "", "`URL` of a proxy: http, https or socks5")
			g.StringArrayVar(&f.Resolve, "resolve", nil, "`HOST:PORT:ADDRESS` to connect to; repeatable")
			g.BoolVarP(&f.Insecure, "insecure", "k", false, "do not check certificates")
			g.StringVar(&f.CACert, "cacert", "", "`FILE` with certificates to trust, PEM")
			g.StringVar(&f.Cert, "cert", "", "`FILE` with our own certificate, PEM")
			g.Var(&f.Keys, "key", "`FILE` with its key, PEM (default: the --cert file); or, with --split, COLUMN=JQ: the row of a --batch that a piece is for")
			g.BoolVar(&f.HTTP1, "http1", false, "no HTTP/2")
			g.StringVar(&f.Testserver, "testserver", "", "send every *.test host to the bundled slow server, or to the one at `ADDR`")
			g.Lookup("testserver").NoOptDefVal = spec.OwnTestserver
		}),
		group("What counts as success", func(g *pflag.FlagSet) {
			g.Var(&f.Accept, "accept", "statuses that count as success (default 200-299)")
			g.Var(&f.MissingOK, "missing-ok", "statuses that say that there is nothing, which is an answer, too: 404")
			g.StringArrayVar(&f.Expect, "expect", nil, "`JQ` expression that must hold for each body; repeatable")
			g.StringVar(&f.ExpectType, "expect-type", "", "`TYPE` that each body must be of: json, html, csv, or such as image/png")
			g.Var(&f.MaxBody, "max-body", "largest body, decoded: 500k, 64MiB; 0 means any (default 1GiB; 64MiB where a value is computed)")
			g.Var(&f.MaxMemory, "max-memory", "memory for bodies of which values are taken, all together: 500M, 2GiB; 0 means any (default: a quarter of the machine's)")
		}),
		group("What is kept of an answer", func(g *pflag.FlagSet) {
			g.StringVarP(&f.Output, "output", "o", "", "keep bodies as files in `DIR`, or called as in 'out/{name}.json'; - prints them")
			g.BoolVar(&f.Overwrite, "overwrite", false, "replace files that are there, instead of taking another name")
			g.StringVar(&f.Fsync, "sync", "", "`WHEN` files and the journal are forced to the disk: always (default: when the system likes)")
			g.BoolVar(&f.SHA256, "sha256", false, "put the SHA-256 of each body into the records")
			g.StringVar(&f.Selected, "select", "", "`JQ` expression that takes a value, or an object's columns, from each body")
			g.StringVar(&f.Split, "split", "", "`JQ` expression that takes a body to pieces, such as '.items[]'; --select then works on each")
			g.StringArrayVar(&f.Fields, "fields", nil, "`COLUMNS` of csv, tsv and markdown beside the row's and the selected: status,latency_ms,url")
			g.StringVar(&f.Exec, "exec", "", "`COMMAND` for sh -c that reads each body; what it prints is the value")
			g.IntVar(&f.ExecJobs, "exec-jobs", 0, "`N` of them at once (default: as many as there are processors)")
			g.Var(&f.ExecTimeout, "exec-timeout", "longest time for each of them")
		}),
		group("Further pages", func(g *pflag.FlagSet) {
			g.BoolVar(&f.FollowPages, "follow-pages", false, "fetch what Link: rel=next names, too")
			g.StringVar(&f.Next, "next", "", "`JQ` expression that gives the next page's URL; null or nothing is the end")
			g.IntVar(&f.MaxPages, "max-pages", follow.DefaultMaxPages, "`N` pages of one request at most")
			g.Var(&f.NextWait, "next-wait", "wait before each further page, which may then be the same again: polling")
		}),
		group("The course of the run", func(g *pflag.FlagSet) {
			g.Var(&f.Every, "every", "fetch the whole list again each `TIME`, whether or not the round before has ended")
			g.Var(&f.Last, "for", "how long to go on with --every (default: until interrupted)")
			g.BoolVar(&f.Ordered, "ordered", false, "results in the order of the list, not as they come")
			g.BoolVar(&f.FailFast, "fail-fast", false, "start nothing more after the first failure")
			g.Int64Var(&f.MaxErrors, "max-errors", 0, "start nothing more after `N` failures; 0 means never")
			g.StringVar(&f.Baseline, "baseline", "", "first fetch the list, or its first `N` requests, one at a time, to measure the speedup")
			g.Lookup("baseline").NoOptDefVal = spec.BaselineAll
			g.StringVarP(&f.Journal, "journal", "j", "", "keep the record in `FILE`, so that fetch resume, retry and report can go on from it")
			g.BoolVar(&f.Fresh, "fresh", false, "begin the journal anew where there is one")
		}),
		group("What comes out", func(g *pflag.FlagSet) {
			g.StringVarP(&f.Format, "format", "f", "table", "`FORMAT` of standard output: table, json, ndjson, csv, tsv or markdown")
			g.BoolVar(&f.NoResults, "no-results", false, "the summary only; reports in files without one (ndjson, csv, tsv) stay whole")
			g.StringArrayVar(&f.Reports, "report", nil, "a further report in `FILE`: .txt .json .ndjson .csv .tsv .md; repeatable")
			g.BoolVar(&f.CSVSafe, "csv-safe", false, "for spreadsheets: ' before each cell of csv and tsv that they would take for a formula")
			g.Bool("csv-raw", false, "accepted for the sake of older scripts: cells stay as they are anyway")
			g.StringVar(&f.Progress, "progress", "auto", "`HOW` to show it: auto, bar, plain, json or none")
			g.StringVar(&f.Color, "color", "auto", "`WHEN`: auto, always or never")
			g.BoolVarP(&f.Quiet, "quiet", "q", false, "nothing on standard error but errors, and what is missing in the data")
			g.BoolVarP(&f.Verbose, "verbose", "v", false, "tell of each attempt that failed, as it happens")
			g.StringVar(&f.Metrics, "metrics", "", "`ADDRESS` such as :9090 to serve figures at for Prometheus while it runs")
		}),
	}
}
