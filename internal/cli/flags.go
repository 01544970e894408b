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

// Group is a heading of the help text and the flags under it. The usage of a flag begins with what stands for its value, between
// backquotes, and has what is most important before its first semicolon, where fetch -h ends.
type Group struct {
	Topic string // of fetch help
	Title string
	Flags *pflag.FlagSet
}

// group makes a group of the flags that are defined in it.
func group(topic, title string, define func(g *pflag.FlagSet)) Group {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.SortFlags = false
	define(flags)
	return Group{topic, title, flags}
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
		group("list", "The list", func(g *pflag.FlagSet) {
			g.StringVar(&f.InputFormat, "input-format", "", "`FORMAT` format of the list (default: detected): "+strings.Join(format.Names(), " "))
			g.StringVar(&f.Rows, "rows", "", "`FILE` table with one request per row; {column} in URLs, -H and bodies is replaced by "+
				"its cell; csv, tsv, json, jsonl, or one value a line")
			g.StringArrayVar(&f.Set, "set", nil, "`NAME=VALUES` values of {NAME}: a,b,c or 1..100 or @file; repeatable, for all combinations")
			g.StringVar(&f.Batch, "batch", "", "`COLUMN:N` one request per N rows, {COLUMN} being a list of their cells; --split and "+
				"--row-key match the response to the rows")
			g.BoolVar(&f.Dedupe, "dedupe", false, "send duplicates in the list only once")
			g.BoolVar(&f.Cookies, "har-cookies", false, "send the cookies recorded in a HAR file")
			g.BoolVar(&f.SkipBad, "skip-bad", false, "count bad lines and rows as failed requests, and send the others")
		}),
		group("limits", "Concurrency and limits", func(g *pflag.FlagSet) {
			f.Concurrency = fetcher.DefaultWorkers
			g.VarP(value.Slots{To: &f.Concurrency}, "concurrency", "c", "`N` maximum requests in flight, or auto; auto finds the best "+
				"number for each host by measurement, up to 256")
			g.Var(&f.PerHost, "per-host", "`N` maximum requests in flight to each host, or to one: HOST=N; repeatable")
			g.VarP(&f.Rates, "rate", "r", "maximum request rate: 5/s, 300/m, or 5 for 5/s; retries count; repeatable, and all apply")
			g.Var(&f.RateHost, "rate-host", "`RATE` maximum request rate to each host, or to one: HOST=5/s; repeatable")
			g.IntVar(&f.Burst, "burst", 1, "`N` requests that may start at once after a pause")
			g.StringVar(&f.PolicyFile, "policy", "", "`FILE` policies of hosts and defaults of flags, instead of your own file (fetch "+
				"policy names it)")
			g.StringArrayVar(&f.Presets, "preset", nil, "`[HOST=]NAME` known limits of a service (fetch policy lists them), for one "+
				"host, or for all without a policy; repeatable")
			g.BoolVar(&f.NoPresets, "no-presets", false, "apply no presets to known hosts, other than those of --preset")
			g.BoolVar(&f.Robots, "robots", false, "read each host's robots.txt first, send nothing that it disallows, and keep its Crawl-delay")
		}),
		group("retries", "Timeouts and retries", func(g *pflag.FlagSet) {
			g.VarP(&f.Timeout, "timeout", "t", "timeout for one attempt, including the body; waiting for our own limits does not count")
			g.Var(&f.Connect, "connect-timeout", "timeout for DNS, TCP and TLS")
			g.Var(&f.TTFB, "ttfb-timeout", "timeout from sending the request to the first byte of the response")
			g.Var(&f.Stall, "stall-timeout", "timeout without any data within a body")
			g.Var(&f.Total, "total-timeout", "timeout for a request with all its retries")
			g.Var(&f.Deadline, "deadline", "time limit for the whole run")
			g.IntVar(&f.Retries, "retries", fetcher.DefaultRetries, "`N` maximum retries after a transient failure")
			g.Var(&f.RetryMaxWait, "retry-max-wait", "longest wait between attempts; a longer Retry-After fails the request, and with "+
				"a 429 all requests to its host")
			g.Var(&f.RetryOn, "retry-on", "statuses and error classes to retry, such as 429,5xx,timeout,connect")
			g.BoolVar(&f.RetryUnsafe, "retry-unsafe", false, "retry POST and other methods that are not idempotent, too")
			g.Var(&f.RetryBudget, "retry-budget", "`SHARE` maximum retries of failures, as a share of all requests; none: no limit")
			g.Var(&f.GiveUp, "give-up", "time after which a host that served before, and refuses everything, is given up")
			g.BoolVar(&f.NoAdapt, "no-adapt", false, "do not adapt to servers: keep to the given limits, whatever they signal")
			g.BoolVar(&f.Forget, "forget", false, "forget what earlier runs have learned about the hosts of the list")
			g.BoolVar(&f.NoShare, "no-share", false, "do not share the budgets of hosts that have a policy with other runs")
		}),
		group("request", "Request", func(g *pflag.FlagSet) {
			add := func(name, shorthand, usage string) { g.VarP(&bodyFlag{name, &f.Body}, name, shorthand, usage) }
			g.StringVarP(&f.Method, "request", "X", "", "`METHOD` request method")
			g.BoolVarP(&f.Head, "head", "I", false, "send HEAD: headers only")
			g.StringArrayVarP(&f.Headers, "header", "H", nil, "`LINE` request header 'Name: value', or @file; the file has one a line; repeatable")
			add("data", "d", "`DATA` data to POST, or @file; repeatable, joined by &")
			add("data-raw", "", "`DATA` data to POST, in which a leading @ is literal")
			add("data-binary", "", "`DATA` data to POST, or @file: the same as -d")
			add("data-urlencode", "", "`DATA` data to POST, form-encoded: text, =text, name=text, @file or name@file")
			add("json", "", "`JSON` JSON to POST, or @file, with its Content-Type and Accept; repeatable, concatenated")
			add("form", "F", "`FIELD` form field to POST (multipart/form-data): name=text, name=@file or name=<file, then ;type= and ;filename=")
			add("form-string", "", "`FIELD` form field name=text, in which @, < and ; are literal")
			add("upload-file", "T", "`FILE` file to PUT; its name is appended to a URL that ends in /")
			g.BoolVarP(&f.ToQuery, "get", "G", false, "append the data of -d and the like to the URL's query")
			g.BoolVarP(&f.Location, "location", "L", false, "accepted for compatibility with curl; redirects are followed anyway")
			g.IntVar(&f.MaxRedirects, "max-redirects", fetcher.DefaultMaxRedirects, "`N` maximum redirects to follow; 0 follows none")
			g.StringVar(&f.SetCookies, "cookies", spec.DefaultCookies, "`WHICH` cookies of servers to send back: request (within its "+
				"own redirects and pages), run (all) or none")
		}),
		group("auth", "Authentication", func(g *pflag.FlagSet) {
			g.StringVarP(&f.Agent, "user-agent", "A", spec.OwnAgent, "`NAME` User-Agent to send")
			g.StringVar(&f.Contact, "contact", "", "`MAIL` mail address to add to it, for the operators of the servers")
			g.StringVarP(&f.User, "user", "u", "", "`NAME:PASSWORD` credentials for basic authentication")
			g.StringVar(&f.BearerEnv, "bearer-env", "", "`VARIABLE` environment variable with a bearer token")
			g.StringArrayVar(&f.HeaderEnv, "header-env", nil, "`NAME=VARIABLE` request header with its value from an environment "+
				"variable; repeatable")
			g.BoolVar(&f.Netrc, "netrc", false, "use the credentials in ~/.netrc")
			g.StringVar(&f.NetrcFile, "netrc-file", "", "`FILE` netrc file with credentials to use")
			g.StringArrayVar(&f.AuthHosts, "auth-host", nil, "`HOST[:PORT]` host to send credentials to (default: that of the first "+
				"request); repeatable")
			g.StringArrayVar(&f.SecretNames, "secret", nil, "`NAME` header, parameter or column whose values are secret, and are masked; repeatable")
			g.StringArrayVar(&f.SecretEnv, "secret-env", nil, "`VARIABLE` environment variable with a secret, which replaces "+
				"{VARIABLE} in URLs, -H and -d, and is masked; repeatable")
		}),
		group("network", "Network", func(g *pflag.FlagSet) {
			g.StringVarP(&f.Proxy, "proxy", "x", "", "`URL` proxy: http, https or socks5")
			g.StringArrayVar(&f.Resolve, "resolve", nil, "`HOST:PORT:ADDRESS` address to use for a host, instead of DNS; repeatable")
			g.BoolVar(&f.DenyPrivate, "deny-private", false, "refuse to connect to private, loopback and link-local addresses, redirects included")
			g.BoolVarP(&f.Insecure, "insecure", "k", false, "do not verify certificates")
			g.StringVar(&f.CACert, "cacert", "", "`FILE` CA certificates to trust, PEM")
			g.StringVar(&f.Cert, "cert", "", "`FILE` client certificate, PEM")
			g.StringVar(&f.Key, "key", "", "`FILE` private key of the client certificate, PEM (default: the --cert file)")
			g.BoolVar(&f.HTTP1, "http1", false, "use HTTP/1.1, even if the server has HTTP/2")
			g.StringVar(&f.Testserver, "testserver", "", "`ADDR` send requests for *.test hosts to the bundled slow server, or to one at ADDR")
			g.Lookup("testserver").NoOptDefVal = spec.OwnTestserver
		}),
		group("success", "Success and failure", func(g *pflag.FlagSet) {
			g.Var(&f.Accept, "accept", "statuses that count as success (default 200-299)")
			g.Var(&f.MissingOK, "missing-ok", "statuses to treat as \"not found\", not as failures, such as 404")
			g.StringArrayVar(&f.Expect, "expect", nil, "`JQ` condition that must hold for each body; repeatable")
			g.StringArrayVar(&f.ExpectText, "expect-text", nil, "`TEXT` text that each body must contain, or /REGEX/; repeatable")
			g.StringVar(&f.ExpectType, "expect-type", "", "`TYPE` type that each body must be of: json, html, csv, or such as image/png")
			g.Var(&f.MaxBody, "max-body", "maximum size of a body, decoded: 500k, 64MiB; 0: any (default 1GiB; 64MiB where a value is extracted)")
			g.Var(&f.MaxMemory, "max-memory", "maximum memory for all bodies from which values are extracted: 500M, 2GiB; 0: any "+
				"(default: a quarter of the machine's)")
			g.BoolVar(&f.FailFast, "fail-fast", false, "start no requests after the first failure")
			g.Int64Var(&f.MaxErrors, "max-errors", 0, "`N` start no requests after N failures; 0: no limit")
		}),
		group("output", "Response bodies", func(g *pflag.FlagSet) {
			g.StringVarP(&f.Output, "output", "o", "", "`DIR` directory for bodies, or names: 'out/{name}.json'; - prints them")
			g.BoolVar(&f.Overwrite, "overwrite", false, "replace existing files, instead of choosing other names")
			g.StringVar(&f.Fsync, "sync", "", "`WHEN` when to force files and the journal to disk: always (default: when the system does)")
			g.BoolVar(&f.SHA256, "sha256", false, "add the SHA-256 of each body to its record")
			g.StringVar(&f.Exec, "exec", "", "`COMMAND` shell command that reads each body; its output is the value")
			g.IntVar(&f.ExecJobs, "exec-jobs", 0, "`N` maximum commands at once (default: the number of processors)")
			g.Var(&f.ExecTimeout, "exec-timeout", "timeout for each command")
		}),
		group("jq", "Values", func(g *pflag.FlagSet) {
			g.StringVar(&f.Selected, "select", "", "`JQ` value to extract from each body; the keys of an object are columns")
			g.StringVar(&f.Split, "split", "", "`JQ` pieces to split each body into, such as '.items[]'; --select then applies to each")
			g.StringVar(&f.RowKey, "row-key", "", "`COLUMN=JQ` match each piece of --split to the row whose COLUMN has the value of JQ")
		}),
		group("pages", "Pages and polling", func(g *pflag.FlagSet) {
			g.BoolVar(&f.FollowPages, "follow-pages", false, "follow Link: rel=next to further pages")
			g.StringVar(&f.Next, "next", "", "`JQ` URL of the next page, from the body; null or nothing ends it")
			g.IntVar(&f.MaxPages, "max-pages", follow.DefaultMaxPages, "`N` maximum pages of one request")
			g.Var(&f.NextWait, "next-wait", "wait before each further page, which may be the same one: polling")
			g.Var(&f.Every, "every", "interval at which to send the whole list again, even if the last round has not ended")
			g.Var(&f.Last, "for", "duration of --every (default: until interrupted)")
		}),
		group("journal", "Journal", func(g *pflag.FlagSet) {
			g.StringVarP(&f.Journal, "journal", "j", "", "`FILE` journal, for fetch resume, retry and report")
			g.BoolVar(&f.Fresh, "fresh", false, "start the journal anew if it exists")
		}),
		group("formats", "Reports", func(g *pflag.FlagSet) {
			g.StringVarP(&f.Format, "format", "f", "table", "`FORMAT` output format: "+strings.Join(report.Formats(), " ")+"; results "+
				"are in the order of completion, but csv, tsv and markdown of --rows with --select, or with --fields, in that of the list")
			g.BoolVar(&f.Ordered, "ordered", false, "results in the order of the list, not of completion")
			g.BoolVar(&f.NoResults, "no-results", false, "the summary only; reports in files that have none (ndjson, csv, tsv) stay complete")
			g.StringArrayVar(&f.Reports, "report", nil, "`FILE` additional report, its format by extension: .txt .json .ndjson .csv "+
				".tsv .md; repeatable")
			g.BoolVar(&f.DropFailed, "drop-failed", false, "omit failures from csv, tsv, ndjson and markdown")
			g.BoolVar(&f.CSVSafe, "csv-safe", false, "escape formula-like cells of csv and tsv with ', for spreadsheets")
			g.Bool("csv-raw", false, "do not escape formula-like cells (the default)")
			g.StringVar(&f.Baseline, "baseline", "", "`N` send the list, or its first N requests, one at a time first, to measure the speedup")
			g.Lookup("baseline").NoOptDefVal = spec.BaselineAll
		}),
		group("fields", "Fields", func(g *pflag.FlagSet) {
			g.StringArrayVar(&f.Fields, "fields", nil, "`COLUMNS` columns of csv, tsv and markdown, beside cells of the row and "+
				"selected values: status,latency_ms,url")
		}),
		group("output", "Progress and messages", func(g *pflag.FlagSet) {
			g.StringVar(&f.Progress, "progress", "auto", "`HOW` progress display: auto, bar, plain, json or none")
			g.StringVar(&f.Color, "color", "auto", "`WHEN` colors: auto, always or never")
			g.BoolVarP(&f.Quiet, "quiet", "q", false, "only errors on standard error, and what is missing in the data")
			g.BoolVarP(&f.Verbose, "verbose", "v", false, "print each failed attempt as it happens")
			g.StringVar(&f.Metrics, "metrics", "", "`ADDRESS` address, such as :9090, to serve Prometheus metrics at during the run")
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
