package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk fills a small file system, makes room, and goes on.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Logf("no small file system can be mounted (%v; it takes root): only a file that pretends to be full was tried", err)
		return
	}
	defer syscall.Unmount(dir, 0)
	path, rest := filepath.Join(dir, "run.jsonl"), filepath.Join(dir, "rest")
	w, err := begin(path, newLeg(0, 100), false, Options{})
	must(t, err)
	var written []int64
	for seq := int64(1); err == nil; seq++ {
		err = w.Append(wide(seq, 5000), func() { written = append(written, seq) })
		if err == nil && seq%3 == 0 {
			err = w.End(&End{}) // waits
		}
	}
	wantWriteFailure(t, err, path, "no space left on device", "make room on the disk, then: fetch resume "+path)
	if !errors.Is(err, syscall.ENOSPC) || w.Close() != err {
		t.Error(err)
	}
	j := open(t, path)
	all, err := collect(j.Records(t.Context()))
	must(t, err)
	if j.Torn != 0 || len(all) != len(written) || len(all) < 5 {
		t.Error(j.Torn, len(all), written)
	}

	must(t, os.WriteFile(rest, nil, 0o600))
	fill(rest)
	if _, err := begin(filepath.Join(dir, "new.jsonl"), newLeg(0, 1), false, Options{}); !errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "resume") {
		t.Error(err)
	}
	must(t, os.Remove(rest))
	w, _, err = goOn(t.Context(), path, Options{})
	must(t, err)
	must(t, w.begin(newLeg(1, 100)))
	must(t, w.Append(newRecord(1000, 1, 0), nil))
	must(t, w.Close())
	if again, err := collect(open(t, path).Records(t.Context())); err != nil || len(again) != len(all)+1 {
		t.Error(len(again), err)
	}
}

// fill writes to a file until nothing more fits.
func fill(path string) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	for err == nil {
		_, err = f.Write(make([]byte, 512))
	}
	f.Close()
}
