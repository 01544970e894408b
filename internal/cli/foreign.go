package cli

import (
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// foreign has what curl, wget, aria2, GNU parallel, hey, oha, vegeta, wrk and k6 call flags, and what else people guess.
var foreign = []struct {
	names string // without dashes
	ours  string // the flag of ours that a command must have for this to hold, and perhaps its value behind a =
	say   string // what to write; empty: ours
	same  bool   // it means exactly the same, so that it is taken
}{
	{"workers parallel-max max-threads max-procs max-concurrent-downloads jobs vus users", "concurrency", "", true},
	{"threads parallel Z connections max-connections", "concurrency", "-c N sets the number of requests in flight", false},
	{"parallel-max-host", "per-host", "", true},
	{"max-connection-per-server max-per-host", "per-host", "", false},
	{"rps qps query-per-second", "rate", "", true},
	{"R", "rate", "", false},
	{"max-workers", "max-inflight", "", true},
	{"max-vus", "max-inflight", "", false},
	{"max-workers", "deadline", "-c N sets the number of requests in flight", false},
	{"max-concurrency max-concurrent max-parallel concurrent", "concurrency", "", false},
	{"max-rate limit-rps rate-limit ratelimit throttle requests-per-second", "rate", "", false},
	{"iterations", "requests", "", true},
	{"i number num-requests total-requests total count", "requests", "-n N sets the number of requests", false},
	{"run-time test-duration time", "duration", "", false},
	{"arrival-rate", "rate", "", false},
	{"think-time pause", "think", "", false},
	{"limit", "rate", "-c N limits the requests in flight, -r 5/s the rate; for a part of a list: head -n 100 urls.txt | fetch -", false},
	{"limit-rate max-download-limit max-overall-download-limit", "rate", "bandwidth cannot be limited; -r 5/s limits the rate " +
		"of requests", false},
	{"delay wait", "think", "--rate 5/s sets the rate; --think TIME is the pause of a user between requests", false},
	{"delay wait", "rate", "-r 1/s sends one request per second", false},
	{"duration", "deadline", "--deadline TIME limits the whole run; fetch load -z TIME is the duration of a load test", false},
	{"ramp-up ramp stage spawn-rate hatch-rate", "stages", "", false},
	{"warmup", "warm-up", "", true},
	{"ramp-up ramp stage stages spawn-rate hatch-rate", "deadline", "fetch load --stages '10s:100/s' ramps up the rate", false},
	{"latencies latency", "report", "latencies are always in the report: leave it out", false},

	{"max-time", "timeout", "", false},
	{"m", "timeout", "-t TIME is the timeout of an attempt (curl's -m), -X METHOD the method (hey's -m)", false},
	{"read-timeout speed-time speed-limit", "stall-timeout", "", false},
	{"dns-timeout", "connect-timeout", "", false},
	{"retry tries max-tries max-retries", "retries", "", false},
	{"retry-delay retry-wait waitretry", "retry-max-wait", "", false},
	{"retry-max-time", "total-timeout", "", false},
	{"retry-all-errors retry-connrefused", "retry-on", "", false},
	{"fail-early", "fail-fast", "", true},
	{"halt", "fail-fast", "", false},
	{"fail fail-with-body show-error S", "accept", "failures are always reported, and any status but 200 to 299 is one: leave it out", false},

	{"method", "request", "", true},
	{"data-ascii", "data", "", true},
	{"post-data body-data", "data-raw", "", true},
	{"post-file body-file", "data-binary", "write --data-binary @FILE", false},
	{"body", "data", "", false},
	{"D", "data", "-d @FILE sends the content of a file", false},
	{"json-body", "json", "", true},
	{"spider", "head", "", false},
	{"b cookie", "header", "write -H 'Cookie: NAME=VALUE'", false},
	{"cookie-jar load-cookies save-cookies", "cookies", "--cookies run sends back what servers set", false},
	{"e referer", "header", "write -H 'Referer: URL'", false},
	{"host", "header", "write -H 'Host: NAME'", false},
	{"range", "header", "write -H 'Range: bytes=0-99'", false},
	{"proxy-user", "proxy", "write --proxy http://NAME:PASSWORD@HOST:PORT", false},
	{"a auth password http-user http-password", "user", "", false},
	{"bearer token oauth2-bearer", "bearer-env", "", false},
	{"max-redirs max-redirect", "max-redirects", "", true},
	{"redirect redirects", "max-redirects", "", false},
	{"follow", "follow-pages", "redirects are followed by default; --follow-pages follows links to further pages", false},
	{"follow", "location", "", false},
	{"no-follow disable-redirects no-location", "max-redirects", "--max-redirects 0 follows none", false},
	{"compression disable-compression", "compressed", "bodies are not compressed unless --compressed is given: leave it out", false},
	{"compressed compression", "select", "gzip and zstd are accepted by default: leave it out", false},
	{"disable-compression", "select", "write -H 'Accept-Encoding: identity'", false},
	{"no-keepalive no-keep-alive disable-keep-alive no-http-keep-alive no-connection-reuse", "disable-keepalive", "", true},
	{"http1.1", "http1", "", true},
	{"http2 http3", "http1", "HTTP/2 is used with every server that has it, HTTP/3 is not supported: leave it out; --http1 uses " +
		"HTTP/1.1 only", false},
	{"no-check-certificate skip-tls-verify insecure-skip-tls-verify", "insecure", "", true},
	{"no-verify verify no-verify-ssl ssl-no-verify no-ssl-verify", "insecure", "", false},
	{"ca-certificate root-certs", "cacert", "", true},
	{"certificate", "cert", "", true},
	{"private-key", "key", "", false},
	{"connect-to", "resolve", "", false},
	{"resolvers dns-servers", "resolve", "names are resolved by the system; --resolve HOST:PORT:ADDRESS sets an address", false},

	{"input input-file targets url urls urls-from-file", "set", "give the list or URL as an argument: fetch FILE", false},
	{"i list file from-file", "set", "give the list as an argument: fetch FILE", false},
	{"stdin", "set", "a list on standard input is the argument -: ... | fetch -", false},
	{"create-dirs", "output", "directories are created as needed: leave it out", false},
	{"globoff g", "rows", "braces are literal without --rows and --set: leave it out", false},
	{"dry-run", "set", "fetch plan SOURCE shows what would be sent, and sends nothing", false},
	{"resume continue continue-at C", "journal", "fetch resume JOURNAL resumes a run that had -j JOURNAL", false},
	{"joblog log save-session", "journal", "", false},
	{"watch", "every", "", false},
	{"keep-order", "ordered", "", true},

	{"output-dir directory-prefix dir", "output", "", true},
	{"O P remote-name remote-name-all output-document output-file", "output", "-o DIR saves each body in a file", false},
	{"ext extension adjust-extension", "output", "write the extension in the file names: -o 'out/{name}.json'", false},
	{"o output output-file out summary-export", "report", "--report FILE writes the report to a file; -f is the format of " +
		"standard output", false},
	{"o output output-file out", "format", "-f is the format of standard output: ... > FILE", false},
	{"no-clobber skip-existing", "overwrite", "existing files are not replaced by default: leave it out", false},
	{"force", "overwrite", "--overwrite replaces files of bodies, --fresh a journal", false},
	{"force", "fresh", "", false},
	{"max-filesize quota", "max-body", "", false},
	{"jq", "select", "", true},
	{"query", "select", "--select JQ extracts values from each body", false},
	{"columns", "fields", "", false},
	{"w write-out", "fields", "write --fields url,status,latency_ms -f csv", false},
	{"json csv ndjson tsv markdown", "format", "the format of standard output is -f json, -f csv, ...", false},
	{"html", "report", "there is no HTML report; --report FILE.md writes Markdown", false},
	{"output-format", "format", "", true},
	{"no-color no-colour disable-color", "color=never", "", true},
	{"colour", "color", "", true},
	{"no-progress no-progress-meter no-tui", "progress=none", "", true},
	{"progress-bar", "progress=bar", "", true},
	{"s silent no-verbose", "quiet", "", false},
	{"debug trace trace-ascii", "verbose", "", false},
	{"summary", "no-results", "", false},
	{"failed-only failures", "failed", "", false},
	{"filter", "where", "", false},
	{"status class host", "where", "write --where '.status == 404'", false},
	{"threshold", "fail-if", "", false},

	{"port addr address bind", "listen", "", true},
	{"p host", "listen", "", false},
}

// AddAliases adds, unseen, what other tools call flags of a command.
func AddAliases(flags *pflag.FlagSet) {
	for _, row := range foreign {
		ours, value, _ := strings.Cut(row.ours, "=")
		of := flags.Lookup(ours)
		if !row.same || of == nil {
			continue
		}
		for name := range strings.FieldsSeq(row.names) {
			if flags.Lookup(name) != nil {
				continue // which the command has for something else
			}
			f := &pflag.Flag{Name: name, Usage: of.Usage, Value: &alias{of, value}, NoOptDefVal: of.NoOptDefVal, Hidden: true}
			if value != "" {
				f.NoOptDefVal = "true"
			}
			flags.AddFlag(f)
		}
	}
}

// alias is another name of a flag: what is given is given to that, so that nothing else knows of the name.
type alias struct {
	of    *pflag.Flag
	value string // what the flag has if this is given, which takes no value then
}

func (a *alias) String() string { return a.of.Value.String() }

func (a *alias) Type() string {
	if a.value != "" {
		return "bool"
	}
	return a.of.Value.Type()
}

func (a *alias) Set(text string) error {
	if a.value != "" {
		if on, err := strconv.ParseBool(text); err != nil || !on {
			return err
		}
		text = a.value
	}
	err := a.of.Value.Set(text)
	a.of.Changed = a.of.Changed || err == nil
	return err
}
