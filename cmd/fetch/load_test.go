//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/secret/secrettest"
	"example.com/fetch/internal/spec"
	"example.com/fetch/testserver"
)

// pathsOf runs a load test, and gives the paths that the server was asked for, in the order in which they came.
func pathsOf(t *testing.T, s *serverProcess, args ...string) []string {
	t.Helper()
	resp, err := http.Post("http://"+s.addr+"/__truth/reset", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	start(t, nil, append([]string{"load", "--testserver=" + s.addr, "-q", "-c", "1"}, args...)...).wantExit(0, longest)
	text, err := s.truth("")
	if err != nil {
		t.Fatal(err)
	}
	var truth testserver.Truth
	if err := json.Unmarshal(text, &truth); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, hop := range truth.Hops {
		paths = append(paths, strings.TrimPrefix(hop.Path, "/bytes/"))
	}
	return paths
}

// TestLoadOrder: what the server is asked for, in which order. What is drawn is drawn again with the same seed.
func TestLoadOrder(t *testing.T) {
	t.Parallel()
	s := server(t)
	table := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(table, []byte("n,share\n1,5\n2,1\n3,0\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	rows := []string{"--rows", table, "http://a.test/bytes/{n}"}
	paths := func(args ...string) string { return strings.Join(pathsOf(t, s, append(args, rows...)...), "") }
	if got := paths("-n", "7"); got != "1231231" {
		t.Errorf("in turn: %s", got)
	}
	if got := paths("-n", "12", "--weight", "share"); strings.Count(got, "1") != 10 || strings.Count(got, "2") != 2 {
		t.Errorf("5 to 1 to 0: %s", got)
	}
	drawn := paths("-n", "40", "--random", "--seed", "7")
	if got := paths("-n", "40", "--random", "--seed", "7"); got != drawn {
		t.Errorf("with the same seed: %s, then %s", drawn, got)
	}
	if got := paths("-n", "40", "--random", "--seed", "8"); got == drawn || got == strings.Repeat("123", 14)[:40] {
		t.Errorf("with another seed: %s, and with the first: %s", got, drawn)
	}
	if got := paths("-n", "40", "--random", "--weight", "share"); strings.Contains(got, "3") || strings.Count(got, "1") < 25 {
		t.Errorf("drawn by weight: %s", got)
	}
}

// summaryOf reads the JSON report of a load test.
func summaryOf(t *testing.T, text []byte) *measure.LoadSummary {
	t.Helper()
	s := new(measure.LoadSummary)
	if err := json.Unmarshal(text, s); err != nil {
		t.Fatalf("the report is not whole: %v in %s", err, text)
	}
	return s
}

// TestLoadInterrupted: Ctrl-C. Nothing more is sent, what is in flight is cancelled in time, and the report is of what was
// done; the journal has an end.
func TestLoadInterrupted(t *testing.T) {
	t.Parallel()
	s := server(t)
	journal := filepath.Join(t.TempDir(), "load.jsonl")
	p := start(t, nil, "load", "--testserver="+s.addr, "-c", "2", "-f", "json", "-j", journal, "http://a.test/0.05", "http://a.test/60")
	if err := s.waitForHops(4); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGINT)
	p.wantExit(130, graceful)
	got := summaryOf(t, p.out.Bytes())
	if got.Sent != 4 || got.OK != 2 || got.Cut != 2 || got.Failed != 0 {
		t.Errorf("%d requests, %d ok, %d cut off, %d failed", got.Sent, got.OK, got.Cut, got.Failed)
	}
	if asked, planned := got.Asked.For.Duration(), got.Planned.Duration(); asked != spec.DefaultLoad || planned <= 0 || planned >= asked {
		t.Errorf("requests were to be due for %v, and were for %v", asked, planned)
	}
	if !strings.Contains(p.err.String(), "fetch: stopping;") {
		t.Errorf("standard error: %s", p.err.String())
	}
	again := start(t, nil, "report", "-f", "json", journal)
	again.wantExit(0, longest)
	if !bytes.Equal(again.out.Bytes(), p.out.Bytes()) || again.err.String() != "" {
		t.Errorf("from the journal: %s%s\nwant %s", again.err.String(), again.out.String(), p.out.String())
	}
}

// TestLoadInterruptedTwice ends at once.
func TestLoadInterruptedTwice(t *testing.T) {
	t.Parallel()
	s := server(t)
	p := start(t, nil, "load", "--testserver="+s.addr, "--rate", "20/s", "http://a.test/60")
	if err := s.waitForHops(1); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGTERM)
	p.waitForStderr("stopping")
	p.signal(syscall.SIGTERM)
	p.wantEndBy(syscall.SIGTERM, 500*time.Millisecond)
}

// TestLoadKilled: what the journal has is reported, and that it is not all.
func TestLoadKilled(t *testing.T) {
	t.Parallel()
	s := server(t)
	journal := filepath.Join(t.TempDir(), "load.jsonl")
	p := start(t, nil, "load", "--testserver="+s.addr, "-q", "-c", "2", "-z", "30s", "-j", journal, "http://a.test/0.02")
	waitForFile(t, journal, `"record":"histograms"`)
	p.signal(syscall.SIGKILL)
	<-p.done
	report := start(t, nil, "report", "-f", "json", journal)
	report.wantExit(0, longest)
	if got := summaryOf(t, report.out.Bytes()); got.OK < 5 || got.Failed > 0 || got.Response.OK.P50 == nil || len(got.Seconds) == 0 {
		t.Errorf("%s", report.out.String())
	}
	if want := "load.jsonl: the test has not ended; the report covers it so far"; !strings.Contains(report.err.String(), want) {
		t.Errorf("standard error: %s", report.err.String())
	}
}

// TestLoadOfClosedOutput: whoever reads standard output has gone.
func TestLoadOfClosedOutput(t *testing.T) {
	t.Parallel()
	s := server(t)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read.Close()
	defer write.Close()
	cmd := command("load", "--testserver="+s.addr, "-n", "10", "http://a.test/status/503")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = write, &said
	cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 141 || said.Len() > 0 {
		t.Errorf("exit code %d, want 141; standard error: %s", code, said.String())
	}
}

// TestMetrics: while a load test or a run of a list goes on, Prometheus can ask for its figures; afterwards nobody listens.
func TestMetrics(t *testing.T) {
	for name, args := range map[string][]string{
		"load": {"load", "-z", "30s", "http://me:" + canary + "@a.test/0.01?api_key=" + canary},
		"list": {"--set", "n=1..9000", "--no-results", "http://me:" + canary + "@a.test/0.01?api_key=" + canary + "&n={n}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testMetrics(t, args...)
		})
	}
}

