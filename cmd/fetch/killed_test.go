//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// manyFiles writes a list of n requests for bodies of a size, each a file of its own, and gives its name.
func manyFiles(t *testing.T, n, size int) string {
	t.Helper()
	return list(t, repeat(n, fmt.Sprintf("f%%[1]d http://a.test/bytes/%d?%%[1]d", size))...)
}

// bodyOf is a body as the server sends it.
func bodyOf(t *testing.T, s *serverProcess, size int) []byte {
	t.Helper()
	resp, err := http.Get(fmt.Sprintf("http://%s/bytes/%d", s.addr, size))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// wholeFiles checks that every file in a folder is one of the bodies, all of it, but for those that have no name yet. It gives
// their numbers.
func wholeFiles(t *testing.T, folder string, bodies ...[]byte) (whole, parts int) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		switch {
		case err != nil || d.IsDir():
			return err
		case strings.HasPrefix(name, ".fetch-") && strings.HasSuffix(name, ".part"):
			parts++
			return nil
		case strings.HasPrefix(name, ".fetch-sync."):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		whole++
		for _, body := range bodies {
			if bytes.Equal(text, body) {
				return nil
			}
		}
		t.Errorf("%s is not whole: %d bytes", path, len(text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return whole, parts
}

// TestKillWhileWriting: kill -9 at random moments while 10,000 files are written, at first anew, then in the place of those that
// are there. Under a final name there is never anything but a whole file, the new one or the old one.
func TestKillWhileWriting(t *testing.T) {
	t.Parallel()
	const n = 10_000
	s := server(t)
	folder := filepath.Join(t.TempDir(), "out")
	small, large := bodyOf(t, s, 1500), bodyOf(t, s, 40_000)
	lists := []string{manyFiles(t, n, len(small)), manyFiles(t, n, len(large))}
	sent, most := int64(0), 0
	var err error
	for round, latest := range []int64{2000, 400, 400, 400} {
		p := start(t, nil, "--testserver="+s.addr, "-c", "50", "-q", "--no-results", "-o", folder, "--overwrite", lists[round%2])
		if err := s.waitForHops(sent + 100 + rand.Int64N(latest)); err != nil {
			t.Fatal(err)
		}
		p.signal(syscall.SIGKILL)
		<-p.done
		if status := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() {
			t.Fatalf("it had ended before: %v, %s", p.cmd.ProcessState, p.err.String())
		}
		whole, parts := wholeFiles(t, folder, small, large)
		if whole < most || whole > n || parts > 50*(round+1) {
			t.Errorf("round %d: %d files, %d parts; there were %d", round, whole, parts, most)
		}
		most = whole
		if sent, err = s.hops(); err != nil {
			t.Fatal(err)
		}
	}
	if most == 0 {
		t.Error("there is no file")
	}
}

// TestKillOfSync: and a folder that is kept in step goes on where it was, with nothing taken for somebody else's.
func TestKillOfSync(t *testing.T) {
	t.Parallel()
	const n = 500
	s := server(t)
	folder := filepath.Join(t.TempDir(), "out")
	body := bodyOf(t, s, 3000)
	source := manyFiles(t, n, len(body))
	args := []string{"sync", "--testserver=" + s.addr, "-c", "20", "-q", "-f", "ndjson", "-o", folder, source}
	sent := int64(0)
	for range 3 {
		p := start(t, nil, args...)
		if err := s.waitForHops(sent + 50 + rand.Int64N(200)); err != nil {
			t.Fatal(err)
		}
		p.signal(syscall.SIGKILL)
		<-p.done
		wholeFiles(t, folder, body)
		var err error
		if sent, err = s.hops(); err != nil {
			t.Fatal(err)
		}
	}
	p := start(t, nil, args...)
	p.wantExit(0, 20*time.Second)
	lines := strings.Split(strings.TrimSpace(p.out.String()), "\n")
	var summary struct{ New, Changed, Unchanged, Conflict, Failed int }
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &summary); err != nil {
		t.Fatal(err)
	}
	if summary.New+summary.Unchanged != n || summary.Unchanged == 0 || summary.Changed+summary.Conflict+summary.Failed > 0 {
		t.Errorf("%+v", summary)
	}
	if whole, parts := wholeFiles(t, folder, body); whole != n || parts != 0 {
		t.Errorf("%d files, %d parts", whole, parts)
	}
}
