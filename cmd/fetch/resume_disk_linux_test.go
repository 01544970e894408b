package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"example.com/fetch/internal/exit"
)

// smallDisk makes a folder a file system of its own, with so much room; false: that is not allowed here.
func smallDisk(t *testing.T, folder, size string) bool {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("none", folder, "tmpfs", 0, "size="+size); err != nil {
		t.Logf("no small file system can be mounted (%v; it takes root): the full disk was not tried", err)
		return false
	}
	t.Cleanup(func() { syscall.Unmount(folder, syscall.MNT_DETACH) })
	return true
}

// makeRoom gives a smallDisk more room.
func makeRoom(t *testing.T, folder, size string) {
	t.Helper()
	if err := syscall.Mount("none", folder, "tmpfs", syscall.MS_REMOUNT, "size="+size); err != nil {
		t.Fatal(err)
	}
}

// TestFullDiskAndGoneOn: the disk fills up, with the journal on it, the files, or both. The run ends with a message that says what
// to do, and that does it: in the end there is what there would be without all this.
func TestFullDiskAndGoneOn(t *testing.T) {
	t.Parallel()
	const n = 300
	lines := repeat(n, "f%d http://a.test/bytes/1%04[1]d") // 3 MB of files, and a journal of some 200 KB
	for i := 19; i < n; i += 30 {
		lines[i] = strings.Replace(steady(n)[i], "n", "f", 1)
	}
	for name, c := range map[string]struct {
		small, size string // what is on the small disk: a folder of the run; empty: the run itself
		more        []string
		culprit     string // what cannot be written
		tight       string // there is a little more room at first, and that fills up, too
	}{
		"both":    {size: "1m", culprit: "", tight: "2m"},
		"journal": {small: "log", size: "64k", culprit: "the journal log/run.jsonl cannot be written", tight: "96k"},
		"files":   {small: "data", size: "1m", culprit: "data/", tight: "2m"},
		"ordered": {small: "log", size: "64k", more: []string{"--ordered"}, culprit: "the journal log/run.jsonl cannot be written", tight: "96k"},
		"sync":    {size: "1m", more: []string{"--sync", "always"}, tight: "2m"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole, cut := t.TempDir(), t.TempDir()
			if !smallDisk(t, filepath.Join(cut, c.small), c.size) {
				return
			}
			s := server(t)
			source := list(t, lines...)
			args := append([]string{"--testserver=" + s.addr, "-c", "8", "-f", "json", "--no-results", "--progress", "none", "-o", "data/", "-j", "log/run.jsonl"}, c.more...)
			for _, folder := range []string{whole, cut} {
				if err := os.MkdirAll(filepath.Join(folder, "log"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			runIn(t, whole, exit.Failed, append(args, source)...)
			if err := s.forget(); err != nil {
				t.Fatal(err)
			}

			ledger := &ledger{t: t, server: s, folder: cut, journal: "log/run.jsonl"}
			args = append(args, source)
			for range 2 { // and once more, when there was too little room again
				p := runIn(t, cut, exit.Fault, args...)
				said := p.err.String()
				for _, want := range []string{"fetch: ", c.culprit, "no space left on device", "make room on the disk", "fetch resume log/run.jsonl"} {
					if !strings.Contains(said, want) {
						t.Errorf("standard error has no %q: %s", want, said)
					}
				}
				ledger.look()
				if done := ledger.doneRequests(); done == 0 || done == n {
					t.Errorf("%d requests are done", done)
				}
				makeRoom(t, filepath.Join(cut, c.small), c.tight)
				args = []string{"resume", "log/run.jsonl"}
			}
			makeRoom(t, filepath.Join(cut, c.small), "20m")
			p := runIn(t, cut, exit.Failed, args...)
			ledger.look()
			ledger.check()
			if got, want := p.summary(), (summary{Requests: n, OK: n - n/30, Failed: n / 30}); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
			checkSame(t, whole, cut, "log/run.jsonl", "data")
		})
	}
}

// TestFullDiskFromTheStart: a journal that cannot be written at all is told of before anything is sent.
func TestFullDiskFromTheStart(t *testing.T) {
	t.Parallel()
	s := server(t)
	source := list(t, repeat(20, "http://a.test/0?%d")...)
	try := func(code int, journal string, want ...string) {
		t.Helper()
		p := runIn(t, t.TempDir(), code, "--testserver="+s.addr, "-j", journal, source)
		for _, want := range append(want, "fetch: ") {
			if !strings.Contains(p.err.String(), want) {
				t.Errorf("%s: standard error has no %q: %s", journal, want, p.err.String())
			}
		}
		if hops, err := s.hops(); hops != 0 || err != nil {
			t.Errorf("%s: %d requests were sent, %v", journal, hops, err)
		}
	}
	try(exit.BadUsage, "/dev/full", "/dev/full is not a plain file")

	disk := t.TempDir()
	if !smallDisk(t, disk, "64k") {
		return
	}
	if err := os.WriteFile(filepath.Join(disk, "fill"), make([]byte, 64<<10), 0o644); err != nil && !strings.Contains(err.Error(), "no space") {
		t.Fatal(err)
	}
	try(exit.Fault, filepath.Join(disk, "run.jsonl"), "no space left on device", "make room on the disk")
}