func testMetrics(t *testing.T, args ...string) {
	s := server(t)
	p := start(t, nil, append(args, "--testserver="+s.addr, "-c", "2", "--metrics", "127.0.0.1:0")...)
	p.waitForStderr("/metrics\n")
	_, address, _ := strings.Cut(p.err.String(), "metrics for Prometheus at ")
	address, _, _ = strings.Cut(address, "\n")
	if err := s.waitForHops(20); err != nil {
		t.Fatal(err)
	}
	text := get(t, address)
	secrettest.Check(t, "metrics", text)
	checkExposition(t, text)
	if promtool, err := exec.LookPath("promtool"); err == nil {
		check := exec.Command(promtool, "check", "metrics")
		check.Stdin = bytes.NewReader(text)
		if said, err := check.CombinedOutput(); err != nil {
			t.Errorf("promtool: %v: %s", err, said)
		}
	}
	p.signal(syscall.SIGINT)
	p.wantExit(130, graceful)
	if resp, err := http.Get(address); err == nil {
		resp.Body.Close()
		t.Error("somebody still listens")
	}
}

func get(t *testing.T, address string) []byte {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v, %s", address, err, resp.Status)
	}
	return text
}

// checkExposition checks that each sample is of a metric whose type has been told, and that answers have been counted.
func checkExposition(t *testing.T, text []byte) {
	t.Helper()
	types := map[string]bool{}
	counted := false
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line := lines.Text()
		if told, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, _, _ := strings.Cut(told, " ")
			types[name] = true
		}
		if line == "" || line[0] == '#' {
			continue
		}
		name := line[:strings.IndexAny(line, "{ ")]
		base := name
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			base = strings.TrimSuffix(base, suffix)
		}
		if !types[name] && !types[base] {
			t.Errorf("the type of this was not told: %s", line)
		}
		counted = counted || strings.Contains(line, `"ok"`) && !strings.HasSuffix(line, " 0")
	}
	if !counted {
		t.Errorf("no success was counted: %s", text)
	}
}

