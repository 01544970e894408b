package file_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"example.com/fetch/internal/file"
)

// open opens a folder with a file "taken" in it and in its folder "below".
func open(t *testing.T) (dir string, top, below *file.Folder) {
	t.Helper()
	dir = t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	if top, err = file.Open(root, ""); err != nil {
		t.Fatal(err)
	}
	if below, err = file.Make(root, "below", true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(below.Close(), top.Close(), root.Close()); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []string{"taken", "below/taken"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, top, below
}

// write makes a temporary file that is whole.
func write(t *testing.T, d *file.Folder) {
	t.Helper()
	var w file.Writer
	if err := d.Create("part", &w); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Finish(0o600, true), w.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("more")); !errors.Is(err, fs.ErrClosed) {
		t.Error("written after its end:", err)
	}
}

// TestRename: in its folder and to another, with the system's call and without, nothing is replaced unless that is asked for.
func TestRename(t *testing.T) {
	for _, plain := range []bool{false, true} {
		dir, top, below := open(t)
		for at, to := range map[string]*file.Folder{"": top, "below": below} {
			to.NoExclusive.Store(plain)
			content := func(name, want string) {
				t.Helper()
				if text, err := os.ReadFile(filepath.Join(dir, at, name)); err != nil || string(text) != want {
					t.Errorf("%s/%s: %q %v, not %q", at, name, text, err, want)
				}
			}
			write(t, top)
			if err := top.Rename("part", to, "taken"); !errors.Is(err, fs.ErrExist) {
				t.Error(err)
			}
			content("taken", "old")
			if err := top.Rename("part", to, "free"); err != nil {
				t.Error(err)
			}
			content("free", "new")
			write(t, top)
			if err := top.Replace("part", to, "taken"); err != nil {
				t.Error(err)
			}
			content("taken", "new")
			if _, err := top.Lstat("part"); !errors.Is(err, fs.ErrNotExist) {
				t.Error("the temporary file:", err)
			}
		}
	}
}
