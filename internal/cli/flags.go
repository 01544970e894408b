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

func defineSuccess(f *spec.Keep) *pflag.FlagSet {
	success := pflag.NewFlagSet("", pflag.ContinueOnError)
	success.Var(&f.Accept, "accept", "statuses that count as success (default 200-299)")
	success.Var(&f.MissingOK, "missing-ok", "statuses that say that there is nothing, which is an answer, too: 404")
	success.StringArrayVar(&f.Expect, "expect", nil, "`JQ` expression that must hold for each body; repeatable")
	success.StringVar(&f.ExpectType, "expect-type", "", "`TYPE` that each body must be of: json, html, csv, or such as image/png")
	success.Var(&f.MaxBody, "max-body", "largest body, decoded: 500k, 64MiB; 0 means any (default 1GiB; 64MiB where a value is computed)")
	return success
}

func defineKeeping(f *spec.Keep) *pflag.FlagSet {
	keep := pflag.NewFlagSet("", pflag.ContinueOnError)
	keep.StringVarP(&f.Output, "output", "o", "", "keep bodies as files in `DIR`, or called as in 'out/{name}.json'; - prints them")
	keep.BoolVar(&f.Overwrite, "overwrite", false, "replace files that are there, instead of taking another name")
	keep.StringVar(&f.Fsync, "sync", "", "`WHEN` files and the journal are forced to the disk: always (default: when the system likes)")
	keep.BoolVar(&f.SHA256, "sha256", false, "put the SHA-256 of each body into the records")
	keep.StringVar(&f.Selected, "select", "", "`JQ` expression that takes a value, or an object's columns, from each body")
	keep.StringVar(&f.Split, "split", "", "`JQ` expression that takes a body to pieces, such as '.items[]'; --select then works on each")
	keep.StringArrayVar(&f.Fields, "fields", nil, "`COLUMNS` of csv, tsv and markdown beside the row's and the selected: status,latency_ms,url")
	keep.StringVar(&f.Exec, "exec", "", "`COMMAND` for sh -c that reads each body; what it prints is the value")
	keep.IntVar(&f.ExecJobs, "exec-jobs", 0, "`N` of them at once (default: as many as there are processors)")
	keep.Var(&f.ExecTimeout, "exec-timeout", "longest time for each of them")
	return keep
}

func defineList(f *spec.List) *pflag.FlagSet {
	list := pflag.NewFlagSet("", pflag.ContinueOnError)
	list.StringVar(&f.InputFormat, "input-format", "", "`FORMAT` of lists, if it is not to be guessed: "+strings.Join(format.Names(), " "))
	list.StringVar(&f.Rows, "rows", "", "`FILE` with a table (csv, tsv, json, jsonl, or a value a line): a request for each row, {column} in the URL, -H and what is sent standing for its cell")
	list.StringArrayVar(&f.Set, "set", nil, "`NAME=VALUES` for {NAME}: a,b,c or 1..100 or @file; repeatable: all combinations")
	list.StringVar(&f.Batch, "batch", "", "`COLUMN:N`: one request for N rows, {COLUMN} standing for their cells; --split and --key lead the answers back")
	list.BoolVar(&f.Dedupe, "dedupe", false, "send only once what the list has twice")
	list.BoolVar(&f.Cookies, "har-cookies", false, "send the cookies that a HAR file has")
	list.BoolVar(&f.SkipBad, "skip-bad", false, "make bad lines and rows requests that fail, and send the others")
	return list
}

func defineFollow(f *spec.Follow) *pflag.FlagSet {
	pages := pflag.NewFlagSet("", pflag.ContinueOnError)
	pages.BoolVar(&f.FollowPages, "follow-pages", false, "fetch what Link: rel=next names, too")
	pages.StringVar(&f.Next, "next", "", "`JQ` expression that gives the next page's URL; null or nothing is the end")
	pages.IntVar(&f.MaxPages, "max-pages", follow.DefaultMaxPages, "`N` pages of one request at most")
	pages.Var(&f.NextWait, "next-wait", "wait before each further page, which may then be the same again: polling")
	return pages
}

