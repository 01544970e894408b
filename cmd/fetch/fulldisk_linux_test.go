package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestFullDisk: a disk that is full ends the run with exit code 1, which says which file could not be written, and what to do; all
// files that are there are whole, no part is left, and the report tells of what was done.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := server(t)
	body := bodyOf(t, s, 10_000)
	source := manyFiles(t, 500, len(body))
	for _, c := range []struct {
		name string
		args []string
	}{
		{"files", []string{"-o", "FOLDER", "-f", "json", "--no-results"}},
		{"sync", []string{"sync", "-o", "FOLDER"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			disk := t.TempDir()
			if err := syscall.Mount("none", disk, "tmpfs", 0, "size=1m"); err != nil {
				t.Logf("no small file system can be mounted (%v; it takes root): the full disk was not tried", err)
				return
			}
			defer syscall.Unmount(disk, syscall.MNT_DETACH)
			folder := filepath.Join(disk, "out")
			args := append(c.args, "--testserver="+s.addr, "-c", "8", source)
			for i := range args {
				args[i] = strings.Replace(args[i], "FOLDER", folder, 1)
			}
			p := start(t, nil, args...)
			p.wantExit(1, 20*time.Second)
			said := p.err.String()
			if !strings.Contains(said, "fetch: ") || !strings.Contains(said, folder+"/") || !strings.Contains(said, "no space left on device") {
				t.Errorf("standard error: %s", said)
			}
			whole, parts := wholeFiles(t, folder, body)
			if whole < 50 || whole > 110 || parts != 0 {
				t.Errorf("%d files, %d parts", whole, parts)
			}
			if c.name == "files" && (p.summary().OK != int64(whole) || p.summary().Requests != 500) {
				t.Errorf("%d files, and %+v", whole, p.summary())
			}
		})
	}
}

// TestFullJournal: a disk that is full under the journal alone. The reports, on standard output and in files, have all that came
// by then, and it is said once what happened.
func TestFullJournal(t *testing.T) {
	t.Parallel()
	s := server(t)
	source := list(t, repeat(2000, "http://a.test/0?%d")...)
	for name, args := range map[string][]string{
		"list":    {"--report", "run.csv", source},
		"ordered": {"--ordered", "--report", "run.csv", source},
		"load":    {"load", "--records", "-n", "2000", "--report", "run.csv", "http://a.test/0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if !smallDisk(t, filepath.Join(folder, "log"), "64k") {
				return
			}
			p := runIn(t, folder, 1, append(args, "--testserver="+s.addr, "-c", "8", "-f", "json", "-j", "log/run.jsonl", "--progress", "none")...)
			if said := p.err.String(); strings.Count(said, "the journal log/run.jsonl cannot be written: no space left on device") != 1 {
				t.Errorf("standard error: %s", said)
			}
			inFile, err := os.ReadFile(filepath.Join(folder, "run.csv"))
			if err != nil {
				t.Fatal(err)
			}
			journal, err := os.ReadFile(filepath.Join(folder, "log/run.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			recorded := strings.Count(string(journal), `"seq":`)
			if name == "load" {
				if !strings.Contains(string(inFile), "ok") || !strings.Contains(p.out.String(), `"canceled"`) {
					t.Errorf("%s\n%s", p.out.String(), inFile)
				}
				return
			}
			got := p.summary()
			if got.Requests != 2000 || got.OK < int64(recorded) || got.Failed != 0 {
				t.Errorf("%+v, and %d are recorded", got, recorded)
			}
			if n := strings.Count(string(inFile), ",200,"); int64(n) != got.OK {
				t.Errorf("%d in the file, %d in the summary", n, got.OK)
			}
		})
	}
}
