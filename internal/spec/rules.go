package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"example.com/fetch/internal/report"
)

// when is what is said where a rule is broken; nil where it is not.
func when(broken bool, format string, args ...any) error {
	if !broken {
		return nil
	}
	return fmt.Errorf(format, args...)
}

func (f *Spec) checkCookies() error {
	_, ok := cookiesSent[f.SetCookies]
	return when(!ok, "--cookies: write request, run or none; a cookie of your own is sent with -H 'Cookie: NAME=VALUE'")
}

// Check finds what is wrong with the flags together.
func (f *Spec) Check() error {
	return cmp.Or(
		when(f.Concurrency < 1 && !f.Auto(), "-c %d: at least 1 request must be in flight", f.Concurrency),
		when(f.Burst < 1, "--burst %d: at least 1", f.Burst),
		when(len(f.Rates.Hosts) > 0, "--rate is for all hosts together; write --rate-host %s", f.Rates.String()),
		when(f.Retries < 0, "--retries %d: 0 or more", f.Retries),
		when(f.MaxRedirects < 0, "--max-redirects %d: 0 or more", f.MaxRedirects),
		f.checkCookies(),
		when(f.MaxErrors < 0, "--max-errors %d: 0 or more", f.MaxErrors),
		when(f.Head && f.Method != "", "-I sends HEAD; leave out -I or -X"),
		when(f.Journal != "" && f.Body.ReadsStdin(),
			"-j: what is sent comes from standard input, which fetch resume could not read again; save it to a file"),
		when(IsRowKey(f.Key), "--key %s: --key is the file of a certificate's key; write --row-key %[1]s", f.Key),
		when(f.Key != "" && f.Cert == "", "--key %s: the key of a certificate needs --cert", f.Key),
		when(f.RowKey != "" && !f.Templated(), "--row-key matches pieces to rows: name the table with --rows FILE"),
		when(f.RowKey != "" && f.Split == "", "--row-key matches pieces to rows: --split JQ says what the pieces are"),
		when(f.Batch != "" && f.Follows(), "--batch has one answer for its rows: leave out --next and --follow-pages"),
		when(f.Batch != "" && f.HasValues() && (f.RowKey == "" || f.Split == ""),
			"--batch sends one request for many rows: --split and --row-key match the pieces of its response to them, such as"+
				" --split '.PropertyTable.Properties[]' --row-key cid=.CID"),
		when(!slices.Contains([]string{"auto", "always", "never"}, f.Color), "--color %q: auto, always or never", f.Color),
		f.checkEmpty(), f.Body.check(f.Head),
		when(f.Batch != "" && !f.Templated(), "--batch sends one request for many rows: name their table with --rows FILE"),
		when(f.Last > 0 && f.Every == 0, "--for says how long to go on with --every: give that, too"),
		when(f.Contact != "" && f.Agent != OwnAgent, "--contact is added to our own User-Agent: put it into -A yourself"),
		when(f.Selected != "" && f.Exec != "", "--select and --exec both make the value: choose one"),
		when(f.Split != "" && f.Exec != "", "--exec reads whole bodies, and --split takes them apart: choose one"),
		when(f.Exec != "" && f.Output == ToStdout, "--exec takes the bodies that -o - would print: choose one"),
		when(f.Fsync != "" && f.Fsync != "always", "--sync %q: always is the only choice", f.Fsync),
		when(f.ExecJobs < 0, "--exec-jobs: write a number from 1"),
		when(f.Exec == "" && (f.ExecJobs > 0 || f.ExecTimeout > 0),
			"--exec-jobs and --exec-timeout are for programs: name one with --exec"),
		report.CheckFields(f.columns()),
		when(f.FollowPages && f.Next != "", "--follow-pages and --next both say what comes next: choose one"),
		when(f.MaxPages < 1, "--max-pages: write a number from 1"),
		when(f.NextWait > 0 && !f.Follows(), "--next-wait is for --next and --follow-pages: give one of them"),
		when(f.Robots && f.Baseline != "", "--baseline sends the list before any robots.txt is known, which --robots forbids: leave out one of them"),
		when(f.Fresh && f.Journal == "", "--fresh begins a journal anew: name it with -j FILE"),
		when(strings.HasPrefix(f.Journal, "-"),
			"-j %s: a journal is a file; one with such a name is written ./%s", f.Journal, f.Journal),
	)
}

// IsRowKey reports whether the value of a --key is what --row-key has now: COLUMN=JQ, and no path.
func IsRowKey(text string) bool {
	return strings.Contains(text, "=") && text[0] != '/' && text[0] != '.'
}

// maybeEmpty are the flags that may have an empty value: no User-Agent, no proxy, an empty body.
var maybeEmpty = []string{"user-agent", "proxy", "data", "data-raw", "data-binary", "data-urlencode", "json"}

