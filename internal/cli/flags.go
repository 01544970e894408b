// Package cli is the command line: the flags, in groups, that make a spec, the help, what was probably meant, and the flags of a
// run in its journal, taken over.
package cli

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/follow"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/payload"
	"example.com/fetch/internal/report"
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
			f.Concurrency = fetcher.DefaultWorkers
			g.VarP(value.Slots{To: &f.Concurrency}, "concurrency", "c", "`N` requests in flight at once, or auto: as many as measurement finds right, up to 256")
			g.Var(&f.PerHost, "per-host", "at most `N` of them to each host, or to one: HOST=N")
			g.VarP(&f.Rates, "rate", "r", "requests started per time, retries included: 5/s, 300/m, or 5 for 5/s; repeatable, and all hold")
			g.Var(&f.RateHost, "rate-host", "`RATE` for each host, or for one: HOST=5/s; repeatable")
			g.IntVar(&f.Burst, "burst", 1, "`N` requests may start at once after a pause")
			g.StringVar(&f.PolicyFile, "policy", "", "`FILE` with policies of hosts and defaults of flags, in the place of your own (fetch policy names it)")
			g.StringArrayVar(&f.Presets, "preset", nil, "`[HOST=]NAME`: limits that are known of a service (fetch policy lists them), for a host or for all without others; repeatable")
			g.BoolVar(&f.NoPresets, "no-presets", false, "no presets for hosts that are known, but what --preset says")
			g.BoolVar(&f.Robots, "robots", false, "ask each host for its robots.txt first, send nothing that it disallows, and keep its Crawl-delay")
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
			g.BoolVar(&f.Forget, "forget", false, "forget what earlier runs have learned of the hosts of the list")
			g.BoolVar(&f.NoShare, "no-share", false, "do not share the budgets of hosts that have a policy with other runs that go on")
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
			g.StringVar(&f.SetCookies, "cookies", spec.DefaultCookies, "`WHICH` cookies of the servers are sent back: request (set on its own redirects and pages), run (all) or none")
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
			g.BoolVar(&f.DenyPrivate, "deny-private", false, "connect to no private, loopback or link-local address, whatever leads there")
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
			g.StringArrayVar(&f.ExpectText, "expect-text", nil, "`TEXT` that each body must have, or /REGEX/; repeatable")
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
			g.StringVarP(&f.Format, "format", "f", "table", "`FORMAT` of standard output: table, json, ndjson, csv, tsv or markdown; results as they come, but csv, tsv and markdown of --rows with --select, or with --fields, in the order of the list")
			g.BoolVar(&f.NoResults, "no-results", false, "the summary only; reports in files without one (ndjson, csv, tsv) stay whole")
			g.StringArrayVar(&f.Reports, "report", nil, "a further report in `FILE`: .txt .json .ndjson .csv .tsv .md; repeatable")
			g.BoolVar(&f.DropFailed, "drop-failed", false, "leave lines of failures out of csv, tsv, ndjson and markdown")
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

// Flags are the flags of a command that takes a list, under their headings.
type Flags struct {
	Spec   *spec.Spec // what they ask for
	Groups []Group

	defaults map[string]bool // those that were not typed, but come from a file of the user's
}

// NewFlags defines all flags of a run.
func NewFlags() *Flags {
	spec := &spec.Spec{}
	return &Flags{Spec: spec, Groups: runGroups(spec)}
}

// Parsed takes down which flags were given.
func (f *Flags) Parsed() *spec.Spec {
	f.Spec.Given = GivenIn(f.Groups)
	for i := range f.Spec.Given {
		v := &f.Spec.Given[i]
		v.Default = f.defaults[defaultKey(v.Name, v.Value)]
	}
	return f.Spec
}

// Restore takes over the flags of a run that the command line does not give: see restoreFlags.
func (f *Flags) Restore(run *journal.Leg, sourcesGiven bool) error {
	found := f.findPolicies(run)
	typed, file := f.Parsed().Given, f.Spec.PolicyFile
	if err := restoreFlags(f.Groups, run, sourcesGiven); err != nil {
		return err
	}
	f.defaults = map[string]bool{}
	for _, v := range run.Flags {
		key := defaultKey(v.Name, v.Value)
		f.defaults[key] = v.Default && !slices.ContainsFunc(typed, func(t spec.Flag) bool { return defaultKey(t.Name, t.Value) == key })
	}
	return cmp.Or(f.restorePolicies(run, file, found), f.Spec.Check())
}

