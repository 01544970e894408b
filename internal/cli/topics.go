package cli

import (
	"slices"
	"strings"

	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/report"
)

// topic is what fetch help tells of beside commands. The flags of its groups stand below the text.
type topic struct {
	name, title string
	text        string // none: that of the command of this name
}

// topicOf finds a topic; nil: there is none of this name.
func topicOf(name string) *topic {
	if i := slices.IndexFunc(topics, func(t topic) bool { return t.name == name }); i >= 0 {
		return &topics[i]
	}
	return nil
}

func topicNames() []string {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.name
	}
	return names
}

// topics are in the order in which they are listed.
var topics = []topic{
	{"list", "what to send: URLs, files, tables, templates",
		`A SOURCE is a file, a URL, or - for standard input. A file has one URL a line (a
name may stand before it; lines that begin with # are comments), or it is one of
the formats of fetch help formats, which is detected.

With --rows or --set a URL is a template: it gives a request for each row, in
which {column} is replaced by the row's cell, encoded as its place in the URL
needs it. {?a,b} and the like work as in RFC 6570. Without these flags braces
are literal. fetch plan SOURCE shows what would be sent, and sends nothing.`},
	{"limits", "concurrency and rate limits, in total and for each host",
		`At most -c requests are in flight at once, and -r start per time, retries and
redirects included; --per-host and --rate-host bound each host. All limits hold
together. A host that has to wait holds up no other.

A host that answers 429 or 503, or states its limits in headers, gets less, down
to what it serves, and more again when it recovers; --no-adapt switches that
off. Limits of well-known services apply by the names of their hosts: fetch
policy lists them, and fetch policy HOST says what holds for a host.

To find out what a server takes, see fetch sweep.`},
	{"retries", "timeouts, retries and back-off",
		`Retried are failures that may be transient: connection errors, timeouts, broken
bodies, and the statuses 408, 425, 429, 500, 502, 503 and 504. Methods that are
not idempotent, such as POST, are retried only if the server cannot have
processed them, or with --retry-unsafe. Back-off has full jitter, and Retry-After is obeyed. A
refusal (429, 503) by a host that serves others costs no retry.

Retries after other failures have a budget for each host, so that a broken
server is not loaded further. A host that serves nothing is given up; its other
requests fail at once, with the class circuit_open, and fetch resume sends them.

--retry-on names what to retry instead, as statuses (429, 5xx) and error classes
(timeout, connect, conn_reset, expect, ...), which fetch help report lists.`},
	{"request", "method, headers, body, redirects, cookies",
		`These flags mean what they mean in curl, and hold for all requests of the list.
What the list itself says of a request goes first. A request has one body: data,
a form, or a file. With --rows, {column} is replaced in headers and bodies, too.`},
	{"auth", "credentials, and the hosts that they are for",
		`Credentials are sent only to their host and never appear in reports. Their host
is that of --auth-host, or else that of the first request; no redirect takes them
to another. What comes from the environment or a file does not show in ps.

In reports and journals the credentials of a request are masked, and so are
headers and parameters whose names mean secrets, and those of --secret.`},
	{"network", "proxy, DNS, TLS, HTTP version",
		`Proxies are also taken from http_proxy, https_proxy and no_proxy. HTTP/2 is used
wherever a server offers it over TLS.`},
	{"success", "what counts as success, and when to stop",
		`A request succeeds if its status is accepted (200 to 299 unless --accept says
otherwise), its body is complete, and all that --expect, --expect-text and
--expect-type say holds for it. A body that is not as expected fails with the
class expect, and is not retried unless --retry-on expect is given.

--missing-ok 404 counts a 404 as success: "not found" is a valid result.`},
	{"output", "where bodies, progress and messages go",
		`Bodies are read and counted, and kept only where a flag asks for that: -o for
files, -o - for standard output, --select for values, --exec for programs. A
failed request leaves no file, and no existing file is replaced. Names come from
the URL or from the request's name: -o 'out/{name}.json', {host}, {seq}.

Standard output has data only: the report (-f), or with -o - the bodies.
Progress, warnings and errors go to standard error.`},
	{"jq", "values from JSON bodies, and the language of expressions",
		`Expressions are written in the language of jq:

  .name                      a member           ."first-name", .a.b.c
  .items[0]                  an element         .items[-1]
  .items[]                   each of them       .items[] | .name
  {name, mass: .weight}      an object; with --select a column for each key
  .name // "?"               a default          .a.b?  no error if there is none
  .items | length            [.[] | select(.n > 5)]       .mass | tonumber

--select takes a value from each body. --split takes bodies apart first, and
--row-key matches the pieces to rows of --batch. Conditions for success
(--expect) and the next page (--next) are expressions over the body, too; --where
of fetch report and fetch retry is one over records: '.status == 404'.

Numbers keep their digits. An expression sees its input and nothing else: no
files, no environment.`},
	{"pages", "further pages, polling, repeated runs",
		`Each further page is a result of its own, for which all limits hold. A page that
fails ends its chain. With --next-wait a page may name itself, which is how a job
is polled until it is done.

--every sends the whole list again and again; each round has requests of its own
in the report.`},
	{"journal", "runs that can be resumed, retried and reported again",
		`A journal has a line of JSON for each result as it comes. Whatever ends the run,
fetch resume FILE sends what is left, fetch retry FILE what failed, and fetch
report FILE makes any report of it, without the network. fetch diff compares two
of them. A journal has no secrets in it, and is readable by its owner alone.`},
	{"formats", "formats of lists and of reports",
		`Formats of lists, by --input-format, extension or content:

` + described(format.Names(), inputTexts) + `
Formats of reports, by -f or by the extension of --report:

` + described(report.Formats(), reportTexts) + described(report.LoadFormats(), loadTexts) + `
All formats but table and markdown have data as it is, for programs. CSV of
--rows and --select is a table of the rows with their values: in the order of
the list, with nothing else in it.`},
	{"fields", "columns of CSV, TSV and Markdown",
		`With --fields, csv, tsv and markdown have the cells of --rows, the values of
--select, and these columns; fetch help report says how times are measured:

` + strings.TrimSuffix(described(report.FieldNames(), fieldTexts), "\n")},
	{"load", "load tests: users, rates, thresholds", ""},
	{"report", "what each number of the report means", ""},
	{"exit-codes", "what the exit code says",
		`  0     all requests succeeded
  1     an error of fetch itself, or of the disk
  2     wrong usage, or a list that cannot be read
  3     at least one request failed
  4     a response was not as expected (--expect, --expect-text, --expect-type),
        or had nothing for a row of a --batch
  7     unfinished: --deadline, --fail-fast, --max-errors; in a load test,
        requests were due and never sent
  99    a --threshold of fetch load, or a --fail-if of fetch diff, does not hold
  129   the terminal was closed (SIGHUP)
  130   interrupted by Ctrl-C (SIGINT)
  141   the reader of standard output has gone (SIGPIPE)
  143   terminated (SIGTERM)

Where several apply, the first of these counts: 1, 2, signals, 7, 99, 4, 3.
fetch report exits with 0 if the report could be made, whatever it says.`},
}

