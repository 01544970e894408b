package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/report"
)

// runFlags are the flags of everything that sends a list.
type runFlags struct {
	concurrency int
	perHost     perHost[int]
	rates       perHost[fetcher.Rate] // only the unnamed ones are used
	rateHost    perHost[fetcher.Rate]
	burst       int

	timeout, connect, stall, ttfb, total, deadline seconds

	retries      int
	retryMaxWait seconds
	retryOn      retryOn
	retryUnsafe  bool
	retryBudget  share
	giveUp       seconds
	noAdapt      bool

	method         string
	head, location bool
	headers        []string
	maxRedirects   int
	bodyFlags
	whoFlags

	insecure, http1 bool
	proxy           string
	resolve         []string
	cacert, cert    string
	keys            keys
	testserver      string

	listFlags
	followFlags
	ordered   bool
	failFast  bool
	maxErrors int64
	baseline  string

	keepFlags
	journalFlags
	format          string
	noResults       bool
	reports         []string
	csvSafe         bool
	color, progress string
	quiet, verbose  bool

	all         []group // where they are defined
	ownReport   bool    // the command makes the report on standard output itself
	onlyReports bool    // the command makes reports, and nothing else
}

// group is a heading of the help text and the flags under it.
type group struct {
	title string
	flags *pflag.FlagSet
}

// noValue stands for an optional value that was left out.
const (
	baselineAll     = "all"
	ownTestserver   = "own"
	defaultAttempts = 30 * time.Second
	defaultConnect  = 10 * time.Second
	defaultStall    = 30 * time.Second
)

// groups defines the flags, in the order and under the headings of the help text.
func (f *runFlags) groups() []group {
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
	f.bodyFlags.define(request)
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

	f.journalFlags.define(course)

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

	f.all = []group{
		{"The list", f.listFlags.define()},
		{"How fast", speed},
		{"How patient", patience},
		{"What is sent", request},
		{"Who asks", f.whoFlags.define()},
		{"Over which network", network},
		{"What counts as success", f.keepFlags.defineSuccess()},
		{"What is kept of an answer", f.keepFlags.defineKeeping()},
		{"Further pages", f.followFlags.define()},
		{"The course of the run", course},
		{"What comes out", output},
	}
	return f.all
}

func parseSlots(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("write a number from 1, or HOST=N")
	}
	return n, nil
}

// check finds what is wrong with the flags together.
func (f *runFlags) check() error {
	switch {
	case f.concurrency < 1:
		return fmt.Errorf("-c %d: at least 1 request must be in flight", f.concurrency)
	case f.burst < 1:
		return fmt.Errorf("--burst %d: at least 1", f.burst)
	case len(f.rates.hosts) > 0:
		return fmt.Errorf("--rate is for all hosts together; write --rate-host %s", f.rates.String())
	case f.retries < 0:
		return fmt.Errorf("--retries %d: 0 or more", f.retries)
	case f.maxRedirects < 0:
		return fmt.Errorf("--max-redirects %d: 0 or more", f.maxRedirects)
	case f.maxErrors < 0:
		return fmt.Errorf("--max-errors %d: 0 or more", f.maxErrors)
	case f.head && f.method != "":
		return fmt.Errorf("-I sends HEAD; leave out -I or -X")
	case f.journal != "" && f.bodyFlags.readsStdin():
		return errors.New("-j: what is sent comes from standard input, which fetch resume could not read again; save it to a file")
	case f.keys.file != "" && f.cert == "":
		return fmt.Errorf("--key %s: the key of a certificate needs --cert; the rows of a --batch are told by COLUMN=JQ, such as cid=.CID", f.keys.file)
	case f.keys.row != "" && !f.templated():
		return errors.New("--key leads pieces back to rows: name the table with --rows FILE")
	case f.keys.row != "" && f.split == "":
		return errors.New("--key leads pieces back to rows: say with --split what the pieces are")
	case f.batch != "" && f.follows():
		return errors.New("--batch has one answer for its rows: leave out --next and --follow-pages")
	case f.batch != "" && f.hasValues() && (f.keys.row == "" || f.split == ""):
		return errors.New("--batch puts rows together: say with --split and --key how its answers come apart, such as" +
			" --split '.PropertyTable.Properties[]' --key cid=.CID")
	case f.color != "auto" && f.color != "always" && f.color != "never":
		return fmt.Errorf("--color %q: auto, always or never", f.color)
	}
	return cmp.Or(f.checkEmpty(), f.bodyFlags.check(f.head), f.listFlags.check(), f.whoFlags.check(), f.keepFlags.check(), f.followFlags.check(), f.journalFlags.check())
}

