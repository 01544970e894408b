// Package spec is what is to be done, as plain data: a list to be carried out, a load test, a sweep, a folder kept in step. It
// checks that it makes sense, and says how it is written in a journal and shown in a report.
package spec

import (
	"slices"
	"strings"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/policy"
	"example.com/fetch/internal/report"
)

// Version is what -V prints and User-Agent carries.
const Version = "0.1.0"

// Spec is what is to be done with a list: everything that flags ask for, and which of them were given.
type Spec struct {
	Concurrency int
	PerHost     value.PerHost[int]
	Rates       value.PerHost[fetcher.Rate] // only the unnamed ones are used
	RateHost    value.PerHost[fetcher.Rate]
	Burst       int
	Robots      bool // keep to robots.txt
	Asked

	Timeout, Connect, Stall, TTFB, Total, Deadline value.Seconds

	Retries      int
	RetryMaxWait value.Seconds
	RetryOn      value.RetryOn
	RetryUnsafe  bool
	RetryBudget  value.Share
	GiveUp       value.Seconds
	NoAdapt      bool
	Forget       bool // what earlier runs have learned of hosts
	NoShare      bool // each run by itself keeps to the policies of hosts

	Method         string
	Head, Location bool
	Headers        []string
	MaxRedirects   int
	SetCookies     string // a key of cookiesSent
	Body
	Who

	Insecure, HTTP1 bool
	DenyPrivate     bool
	Proxy           string
	Resolve         []string
	CACert, Cert    string
	Key             string
	Testserver      string

	List
	FollowPages bool
	Next        string
	MaxPages    int
	NextWait    value.Seconds

	Ordered   bool
	FailFast  bool
	MaxErrors int64
	Baseline  string

	Accept, MissingOK value.Statuses
	Expect            []string
	ExpectText        []string
	ExpectType        string
	MaxBody           value.Size
	MaxMemory         value.Size

	Output, Fsync string
	Overwrite     bool
	SHA256        bool
	Selected      string
	Split         string
	RowKey        string // COLUMN=JQ: the rows that pieces belong to
	Fields        []string
	Exec          string
	ExecJobs      int
	ExecTimeout   value.Seconds

	Journal         string
	Fresh           bool
	Format          string
	NoResults       bool
	Reports         []string
	DropFailed      bool
	CSVSafe         bool
	Color, Progress string
	Metrics         string
	Quiet, Verbose  bool

	Given       []Flag // of the command line
	OwnReport   bool   // the command makes the report on standard output itself
	OnlyReports bool   // the command makes reports, and nothing else
}

// What flags have that are not given, or given without a value.
const (
	BaselineAll     = "all"
	OwnTestserver   = "own"
	DefaultCookies  = "request"
	DefaultAttempts = 30 * time.Second
	DefaultConnect  = 10 * time.Second
	DefaultStall    = 30 * time.Second
)

// limitOfHost is what the flags ask for of a host, and whether any of them names it.
func (f *Spec) limitOfHost(host string) (fetcher.Limit, bool) {
	slots, ownSlots := f.PerHost.Of(host)
	rates, ownRates := f.RateHost.Of(host)
	return f.limitOf(slots, rates), ownSlots || ownRates
}

// AskedOf is what is asked for of a host: hops in flight, and hops a second, which are 0 if there is no bound.
func (f *Spec) AskedOf(host string) (slots int, perSecond float64) {
	inFlight, _ := f.PerHost.Of(host)
	rates, _ := f.RateHost.Of(host)
	limit := f.limitOf(inFlight, slices.Concat(rates, f.Rates.Every))
	if p := f.PolicyOf(host); p != nil {
		limit = policy.Stricter(limit, p.Limit)
	}
	for _, r := range limit.Rates {
		if n := r.PerSecond(); perSecond == 0 || n < perSecond {
			perSecond = n
		}
	}
	most := f.Concurrency
	if f.Auto() {
		most = fetcher.AutoWorkers
	}
	if limit.InFlight > 0 {
		return min(limit.InFlight, most), perSecond
	}
	return most, perSecond
}

// Auto reports whether the concurrency is to be found.
func (f *Spec) Auto() bool { return f.Concurrency == fetcher.Auto }

// Slots is how many requests may be in flight, as far as -c goes, whatever the system allows: the bound of all floors.
func (f *Spec) Slots() int {
	if f.Auto() {
		return fetcher.AutoWorkers + fetcher.AutoUnheard
	}
	return f.Concurrency
}

func (f *Spec) limitOf(slots []int, rates []fetcher.Rate) fetcher.Limit {
	limit := fetcher.Limit{Rates: f.bursts(rates)}
	if len(slots) > 0 {
		limit.InFlight = slots[len(slots)-1] // the last one given counts, as with every other flag
	}
	return limit
}

func (f *Spec) bursts(rates []fetcher.Rate) []fetcher.Rate {
	out := make([]fetcher.Rate, len(rates))
	for i, r := range rates {
		r.Burst = f.Burst
		out[i] = r
	}
	return out
}