// described is names with what they are. Names without a text are left out.
func described(names []string, texts map[string]string) (text string) {
	for _, name := range names {
		if texts[name] != "" {
			text += hanging("  "+name, texts[name], 17)
		}
	}
	return text
}

// inputTexts say what the formats of lists are.
var inputTexts = map[string]string{
	"lines": "one URL a line, or a name and a URL", "csv": "a table with a column url", "tsv": "the same with tabs",
	"jsonl":  "a JSON object a line, with url, and name, method, headers, body if needed",
	"vegeta": "targets of vegeta", "vegeta-json": "targets of vegeta, in JSON",
	"aria2": "an input file of aria2", "har": "an HTTP archive, such as browsers save", "sitemap": "a sitemap.xml",
}

// reportTexts say what the formats of reports are.
var reportTexts = map[string]string{
	"table": "results and summary, for people", "json": "one object: run, results and summary",
	"ndjson": "a JSON record a line, as requests end",
	"csv":    "a line for each result; for each row of a batch", "tsv": "the same with tabs",
	"markdown": "a table and the summary, for people",
}

// loadTexts say what the formats are that load tests alone have.
var loadTexts = map[string]string{
	"junit": "thresholds as test cases, for CI (fetch load)", "hlog": "HdrHistogram log, an interval a line (fetch load)",
	"hgrm": "HdrHistogram percentiles (fetch load)",
}

// fieldTexts say what the fields of a report are.
var fieldTexts = map[string]string{
	"seq": "place of the request in the list, from 1", "page": "page of the request, from 1", "name": "name of the request",
	"method": "method", "url": "URL, secrets masked", "final_url": "URL after redirects", "host": "host and port of the request",
	"ok": "true or false", "status": "status of the last response; 0: none", "class": "error class; empty: success", "error": "error message",
	"error_body": "what the body of a failed response says", "attempts": "number of attempts",
	"due_ms": "time at which it could first have been sent, from the start of the run", "queue_ms": "time waiting for a free slot",
	"limiter_ms": "time waiting for a rate limit or a pause", "service_ms": "time taken by network and server, over all attempts",
	"backoff_ms": "time between attempts", "response_ms": "from due to the end: queue + limiter + service + back-off",
	"ttfb_ms": "time to the first byte", "bytes": "size of the body, decoded", "wire_bytes": "size of the body as transferred",
	"content_type": "Content-Type", "notes": "what was odd, such as max_pages", "latency_ms": "the same as service_ms",
	"file": "file of the body (-o)", "digest": "xxHash64 of the body", "sha256": "SHA-256 of the body (--sha256)", "etag": "ETag",
	"id": "fingerprint of the request",
}
