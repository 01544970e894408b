package store

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk fills a small file system.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Logf("no small file system can be mounted (%v; it takes root): the full disk was not tried, only TestPartOfAWrite", err)
		return
	}
	defer syscall.Unmount(dir, 0)
	s, err := New(Options{Output: dir})
	if err != nil {
		t.Fatal(err)
	}
	whole := 0
	body := strings.Repeat("x", 10_000)
	for seq := range int64(100) {
		_, err = keep(s, resultOf(asked(seq, fmt.Sprintf("n%d http://h.test/", seq))), "text/plain", body)
		if err != nil {
			break
		}
		whole++
	}
	wantWriteFailure(t, err, dir+"/n", "no space left on device", "make room on the disk")
	if !errors.Is(err, syscall.ENOSPC) || whole == 0 {
		t.Error(whole, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	files := tree(t, dir)
	for name, got := range files {
		if got != body {
			t.Errorf("%s has %d bytes", name, len(got))
		}
	}
	if len(files) != whole {
		t.Error(len(files), "files, not", whole)
	}
}
