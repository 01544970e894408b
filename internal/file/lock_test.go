package file_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"example.com/fetch/internal/file"
)

// asChild is the variable of the environment with the file that the test binary tries to lock, when it is a child.
const asChild = "FETCH_FILE_LOCK_TEST"

func TestMain(m *testing.M) {
	name := os.Getenv(asChild)
	if name == "" {
		os.Exit(m.Run())
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		panic(err)
	}
	got, err := file.Lock(f)
	if err != nil {
		panic(err)
	}
	if !got {
		os.Exit(9)
	}
}

func openFile(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func want(t *testing.T, f *os.File, want bool) {
	t.Helper()
	if got, err := file.Lock(f); got != want || err != nil {
		t.Errorf("got it: %v, %v; want %v", got, err, want)
	}
}

// child tries to take the lock in another process, and reports whether it got it.
func child(t *testing.T, name string) bool {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asChild+"="+name)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState.ExitCode() != 9 {
		t.Fatalf("%v: %s", err, out)
	}
	return err == nil
}

func TestOneAtATime(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	first, second := openFile(t, name), openFile(t, name)
	want(t, first, true)
	want(t, first, true) // it has it already
	want(t, second, false)
	if child(t, name) {
		t.Error("another process got it, too")
	}
	if _, err := second.WriteString("others may write"); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(name); err != nil || string(text) != "others may write" {
		t.Errorf("%q %v", text, err)
	}

	first.Close()
	if !child(t, name) {
		t.Error("it was not let go of when the file was closed")
	}
	want(t, second, true) // that of the child ended with it
}

func TestClosed(t *testing.T) {
	f := openFile(t, filepath.Join(t.TempDir(), "file"))
	f.Close()
	if got, err := file.Lock(f); got || err == nil {
		t.Error(got, err)
	}
}
