package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"example.com/fetch/internal/secret/secrettest"
	"example.com/fetch/testserver"
)

// classesOfFaults are the classes of the faults under /fault/ that are none of "ok".
func classesOfFaults() map[string]string {
	classes := map[string]string{}
	for class, names := range map[string]string{
		"conn_reset":      "closed headers-cut reset reset-after-headers reset-in-body no-length-reset",
		"body_truncated":  "body-short chunked-cut 206-unasked gzip-cut",
		"body_too_large":  "gzip-bomb endless length-header-huge",
		"decode":          "gzip-not gzip-checksum",
		"timeout_ttfb":    "headers-never",
		"timeout_stall":   "stalls",
		"timeout_attempt": "drips",
		"rate_limited":    "refused-c1 quota",
		"http_4xx":        "status-escapes",
		"http_other":      "304-with-body",
		"connect":         "redirect-private redirect-mapped",
		"redirect":        "redirect-loop redirect-file redirect-script redirect-bad redirect-nowhere",
		"protocol": "chunk-size-bad status-line-bad old banner lengths-differ length-negative encoding-unknown headers-endless " +
			"informational-flood switching header-nul header-escapes name-escape redirect-escapes",
	} {
		for name := range strings.FieldsSeq(names) {
			classes[name] = class
		}
	}
	return classes
}

// canary stands for every secret.
const canary = secrettest.Canary

// hostileRun fetches every fault once and gives what the program wrote: standard output, standard error, and its reports.
func hostileRun(t *testing.T, server *serverProcess, args ...string) map[string][]byte {
	t.Helper()
	folder := t.TempDir()
	var list strings.Builder
	for _, f := range testserver.Faults() {
		list.WriteString(f.Name + " http://me:" + canary + "@hostile.test/fault/" + f.Name + "?api_key=" + canary + "\n")
	}
	source := filepath.Join(folder, "list.txt")
	if err := os.WriteFile(source, []byte(list.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	args = append([]string{"--testserver=" + server.addr, "-c", "40", "--ordered", "--retries", "0", "--max-body", "1000000", "--color", "never",
		"--timeout", "5s", "--ttfb-timeout", "4s", "--stall-timeout", "2s", "-H", "X-Api-Key: " + canary, "-H", "Cookie: session=" + canary,
		"-H", "Connection: close"}, args...) // what one fault sends too much is not to be taken for the answer of another
	cmd := command(append(args, source)...)
	cmd.Dir = folder
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 3 {
		t.Fatalf("%v, want exit code 3: %s", err, stderr.Bytes())
	}
	wrote := map[string][]byte{"stdout": stdout.Bytes(), "stderr": stderr.Bytes()}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() != "list.txt" {
			if wrote[f.Name()], err = os.ReadFile(filepath.Join(folder, f.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
	return wrote
}

// What a hostile server sends puts no control character on the terminal or into a report, and no secret into either, however
// the results are shown; and each fault has the class that it should have.
func TestHostileServer(t *testing.T) {
	t.Parallel()
	server, err := startServer()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.stop(); err != nil {
			t.Error(err)
		}
	})
	reports := []string{"-v", "--format", "ndjson"}
	for _, extension := range []string{"txt", "json", "csv", "tsv", "md"} {
		reports = append(reports, "--report", "report."+extension)
	}
	wrote := hostileRun(t, server, reports...)
	if len(wrote) != 7 {
		t.Errorf("%d outputs", len(wrote))
	}
	for name, text := range hostileRun(t, server, "-v") {
		wrote["table "+name] = text
	}
	for name, text := range wrote {
		if len(text) == 0 && name != "stderr" {
			t.Errorf("%s is empty", name)
		}
		exact := strings.HasSuffix(name, ".csv") || strings.HasSuffix(name, ".tsv") // has cells as they are
		if found := controls(text); found != "" && !exact {
			t.Errorf("%s has control characters: %q", name, found)
		}
		if at := bytes.Index(text, []byte(canary)); at >= 0 {
			t.Errorf("%s has a secret: %q", name, text[max(at-100, 0):at+len(canary)])
		}
	}
	checkClasses(t, wrote["stdout"])
}

func checkClasses(t *testing.T, ndjson []byte) {
	t.Helper()
	want := classesOfFaults()
	seen := 0
	for line := range bytes.Lines(ndjson) {
		var result struct {
			Name, Class, Error string
			Status             int
		}
		if err := json.Unmarshal(line, &result); err != nil {
			t.Fatal(err)
		}
		if result.Name == "" {
			continue // not a result
		}
		seen++
		if result.Class != want[result.Name] {
			t.Errorf("%s: %d, class %q (%s), want %q", result.Name, result.Status, result.Class, result.Error, want[result.Name])
		}
		delete(want, result.Name)
	}
	if seen != len(testserver.Faults()) || len(want) > 0 {
		t.Errorf("%d results of %d faults; not among them: %v", seen, len(testserver.Faults()), want)
	}
}

// controls gives the first line with a character that a terminal might obey or be misled by: C0 but newline and tab, DEL,
// C1, those that change the direction of writing or end a line, and bytes that are not UTF-8.
func controls(text []byte) string {
	for line := range bytes.Lines(text) {
		for i, c := range string(line) {
			bad := c < 0x20 && c != '\n' && c != '\t' || c >= 0x7f && c < 0xa0 || c >= 0x2028 && c <= 0x202e || c >= 0x2066 && c <= 0x2069 ||
				c == 0x200e || c == 0x200f || c == 0x61c
			if bad {
				return string(line[max(i-60, 0):min(i+20, len(line))])
			}
		}
	}
	if !utf8.Valid(text) {
		return "not UTF-8"
	}
	return ""
}
