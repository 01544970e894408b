package main

import (
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