func defineWho(f *spec.Who) *pflag.FlagSet {
	who := pflag.NewFlagSet("", pflag.ContinueOnError)
	who.StringVarP(&f.Agent, "user-agent", "A", spec.OwnAgent, "`NAME` to go by")
	who.StringVar(&f.Contact, "contact", "", "`MAIL` address to add to it, for those who run the servers")
	who.StringVarP(&f.User, "user", "u", "", "`NAME:PASSWORD` for basic authentication")
	who.StringVar(&f.BearerEnv, "bearer-env", "", "`VARIABLE` of the environment with a bearer token")
	who.StringArrayVar(&f.HeaderEnv, "header-env", nil, "`NAME=VARIABLE`: a header with a value from the environment; repeatable")
	who.BoolVar(&f.Netrc, "netrc", false, "passwords from ~/.netrc")
	who.StringVar(&f.NetrcFile, "netrc-file", "", "passwords from `FILE`")
	who.StringArrayVar(&f.AuthHosts, "auth-host", nil, "`HOST[:PORT]` that the credentials are for (default: that of the first request); repeatable")
	who.StringArrayVar(&f.SecretNames, "secret", nil, "`NAME` of a header, a parameter or a column whose values are secret; repeatable")
	who.StringArrayVar(&f.SecretEnv, "secret-env", nil, "`VARIABLE` of the environment whose value stands for {VARIABLE} in URLs, -H and -d, and is shown nowhere; repeatable")
	return who
}

func defineBody(b *spec.Body, flags *pflag.FlagSet) {
	b.Read = &payload.Spec{}
	add := func(name, shorthand, usage string) { flags.VarP(&bodyFlag{name, b}, name, shorthand, usage) }
	add("data", "d", "`DATA` to POST, or @file; repeatable, joined by &")
	add("data-raw", "", "`DATA` to POST; an @ is one")
	add("data-binary", "", "`DATA` to POST, or @file: the same as -d")
	add("data-urlencode", "", "`DATA` to POST, form-encoded: text, =text, name=text, @file or name@file")
	add("json", "", "`JSON` to POST, or @file, with the Content-Type and Accept for it; repeatable, put together")
	add("form", "F", "`FIELD` of a form to POST (multipart/form-data): name=text, name=@file or name=<file, then ;type= and ;filename=")
	add("form-string", "", "`FIELD` of it, name=text, in which @, < and ; are literal")
	add("upload-file", "T", "`FILE` to PUT; its name is added to a URL that ends in /")
	flags.BoolVarP(&b.ToQuery, "get", "G", false, "put what -d and the like give into the URL's query")
}

func defineJournal(f *spec.JournalFile, flags *pflag.FlagSet) {
	flags.StringVarP(&f.Journal, "journal", "j", "", "keep the record in `FILE`, so that fetch resume, retry and report can go on from it")
	flags.BoolVar(&f.Fresh, "fresh", false, "begin the journal anew where there is one")
}

func defineConnections(f *spec.Connections, flags *pflag.FlagSet) {
	flags.BoolVar(&f.Always, "disable-keepalive", false, "a new connection for each request")
	flags.IntVar(&f.Most, "connections", 0, "`N` connections to each host at the most; over HTTP/2 they share the requests, and become more only where the server takes no more on them")
}

// DefineChoice defines the flags of fetch retry.
func DefineChoice(c *spec.Choice, flags *pflag.FlagSet) {
	flags.Var(&c.Classes, "class", "only what failed with one of these classes: timeout_ttfb,rate_limited; timeout for all of them")
	flags.Var(&c.Statuses, "status", "only what failed with one of these statuses: 429,5xx")
	flags.StringArrayVar(&c.Hosts, "host", nil, "only what failed at `HOST[:PORT]`; repeatable")
	flags.StringVar(&c.Where, "where", "", "`JQ` expression over records: those for which it holds, whether they failed or not")
}
