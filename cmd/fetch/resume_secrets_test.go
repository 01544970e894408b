//go:build unix

package main

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/fetch/internal/exit"
)

// givenAgain are the ways of waysOfSecrets in which the secret stands on the command line itself, so that the journal cannot
// hold it: what resume is to name.
var givenAgain = map[string]string{
	"user":         "--user",
	"header-named": "--header X-Mine",
	"form":         "--data",
	"json":         "--data",
	"urlencoded":   "--data-urlencode",
	"json-flag":    "--json",
	"multipart":    "--form",
	"form-string":  "--form-string",
	"get":          "--data-urlencode",
	"header":       "--header X-Api-Key",
	"cookie":       "--header Cookie",
	"set":          "--set api_key",
	"set-header":   "--set token",
}

// No secret is in a journal, however it was given; and a run goes on without being given anything again but what stood on its
// command line, which is then asked for by name.
func TestSecretsStayOutOfJournals(t *testing.T) {
	for name, way := range waysOfSecrets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &witness{}
			server := httptest.NewServer(w)
			defer server.Close()
			folder, list, files := way.write(t)

			// The server is not there, one failure is enough, and the next request would be sent much later: nearly all is left to do.
			args := slices.Concat([]string{"--testserver=127.0.0.1:1", "-r", "1/m", "--fail-fast", "--retries", "0", "-o", "out/{name}-{host}-{path}", "-j", "run.jsonl",
				"--follow-pages"}, way.args, []string{list})
			checkQuiet(t, runQuietly(t, folder, files, way.env, exit.Unfinished, args...))

			resume := []string{"resume", "run.jsonl", "-r", "1000/s", "--testserver=" + server.Listener.Addr().String()}
			if missing := givenAgain[name]; missing != "" {
				wrote := runQuietly(t, folder, files, way.env, exit.BadUsage, resume...)
				checkQuiet(t, wrote)
				if said := wrote["standard error"]; !bytes.Contains(said, []byte(missing)) {
					t.Errorf("standard error does not name %s: %s", missing, said)
				}
				if asked := w.hosts(); len(asked) > 0 {
					t.Errorf("without its secret it has asked %q", asked)
				}
				resume = slices.Concat(resume, withSecret(way.args))
			}
			checkQuiet(t, runQuietly(t, folder, files, way.env, exit.Failed, resume...)) // one has failed before
			want := []string{"owner.test"}
			if way.unsent {
				want = nil
			}
			if got := w.hostsThatGot(canary); !slices.Equal(got, want) {
				t.Errorf("sent to %q, want %q", got, want)
			}
			if givenAgain[name] == "" {
				return
			}
			checkQuiet(t, runQuietly(t, folder, files, way.env, exit.BadUsage, "retry", "run.jsonl"))
			checkQuiet(t, runQuietly(t, folder, files, way.env, exit.OK, append([]string{"retry"}, resume[1:]...)...))
			if got := w.hostsThatGot(canary); !slices.Equal(got, want) {
				t.Errorf("retried, and sent to %q, want %q", got, want)
			}
		})
	}
}

// withSecret are the flags, with their values, in which the secret stands. What is sent is one whole: all of its flags.
func withSecret(args []string) (with []string) {
	for i, arg := range args {
		of := args[max(i-1, 0)]
		body := of == "-F" && strings.Contains(strings.Join(args, " "), "="+canary)
		if i > 0 && (body || strings.Contains(arg, canary)) {
			with = append(with, of, arg)
		}
	}
	return with
}

// runQuietly is quietRun for a run that must end with a code.
func runQuietly(t *testing.T, folder string, before map[string]string, env string, code int, args ...string) map[string][]byte {
	t.Helper()
	cmd := command(args...)
	cmd.Dir = folder
	cmd.Env = append(cmd.Env, env)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("%s: exit code %d, want %d: %s", args[0], got, code, stderr.Bytes())
	}
	wrote := newFiles(t, folder, before)
	wrote["standard output"], wrote["standard error"] = stdout.Bytes(), stderr.Bytes()
	return wrote
}

// newFiles are the files in a folder that were not there before, with their names.
func newFiles(t *testing.T, folder string, before map[string]string) map[string][]byte {
	t.Helper()
	wrote := map[string][]byte{}
	for name := range tree(t, folder) {
		if _, ours := before[name]; ours {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		wrote[name] = append([]byte(name), text...)
	}
	return wrote
}

// A URL on the command line that has a secret is to be given again, too.
func TestSecretsOfSourcesStayOutOfJournals(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"http://me:" + canary + "@owner.test/a", "http://owner.test/a?api_key=" + canary} {
		w := &witness{}
		server := httptest.NewServer(w)
		defer server.Close()
		folder := t.TempDir()
		args := []string{"--testserver=127.0.0.1:1", "-r", "1/m", "--fail-fast", "--retries", "0", "-j", "run.jsonl", "http://other.test/first", secret}
		checkQuiet(t, runQuietly(t, folder, nil, "", exit.Unfinished, args...))
		resume := []string{"resume", "run.jsonl", "-r", "1000/s", "--testserver=" + server.Listener.Addr().String()}
		wrote := runQuietly(t, folder, nil, "", exit.BadUsage, resume...)
		checkQuiet(t, wrote)
		if said := wrote["standard error"]; !bytes.Contains(said, []byte("SOURCE 2")) {
			t.Errorf("standard error does not name the source: %s", said)
		}
		checkQuiet(t, runQuietly(t, folder, nil, "", exit.Failed, append(resume, "http://other.test/first", secret)...))
		if got := w.hostsThatGot(canary); !slices.Equal(got, []string{"owner.test"}) {
			t.Errorf("sent to %q", got)
		}
		if hosts := w.hosts(); slices.Contains(hosts, "other.test") {
			t.Errorf("what had failed was sent again: %q", hosts)
		}
	}
}