// A secret is in nothing that a load test writes: no report, no journal, no name of a group; and it gets to the host that it
// is for, and no other.
func TestSecretsStayInLoads(t *testing.T) {
	groupBy := map[string]string{"rows": "access_token", "rows-header": "api key", "rows-path": "api key", "set": "api_key", "set-header": "token", "csv": "password", "tsv": "api key"}
	for name, way := range waysOfSecrets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &witness{}
			server := httptest.NewServer(w)
			defer server.Close()
			folder, list, files := way.write(t)
			args := slices.Concat([]string{"load", "--testserver=" + server.Listener.Addr().String(), "-n", "8", "-c", "1", "-L", "--progress", "json", "-j", "load.jsonl", "--records",
				"--report", "r.txt", "--report", "r.json", "--report", "r.csv", "--report", "r.md", "--report", "r.xml", "--report", "r.hlog", "--report", "r.hgrm"}, way.args)
			if column := groupBy[name]; column != "" {
				args = append(args, "--group-by", column)
			}
			wrote := quietRun(t, folder, files, way.env, append(args, list)...)
			checkQuiet(t, wrote)
			if len(wrote) != 11 { // with the folder itself
				t.Errorf("it wrote %q", slices.Sorted(maps.Keys(wrote)))
			}
			want := []string{"owner.test"}
			if way.unsent {
				want = nil
			}
			if got := w.hostsThatGot(canary); !slices.Equal(got, want) {
				t.Errorf("sent to %q, want %q", got, want)
			}
		})
	}
}

// TestLoadOfDroppedConnections: a server that ends every connection with its second request gets most requests twice, since the
// transport sends them again by itself. The figures say so, and add up to what the server saw.
func TestLoadOfDroppedConnections(t *testing.T) {
	t.Parallel()
	type perConnection struct{}
	var seen atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		if r.Context().Value(perConnection{}).(*atomic.Int64).Add(1)%2 == 0 {
			panic(http.ErrAbortHandler)
		}
	}))
	s.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, perConnection{}, new(atomic.Int64))
	}
	s.Start()
	defer s.Close()
	for _, c := range []struct {
		args                       []string
		code                       int
		ok, failed, retried, twice int64
	}{
		{nil, 3, 1, 29, 29, 59},
		{[]string{"--threshold", "failed<=0"}, 99, 1, 29, 29, 59},
		{[]string{"--retries", "1", "--threshold", "failed<=0"}, 0, 30, 0, 29, 59},
	} {
		seen.Store(0)
		p := start(t, nil, append([]string{"load", "-q", "-c", "1", "-n", "30", "-f", "json", s.URL}, c.args...)...)
		p.wantExit(c.code, longest)
		got := summaryOf(t, p.out.Bytes())
		if got.OK != c.ok || got.Failed != c.failed || got.Retried["conn_reset"] != c.retried || got.Classes["conn_reset"] != c.failed {
			t.Errorf("%v: ok %d, failed %d, retried %v, classes %v", c.args, got.OK, got.Failed, got.Retried, got.Classes)
		}
		if saw := seen.Load(); saw != c.twice || got.Statuses.Total()+got.Retried.Total() != saw {
			t.Errorf("%v: %v responses and %v retried, and the server saw %d", c.args, got.Statuses, got.Retried, saw)
		}
	}
}