// checkEmpty refuses values that are empty. Most often a variable of the shell is unset, and passing over the flag would
// do something else than what was meant: send braces as they stand, or keep nothing.
func (f *Spec) checkEmpty() error {
	for _, v := range f.Given {
		if v.Value == "" && !slices.Contains(maybeEmpty, v.Name) {
			return fmt.Errorf("--%s has an empty value: write one, or leave the flag out", v.Name)
		}
	}
	return nil
}

// check finds flags that do not go together; head is -I.
func (b *Body) check(head bool) error {
	stdin := 0
	for i, v := range b.Given {
		if fileOfBody(v.Name, v.Value) == StdinSource {
			stdin++
		}
		first, own := bodyFlags[b.Given[0].Name], bodyFlags[v.Name]
		err := cmp.Or(
			when(stdin > 1, "%s: standard input is named twice; write - once", own.short),
			when(own.kind != first.kind, "%s and %s: a request has one body; choose one", first.short, own.short),
			when(b.ToQuery && (own.kind != dataBody || v.Name == "json"),
				"-G and %s: only what -d and --data-urlencode give can stand in a URL; leave one out", own.short),
			when(head && !b.ToQuery,
				"-I sends HEAD, which has no body: leave out -I or %s; -I -G puts the data into the URL", own.short),
			when(own.kind == uploadBody && i > 0,
				"-T is given twice: a request has one body; for a file each, name them in a table: --rows files.txt -T '{value}'"),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// CheckSync refuses what has no meaning where files are kept in step.
func (f *Spec) CheckSync() error {
	return cmp.Or(
		when(!f.ToFolder() || strings.Contains(f.Output, "{"), "sync: name the folder with -o DIR"),
		when(f.Format != "table" && f.Format != "ndjson",
			"sync -f %s: its report is a table or ndjson; --report FILE gives the others", f.Format),
		when(f.kind() == uploadBody, "sync keeps what servers send: leave out -T, or upload with fetch itself"),
		when(f.HasValues() || f.Follows() || f.Every > 0 || f.Baseline != "" || len(f.MissingOK.Pairs) > 0,
			"sync keeps files in step, and nothing else: leave out --select, --exec, --split, --next, --follow-pages,"+
				" --every, --missing-ok and --baseline"),
	)
}

// CheckPlan refuses what has no meaning where nothing is sent.
func (f *Spec) CheckPlan() error {
	return cmp.Or(
		when(f.Format != "table" && f.Format != "json", "plan -f %s: a plan is a table or json", f.Format),
		when(f.Every > 0 && f.Last == 0, "plan --every: say with --for how long it would go on"),
	)
}

// checkFlags finds what is wrong with the flags of a load test beside those of a run.
func (f *Load) checkFlags() error {
	open, c := f.Rate.Text != "", f.Run.gives("concurrency")
	return cmp.Or(
		when(open && f.Stages != "",
			"--rate and --stages both say how the load goes: choose one; --stages '0s:100/s,1m:100/s,1m:500/s' begins at a rate"),
		when(open && c, "-c is for users who wait for their answers, --rate for requests that come whatever the server does:"+
			" choose one; --max-inflight bounds what is in flight at a --rate"),
		when(f.Stages != "" && c, "--stages say how many users there are, or which rate: leave out -c"),
		when(f.Stages != "" && f.Length > 0, "--stages say how long the test lasts: leave out -z"),
		when(f.Count < 0 || f.Count == 0 && f.Run.gives("requests"), "-n %d: write a number from 1", f.Count),
		when(f.Length == 0 && f.Run.gives("duration"),
			"-z 0: write how long the test lasts, such as 30s; without -z it is 10s, or as long as -n requests take"),
		when(f.MaxInFlight < 0 || f.MaxInFlight == 0 && f.Run.gives("max-inflight"),
			"--max-inflight %d: write a number from 1", f.MaxInFlight),
		when(f.Arrivals != ConstantArrivals && f.Arrivals != poissonArrivals, "--arrivals %q: constant or poisson", f.Arrivals),
		when(f.Connections.Most < 0, "--connections %d: write a number from 1", f.Connections.Most),
		when(f.Connections.Most > 0 && f.Connections.Always, "--disable-keepalive makes a connection for each request:"+
			" leave out --connections, or bound what is in flight with --per-host"),
		when(!slices.Contains(report.LoadFormats(), f.Run.Format),
			"-f %s: a load test is reported as %s", f.Run.Format, strings.Join(report.LoadFormats(), ", ")),
		when(f.AbortOnFail && len(f.Thresholds) == 0, "--abort-on-fail ends the test when a --threshold cannot hold any more: give one"),
		when(f.Records && f.Run.Journal == "", "--records are kept in a journal: name it with -j FILE"),
	)
}