// GivenIn are the flags that were given, in the order of their groups.
func GivenIn(groups []Group) []spec.Flag {
	var given []spec.Flag
	var body *spec.Body
	eachGiven(groups, func(f *pflag.Flag) {
		if own, ok := f.Value.(*bodyFlag); ok {
			if body == nil { // what all of its flags have given, in that order, stands at the first of them
				body = own.of
				given = append(given, body.Given...)
			}
			return
		}
		for _, value := range valuesOf(f) {
			given = append(given, spec.Flag{Name: f.Name, Value: value, Implied: value == f.NoOptDefVal})
		}
	})
	return given
}

// eachGiven visits the flags that were given.
func eachGiven(groups []Group, visit func(*pflag.Flag)) {
	for _, g := range groups {
		g.Flags.VisitAll(func(f *pflag.Flag) {
			if f.Changed {
				visit(f)
			}
		})
	}
}

// valuesOf gives each value of a flag that may be repeated by itself.
func valuesOf(f *pflag.Flag) []string {
	switch v := f.Value.(type) {
	case pflag.SliceValue:
		return v.GetSlice()
	case interface{ Values() []string }:
		return v.Values()
	}
	return []string{f.Value.String()}
}

// bodyFlag is one of the flags, whose values stand with those of the others.
type bodyFlag struct {
	name string
	of   *spec.Body
}

func (f *bodyFlag) Set(value string) error {
	f.of.Given = append(f.of.Given, spec.Flag{Name: f.name, Value: value})
	return nil
}

// Values are the values as they were given.
func (f *bodyFlag) Values() []string {
	var values []string
	for _, v := range f.of.Given {
		if v.Name == f.name {
			values = append(values, v.Value)
		}
	}
	return values
}

func (f *bodyFlag) String() string { return strings.Join(f.Values(), " ") }
func (f *bodyFlag) Type() string   { return "string" }

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
			g.VarP(value.Number[int64]{To: &f.Count}, "requests", "n", "`N` requests in all")
			g.VarP(&f.Length, "duration", "z", "how long requests are due (10s, if nothing else ends it)")
			g.StringVar(&f.Stages, "stages", "", "`STAGES` such as '10s:100/s,30s:1000/s,10s:0': in each the rate, or the number of users, goes in a straight line to its target")
			g.Var(value.Number[int]{To: &f.MaxInFlight}, "max-inflight", "at most `N` of them in flight; others wait, and their response time counts on (10000, or what the system allows)")
			g.Var(&f.Warm, "warm-up", "time before, which is left out of the figures")
			g.Var(&f.Think, "think", "pause of a user between the end of a request and the next; users begin spread over it; 200ms..800ms is drawn for each")
		}),
		group("What it is made of", func(g *pflag.FlagSet) {
			g.AddFlagSet(without(of["The list"], "batch"))
			g.StringVar(&f.Weight, "weight", "", "`COLUMN` that says how often a row's request is sent, as against others")
			g.BoolVar(&f.Random, "random", false, "draw from the list, instead of going round and round")
			g.Uint64Var(&f.Seed, "seed", 1, "`N` that makes what is random come again")
			g.StringVar(&f.GroupBy, "group-by", "", "`COLUMN` whose values have figures of their own")
		}),
		{"How patient", without(of["How patient"], "deadline", "retry-budget", "give-up", "no-adapt", "forget", "no-share")}, // a load never adapts
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
			g.BoolVar(&f.AbortOnFail, "abort-on-fail", false, "end the test, with exit 99, as soon as one is crossed whatever is still to come")
		}),
		group("What comes out", func(g *pflag.FlagSet) {
			g.SortFlags = false
			g.AddFlagSet(without(of["What comes out"], "no-results", "drop-failed", "csv-raw", "verbose", "metrics"))
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
