//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/fetch/internal/exit"
)

// TestNothingLeftOfClosedOutput: whoever reads standard output has gone. Nothing is said, and nothing temporary is left, wherever that was.
func TestNothingLeftOfClosedOutput(t *testing.T) {
	t.Parallel()
	s := server(t)
	source := list(t, repeat(1000, "f%d http://a.test/bytes/1%05[1]d")...)
	for name, args := range map[string][]string{
		"files":   {"-o", "data/", "-f", "ndjson"},
		"report":  {"-o", "data/", "-f", "csv", "--report", "run.json"},
		"journal": {"-o", "data/", "-f", "ndjson", "-j", "run.jsonl"},
		"ordered": {"-o", "data/", "-f", "ndjson", "-j", "run.jsonl", "--ordered"},
		"bodies":  {"-o", "-"},
		"sync":    {"sync", "-o", "data/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			p := &process{t: t, cmd: command(append(args, "--testserver="+s.addr, "-c", "20", "--progress", "none", source)...), done: make(chan struct{})}
			p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = folder, write, &p.err
			p.cmd.Env = append(p.cmd.Env, "TMPDIR="+folder)
			p.begin()
			write.Close()
			if _, err := newReader(read).ReadByte(); err != nil {
				t.Error(err)
			}
			read.Close()
			p.wantExit(exit.Pipe, longest)
			if p.err.String() != "" {
				t.Errorf("standard error: %q", p.err.String())
			}
			var left []string
			for _, pattern := range []string{"data/.fetch-*.part", "fetch-bodies-*"} {
				names, err := filepath.Glob(filepath.Join(folder, pattern))
				if left = append(left, names...); err != nil {
					t.Error(err)
				}
			}
			if len(left) > 0 {
				t.Errorf("left: %s", strings.Join(left, " "))
			}
		})
	}
}
