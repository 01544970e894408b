//go:build unix

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTakenAway: what a run writes is removed or replaced while it does. The run says which file it was and ends with 1, and what
// has come into its place is left as it is.
func TestTakenAway(t *testing.T) {
	t.Parallel()
	remove := func(folder, name string) error { return os.RemoveAll(filepath.Join(folder, name)) }
	link := func(folder, name string) error {
		names, err := filepath.Glob(filepath.Join(folder, name))
		for _, name := range names {
			if err = os.Remove(name); err == nil {
				err = os.Symlink(filepath.Join(folder, "precious"), name)
			}
		}
		return err
	}
	move := func(folder, name string) error {
		path := filepath.Join(folder, name)
		if err := os.Rename(path, path+".moved"); err != nil {
			return err
		}
		return os.Mkdir(path, 0o755)
	}
	cut := func(folder, name string) error { return os.Truncate(filepath.Join(folder, name), 0) }
	const was = " while it was written"
	for name, c := range map[string]struct {
		args []string
		file string
		do   func(folder, name string) error
		said string
	}{
		"journal removed":  {[]string{"-j", "run.jsonl"}, "run.jsonl", remove, "the journal run.jsonl cannot be written: it was removed" + was},
		"journal replaced": {[]string{"-j", "run.jsonl"}, "run.jsonl", link, "the journal run.jsonl cannot be written: it was replaced by something else" + was},
		"journal cut":      {[]string{"-j", "run.jsonl"}, "run.jsonl", cut, "the journal run.jsonl cannot be written: it was cut short by something else" + was},
		"report cut":       {[]string{"--report", "run.csv"}, "run.csv", cut, "--report run.csv: it was cut short by something else" + was},
		"load's cut":       {[]string{"load", "-n", "2", "-j", "run.jsonl"}, "run.jsonl", cut, "the journal run.jsonl cannot be written: it was cut short by something else" + was},
		"report removed":   {[]string{"--report", "run.csv"}, "run.csv", remove, "--report run.csv: it was removed" + was},
		"report replaced":  {[]string{"--report", "run.csv"}, "run.csv", link, "--report run.csv: it was replaced by something else" + was},
		"report at end":    {[]string{"--report", "run.json"}, "run.json", link, "--report run.json: it was replaced by something else" + was},
		"folder moved":     {[]string{"-o", "data/"}, "data", move, "data/: the folder: it was replaced by something else" + was},
		"folder removed":   {[]string{"-o", "data/"}, "data", remove, "data/: the folder: it was removed" + was},
		"temporary":        {[]string{"-o", "data/"}, "data/.fetch-*.part", link, " was replaced by something else" + was},
		"with a journal":   {[]string{"-o", "data/", "-j", "run.jsonl"}, "data/.fetch-*-2.part", link, " was replaced by something else" + was},
		"sync's temporary": {[]string{"sync", "-o", "data/"}, "data/.fetch-sync-*.part", link, " was replaced by something else" + was},
		"state removed":    {[]string{"sync", "-o", "data/"}, "data/.fetch-sync.jsonl", remove, "data/.fetch-sync.jsonl: it was removed" + was},
		"state replaced":   {[]string{"sync", "-o", "data/"}, "data/.fetch-sync.jsonl", link, "data/.fetch-sync.jsonl: it was replaced by something else" + was},
		"lock removed":     {[]string{"sync", "-o", "data/"}, "data/.fetch-sync.lock", remove, "data/.fetch-sync.lock: it was removed" + was},
		"load's journal":   {[]string{"load", "-n", "2", "-j", "run.jsonl"}, "run.jsonl", remove, "the journal run.jsonl cannot be written: it was removed" + was},
		"load's report":    {[]string{"load", "-n", "2", "--report", "run.json"}, "run.json", link, "--report run.json: it was replaced by something else" + was},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			precious := filepath.Join(folder, "precious")
			if err := os.WriteFile(precious, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
			half, release := make(chan struct{}), make(chan struct{})
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/2" {
					io.WriteString(w, "one half, ")
					w.(http.Flusher).Flush()
					close(half)
					<-release
				}
				io.WriteString(w, "the other")
			}))
			defer s.Close()
			source := list(t, s.URL+"/1", s.URL+"/2")
			p := startIn(t, folder, nil, append(c.args, "-c", "1", "--progress", "none", source)...)
			select {
			case <-half:
			case <-p.done:
				t.Fatal(p.err.String())
			}
			for range time.Tick(5 * time.Millisecond) { // until it is there, and the first result is in it
				names, _ := filepath.Glob(filepath.Join(folder, c.file))
				info, err := os.Stat(strings.Join(names, ""))
				if err == nil && (info.Size() > 0 || c.file == "run.json" || strings.HasSuffix(c.file, "lock")) {
					break
				}
			}
			if err := c.do(folder, c.file); err != nil {
				t.Fatal(err)
			}
			close(release)
			p.wantExit(1, longest)
			if said := p.err.String(); strings.Count(said, c.said) != 1 && name != "folder removed" || !strings.Contains(said, c.said) {
				t.Errorf("standard error: %s", said)
			}
			if text, err := os.ReadFile(precious); err != nil || string(text) != "precious" {
				t.Errorf("what was not ours: %q %v", text, err)
			}
			filepath.Walk(filepath.Join(folder, "data"), func(path string, info os.FileInfo, err error) error {
				if err == nil && info.Mode()&os.ModeSymlink != 0 && !strings.Contains(path, ".fetch-") {
					t.Errorf("%s is a link", path)
				}
				return nil
			})
		})
	}
}