// limits are the limits that the flags ask for.
func (f *runFlags) limits() fetcher.Limits {
	l := fetcher.Limits{
		Total:   fetcher.Limit{Rates: f.bursts(f.rates.every)},
		PerHost: f.limitOf(f.perHost.every, f.rateHost.every),
	}
	if len(f.perHost.hosts)+len(f.rateHost.hosts) > 0 {
		l.Host = func(host string) (fetcher.Limit, bool) {
			slots, ownSlots := f.perHost.of(host)
			rates, ownRates := f.rateHost.of(host)
			return f.limitOf(slots, rates), ownSlots || ownRates
		}
	}
	return l
}

// askedOf is what is asked for of a host: hops in flight, and hops a second, which are 0 if there is no bound.
func (f *runFlags) askedOf(host string) (slots int, perSecond float64) {
	inFlight, _ := f.perHost.of(host)
	rates, _ := f.rateHost.of(host)
	limit := f.limitOf(inFlight, slices.Concat(rates, f.rates.every))
	for _, r := range limit.Rates {
		if n := r.PerSecond(); perSecond == 0 || n < perSecond {
			perSecond = n
		}
	}
	if limit.InFlight > 0 {
		return min(limit.InFlight, f.concurrency), perSecond
	}
	return f.concurrency, perSecond
}

func (f *runFlags) limitOf(slots []int, rates []fetcher.Rate) fetcher.Limit {
	limit := fetcher.Limit{Rates: f.bursts(rates)}
	if len(slots) > 0 {
		limit.InFlight = slots[len(slots)-1] // the last one given counts, as with every other flag
	}
	return limit
}

func (f *runFlags) bursts(rates []fetcher.Rate) []fetcher.Rate {
	out := make([]fetcher.Rate, len(rates))
	for i, r := range rates {
		r.Burst = f.burst
		out[i] = r
	}
	return out
}

// fetcher makes the engine, but for its transport.
func (f *runFlags) fetcher() *fetcher.Fetcher {
	engine := &fetcher.Fetcher{
		Workers:      f.concurrency,
		MaxRedirects: orNone(f.maxRedirects),
		MaxBody:      f.bodyLimit(f.takesValues()),
		Accept:       f.accepts(),
		Timeout: fetcher.Timeouts{
			Attempt:   time.Duration(f.timeout),
			Connect:   time.Duration(f.connect),
			FirstByte: time.Duration(f.ttfb),
			Stall:     time.Duration(f.stall),
			Request:   time.Duration(f.total),
		},
		Limits: f.limits(),
		Retry: fetcher.Retry{
			Max:     orNone(f.retries),
			MaxWait: time.Duration(f.retryMaxWait),
			Unsafe:  f.retryUnsafe,
			Policy:  f.retryOn.policy(),
			Budget:  f.retryBudget.budget(),
			GiveUp:  orNone(time.Duration(f.giveUp)),
		},
		NoAdapt: f.noAdapt,
		InOrder: f.inOrder(),
	}
	return engine
}

// takesValues reports whether bodies are held in memory, for expressions to work on.
func (f *runFlags) takesValues() bool {
	return f.selected != "" || f.split != "" || f.next != "" || f.expectType != "" || len(f.expect) > 0
}

// asTable reports whether the flat reports are the user's own table: the columns of the rows, what was selected, and
// no more than what --fields names.
func (f *runFlags) asTable() bool {
	return f.templated() && f.hasValues() || len(f.fields) > 0
}

// inOrder reports whether results are to come in the order of the list. A table of answers has the order of its rows.
func (f *runFlags) inOrder() bool {
	if f.ordered {
		return true
	}
	return f.asTable() && slices.ContainsFunc(f.formats(), isFlat)
}

// isFlat reports whether a report has a row for each result, as they come, and no order of its own.
func isFlat(format string) bool { return format == "csv" || format == "tsv" || format == "markdown" }

// formats are the formats of all reports.
func (f *runFlags) formats() []string {
	all := []string{f.format}
	for _, name := range f.reports {
		if format, ok := report.ByExtension(name); ok {
			all = append(all, format)
		}
	}
	return all
}

// orNone turns the 0 of a flag, which means none, into what means none to the library.
func orNone[T int | int64 | time.Duration](n T) T {
	if n == 0 {
		return -1
	}
	return n
}
