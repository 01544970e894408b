//go:build unix

package payload_test

import (
	"errors"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"example.com/fetch/internal/list/payload"
)

// A pipe is read once, and what it gave is sent each time.
func TestPipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `printf 'from a pipe' > "$0"`, name)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f, err := payload.Read(name)
	if err := errors.Join(err, cmd.Wait()); err != nil {
		t.Fatal(err)
	}
	p, err := (&payload.Spec{Parts: []payload.Part{{File: f}}}).Make()
	if err != nil {
		t.Fatal(err)
	}
	if got := contentOf(t, p) + contentOf(t, p); got != "from a pipefrom a pipe" {
		t.Errorf("%q", got)
	}
	if _, err := payload.Find(name); err == nil {
		t.Error("a row may name a pipe")
	}
	if _, err := payload.Read(t.TempDir()); err == nil {
		t.Error("a folder was read")
	}
}