// cookiesSent are the choices of --cookies.
var cookiesSent = map[string]fetcher.Cookies{
	DefaultCookies: fetcher.CookiesOfRequest, "run": fetcher.CookiesOfRun, "none": fetcher.NoCookies,
}

// Engine makes the engine, but for its transport.
func (f *Spec) Engine() *fetcher.Fetcher {
	slots, _ := f.InFlight()
	limits := f.limits((*policy.Policy).Kept)
	if f.Auto() {
		slots, limits.Total.InFlight = fetcher.Auto, slots
	}
	timeouts := fetcher.Timeouts{
		Attempt:   time.Duration(f.Timeout),
		Connect:   time.Duration(f.Connect),
		FirstByte: time.Duration(f.TTFB),
		Stall:     time.Duration(f.Stall),
		Request:   time.Duration(f.Total),
	}
	return &fetcher.Fetcher{
		Workers:      slots,
		MaxRedirects: orNone(f.MaxRedirects),
		MaxBody:      f.bodyLimit(),
		Cookies:      cookiesSent[f.SetCookies],
		Accept:       f.Accepts(),
		Timeout:      timeouts,
		TimeoutsOf:   f.timeoutsOf(timeouts),
		Limits:       limits,
		Retry: fetcher.Retry{
			Max:     orNone(f.Retries),
			MaxWait: time.Duration(f.RetryMaxWait),
			Unsafe:  f.RetryUnsafe,
			Policy:  f.retryPolicy(),
			Budget:  f.RetryBudget.Budget(),
			GiveUp:  orNone(time.Duration(f.GiveUp)),
		},
		NoAdapt: f.NoAdapt,
		InOrder: f.InOrder(),
	}
}

// TakesValues reports whether bodies are held in memory, for expressions to work on.
func (f *Spec) TakesValues() bool {
	return f.Selected != "" || f.Split != "" || f.Next != "" || f.ExpectType != "" || len(f.Expect)+len(f.ExpectText) > 0
}

// AsTable reports whether the flat reports are the user's own table: the columns of the rows, what was selected, and
// no more than what --fields names.
func (f *Spec) AsTable() bool {
	return f.Templated() && f.HasValues() || len(f.Fields) > 0
}

// InOrder reports whether results are to come in the order of the list. A table of answers, which has a row for each result as
// they come and no order of its own, has the order of the rows.
func (f *Spec) InOrder() bool {
	if f.Ordered || !f.AsTable() {
		return f.Ordered
	}
	formats := []string{f.Format}
	for _, name := range f.Reports {
		format, _ := report.ByExtension(name)
		formats = append(formats, format)
	}
	return slices.ContainsFunc(formats, func(format string) bool { return slices.Contains(flat, format) })
}

var flat = []string{"csv", "tsv", "markdown"}

// orNone turns the 0 of a flag, which means none, into what means none to the library.
func orNone[T int | int64 | time.Duration](n T) T {
	if n == 0 {
		return -1
	}
	return n
}

// ReadsStdin reports whether the list, or its table, comes from standard input.
func (f *Spec) ReadsStdin(sources []string) bool {
	return f.Rows == StdinSource || slices.Contains(sources, StdinSource)
}

// StdinSource stands for standard input in the place of a file.
const StdinSource = "-"

// FilesRead are the files that flags name.
func (f *Spec) FilesRead() []string {
	names := []string{f.CACert, f.Cert, f.Key, f.NetrcFile, f.Journal}
	names = append(names, f.Body.FilesRead()...)
	for _, value := range f.Headers {
		if name, ok := strings.CutPrefix(value, "@"); ok {
			names = append(names, name)
		}
	}
	return names
}

// List says what the list is made of.
type List struct {
	InputFormat string
	Rows        string
	Set         []string
	Batch       string
	Dedupe      bool
	Cookies     bool
	SkipBad     bool
	Every, Last value.Seconds
}

// Templated reports whether braces in URLs stand for values.
func (f *List) Templated() bool { return f.Rows != "" || len(f.Set) > 0 }

// FilesRead are the files that these flags name.
func (f *List) FilesRead() []string {
	names := []string{f.Rows}
	for _, s := range f.Set {
		if _, value, ok := strings.Cut(s, "=@"); ok {
			names = append(names, value)
		}
	}
	return names
}

// Polling is the time between two rounds of the list, and how long to go on, 0 meaning for ever; every is 0 without --every.
func (f *List) Polling() (every, last time.Duration) {
	return time.Duration(f.Every), time.Duration(f.Last)
}

// ReportFlags are the flags of a run that a report of it takes, too.
var ReportFlags = []string{"format", "no-results", "report", "csv-safe", "csv-raw", "color", "quiet", "fields", "ordered", "drop-failed"}

// ReportedAs is a run with the flags that shape its reports, but not those that say where they went.
func ReportedAs(run *journal.Leg) *journal.Leg {
	again := *run
	again.Again = nil
	again.Flags = slices.DeleteFunc(slices.Clone(run.Flags), func(f journal.Flag) bool {
		return f.Name != "fields" && f.Name != "csv-safe" && f.Name != "ordered" && slices.Contains(ReportFlags, f.Name)
	})
	return &again
}
