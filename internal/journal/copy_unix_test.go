//go:build unix

package journal

import (
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"errors"

	"example.com/fetch/fetcher"
)

const copyLimit = 100_000

func init() {
	// copy copies to a file system that has no room for more than copyLimit bytes.
	children["copy"] = func(args []string) error {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: copyLimit, Max: copyLimit}); err != nil {
			return err
		}
		c, err := NewCopy(args[0], os.Stdin, func(string, int64) { panic("it is not whole") })
		if err != nil {
			return err
		}
		n, err := io.Copy(io.Discard, c)
		if n != copyLimit {
			return errors.New("not all came that was copied")
		}
		if e, ok := errors.AsType[*fetcher.Error](err); !ok || e.Kind != fetcher.KindWrite {
			return errors.New("the error is not of KindWrite")
		}
		return errors.Join(err, c.Close())
	}
}

// With no room for more, what was copied is given, and then the reason.
func TestCopyToFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl.stdin")
	cmd := exec.Command(os.Args[0], path)
	cmd.Env = append(os.Environ(), asChild+"=copy")
	cmd.Stdin = strings.NewReader(strings.Repeat("http://h.test/\n", 10_000))
	out, err := cmd.Output()
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	want := "write: the copy of standard input, " + path + ", cannot be written: file too large; the file system, or ulimit -f, allows no larger file; allow it"
	if string(out) != want {
		t.Errorf("it says\n%s\nnot\n%s", out, want)
	}
	if n, err := Lines(path); n != copyLimit/15 || err != nil {
		t.Errorf("%d lines, %v", n, err)
	}
}
