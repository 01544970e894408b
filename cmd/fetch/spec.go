package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

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

	given       []flagValue // of the command line
	ownReport   bool        // the command makes the report on standard output itself
	onlyReports bool        // the command makes reports, and nothing else
}

// noValue stands for an optional value that was left out.
const (
	baselineAll     = "all"
	ownTestserver   = "own"
	defaultAttempts = 30 * time.Second
	defaultConnect  = 10 * time.Second
	defaultStall    = 30 * time.Second
)

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

// readsStdin reports whether the list, or its table, comes from standard input.
func (f *runFlags) readsStdin(sources []string) bool {
	return f.rows == stdinSource || slices.Contains(sources, stdinSource)
}

const stdinSource = "-"

// filesRead are the files that flags name.
func (f *runFlags) filesRead() []string {
	names := []string{f.cacert, f.cert, f.keys.file, f.netrcFile, f.journal}
	names = append(names, f.bodyFlags.filesRead()...)
	for _, value := range f.headers {
		if name, ok := strings.CutPrefix(value, "@"); ok {
			names = append(names, name)
		}
	}
	return names
}
