//go:build unix

package hostfile_test

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/hostfile"
)

// TestPipe: nobody waits for a pipe in the place of a file.
func TestPipe(t *testing.T) {
	base := t.TempDir()
	for _, kind := range []string{".json", ".lease"} {
		if err := unix.Mkfifo(filepath.Join(base, "api.example.com+443"+kind), 0o600); err != nil {
			t.Skip(err)
		}
	}
	d, notes := opened(base, "")
	known := d.Recall(host)
	_, err := d.Lease(host, []fetcher.Rate{{Events: 1, Per: 1}}, hostfile.Running{})(t.Context(), 1, 0)
	if known != nil || err == nil || len(d.Describe(host)) > 0 || len(*notes) != 2 {
		t.Error(known, err, *notes)
	}
}
