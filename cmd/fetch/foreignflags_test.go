package main

import (
	"bytes"
	"strings"
	"testing"

	"example.com/fetch/internal/exit"
)

// TestFlagsOfOtherTools: what users of other tools typed is either taken, or an error that names what to write, and nothing that
// would mislead.
func TestFlagsOfOtherTools(t *testing.T) {
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"} {
		t.Setenv(name, t.TempDir())
	}
	const taken = "" // an alias
	for _, one := range []struct {
		args string // -h after them ends the program before it sends anything, and is no matter where they are wrong
		want string // in the error
		not  string // what would mislead
	}{
		{"--csv", "-f csv", "--csv-raw"}, {"--json={}", taken, ""}, {"--jq .a", taken, ""}, {"--query .a", "--select JQ", ""},
		{"--columns a", "did you mean --fields?", ""},
		{"--parallel", "-c N", ""}, {"--workers 3", taken, ""}, {"--threads 3", "-c N", ""}, {"--jobs 3", taken, ""},
		{"--limit 3", "-c N limits", ""}, {"--delay 1", "-r 1/s", ""}, {"load --delay 1", "--think TIME", ""},
		{"--dry-run", "fetch plan SOURCE", ""}, {"load --dry-run", "fetch plan SOURCE", ""},
		{"--force", "--overwrite", ""}, {"load --force", "--fresh", ""},
		{"--silent", "did you mean --quiet?", "--select"}, {"load --silent", "did you mean --quiet?", "--seed"},
		{"--resume", "fetch resume JOURNAL", ""}, {"--no-color", taken, ""}, {"--no-progress", taken, ""}, {"load --no-progress", taken, ""},
		{"--debug", "did you mean --verbose?", ""},
		{"--method POST", taken, ""}, {"--body x", "did you mean --data?", ""}, {"--json-body {}", taken, ""}, {"--data-raw x", taken, ""},
		{"--input f", "fetch FILE", ""}, {"--output-dir d", taken, ""}, {"load --targets f", "fetch FILE", ""},
		{"--vus 3", taken, ""}, {"--users 3", taken, "--user?"}, {"load --vus 3", taken, ""}, {"load --users 3", taken, ""},
		{"--rps 5", taken, ""}, {"--qps 5", taken, ""}, {"load --rps 5", taken, ""}, {"-r 200", taken, ""},
		{"--duration 5s", "--deadline TIME", ""}, {"load --duration 5s", taken, ""},
		{"--iterations 5", "--requests is a flag of fetch load", ""}, {"load --iterations 5", taken, ""},
		{"--ramp-up 5s", "fetch load --stages", ""}, {"load --ramp-up 5s", "did you mean --stages?", ""},
		{"--latencies", "leave it out", ""}, {"load --latencies", "leave it out", ""},
		{"--no-keepalive", "--disable-keepalive is a flag of fetch load", ""}, {"load --no-keepalive", taken, ""},
		{"-m 5", "-t TIME", ""}, {"load -m POST", "-X METHOD", ""}, {"-D f", "-d @FILE", ""}, {"--html", "--report FILE.md", ""},
		{"--watch", "did you mean --every?", "--batch"}, {"--ext json", "{name}.json", "--next"}, {"--http2", "leave it out", "--http1?"},
		{"report --form", "unknown flag", "did you mean --for"},
		{"serve --port 8000", taken, ""}, {"serve --listen 8000", taken, ""},
		{"--key cid=.CID http://a.test/", "write --row-key cid=.CID", ""}, {"load --threshold p95<25 http://a.test/", "p95<25ms", ""},
	} {
		args := strings.Fields(one.args)
		if !strings.Contains(one.args, "http:") {
			args = append(args, "-h")
		}
		var out, errs bytes.Buffer
		code := execute(t.Context(), args, nil, &out, &errs)
		switch {
		case one.want == taken && (code != exit.OK || errs.Len() > 0):
			t.Errorf("fetch %s is not taken: %d, %s", one.args, code, errs.String())
		case one.want != taken && (code != exit.BadUsage || !strings.Contains(errs.String(), one.want)):
			t.Errorf("fetch %s: %d, %s, want %q", one.args, code, errs.String(), one.want)
		case one.not != "" && strings.Contains(errs.String(), one.not):
			t.Errorf("fetch %s: %s: misleads with %q", one.args, errs.String(), one.not)
		}
	}
}
