//go:build unix

package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"example.com/fetch/fetcher"
)

func TestModes(t *testing.T) {
	for _, umask := range []int{0o022, 0o077, 0o002, 0} {
		dir := t.TempDir() + "/out"
		old := syscall.Umask(umask)
		s := newSink(t, Options{Output: dir + "/{host}/"})
		req := asked(1, "a http://h.test/")
		f, err := s.Create(resultOf(req), "")
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(dir, "h.test", f.temporary))
		if err != nil || info.Mode() != 0o600 {
			t.Error("while it is written:", info.Mode(), err)
		}
		name, err := f.Commit()
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != os.FileMode(0o666&^umask) {
			t.Errorf("umask %03o: %v %v", umask, info.Mode(), err)
		}
		for _, folder := range []string{dir, dir + "/h.test"} {
			if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != os.FileMode(0o777&^umask) {
				t.Errorf("umask %03o: %s: %v %v", umask, folder, info.Mode(), err)
			}
		}
	}
}

// child makes the test binary do one of children, with arguments in the environment.
func child(t *testing.T, name string, env ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(append(os.Environ(), asChild+"="+name), env...)
	return cmd
}

const dirVariable = "FETCH_SINK_TEST_DIR"

func init() {
	children["write for ever"] = writeForEver
	children["write too much"] = writeTooMuch
	children["open too many"] = openTooMany
}

// bodyOf is the one body that a file of this number may have: long enough to take several writes.
func bodyOf(seq int64) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%08d\n", seq), 100+int(seq%7)*1000)
}

// writeForEver writes files until it is killed, and says when it has written some.
func writeForEver() error {
	s, err := New(Options{Output: os.Getenv(dirVariable) + "/{folder}/{seq}", Columns: []string{"folder"}})
	if err != nil {
		return err
	}
	var last atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				seq := last.Add(1)
				res := resultOf(&fetcher.Request{Seq: seq, URL: "http://h.test/", Row: row("folder", strconv.FormatInt(seq%10, 10))})
				s.Reserve(res.Request)
				f, err := s.Create(res, "text/plain")
				if err != nil {
					panic(err)
				}
				for body := bodyOf(seq); len(body) > 0; {
					n := min(len(body), 4096)
					if _, err := f.Write(body[:n]); err != nil {
						panic(err)
					}
					body = body[n:]
				}
				if _, err := f.Commit(); err != nil {
					panic(err)
				}
				s.Release(seq)
				if seq%100 == 0 {
					fmt.Println(seq)
				}
			}
		})
	}
	all.Wait()
	return nil
}

func TestKilledWhileWriting(t *testing.T) {
	files, parts := 0, 0
	for round := range 5 {
		dir := t.TempDir()
		cmd := child(t, "write for ever", dirVariable+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(out, make([]byte, 4*(round+1))); err != nil {
			t.Fatal(err)
		}
		cmd.Process.Kill()
		cmd.Wait()
		for name, body := range tree(t, dir) {
			base := filepath.Base(name)
			number, isFile := strings.CutSuffix(base, ".txt")
			switch {
			case strings.HasSuffix(name, "/"):
			case strings.HasPrefix(base, ".fetch-") && strings.HasSuffix(base, ".part"):
				parts++
			case isFile:
				files++
				seq, err := strconv.ParseInt(number, 10, 64)
				if err != nil || body != string(bodyOf(seq)) {
					t.Errorf("%s has %d bytes: %v", name, len(body), err)
				}
			default:
				t.Error("left:", name)
			}
		}
	}
	if files < 500 {
		t.Error("only", files, "files were written")
	}
	t.Log(files, "files, ", parts, "temporaries left")
}

// writeTooMuch writes under a limit of the size of a file, which stands for a disk that takes a part of a write.
func writeTooMuch() error {
	limit := syscall.Rlimit{Cur: 10_000, Max: 10_000}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	s, err := New(Options{Output: os.Getenv(dirVariable)})
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := keep(s, resultOf(asked(1, "small http://h.test/")), "text/plain", strings.Repeat("x", 10_000)); err != nil {
		return err
	}
	_, err = keep(s, resultOf(asked(2, "large http://h.test/")), "text/plain", strings.Repeat("x", 10_001))
	if !errors.Is(err, fetcher.KindWrite) || !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("want a write error of EFBIG, not %v", err)
	}
	fmt.Println(err)
	return nil
}

func TestPartOfAWrite(t *testing.T) {
	dir := t.TempDir()
	out, err := child(t, "write too much", dirVariable+"="+dir).CombinedOutput()
	if err != nil || !strings.Contains(string(out), dir+"/large.txt cannot be written: file too large; ") {
		t.Errorf("%s %v", out, err)
	}
	wantTree(t, dir, map[string]string{"small.txt": strings.Repeat("x", 10_000)})
}

// openTooMany opens files until there are no descriptors left.
func openTooMany() error {
	s, err := New(Options{Output: os.Getenv(dirVariable)})
	if err != nil {
		return err
	}
	defer s.Close()
	limit := syscall.Rlimit{Cur: 50, Max: 50}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	for seq := range int64(100) {
		res := resultOf(asked(seq, "a http://h.test/"))
		f, err := s.Create(res, "")
		if err == nil {
			continue
		}
		if f != nil || !errors.Is(err, fetcher.KindConnect) || !errors.Is(err, syscall.EMFILE) || len(res.Notes) != 1 {
			return fmt.Errorf("%v %v", err, res.Notes)
		}
		fmt.Println(err)
		return nil
	}
	return errors.New("100 files could be opened")
}

func TestOutOfFiles(t *testing.T) {
	dir := t.TempDir()
	out, err := child(t, "open too many", dirVariable+"="+dir).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "allow more open files") {
		t.Errorf("%s %v", out, err)
	}
	wantTree(t, dir, map[string]string{})
}

// TestNoFolder: what cannot be a folder is said to be what it is, and not to have been taken away.
func TestNoFolder(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Symlink(dir+"/nowhere", dir+"/link"), os.WriteFile(dir+"/file", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for output, want := range map[string]string{
		dir + "/link/":   "the folder cannot be created: file exists; a file has that name, or a symbolic link that leads nowhere",
		dir + "/file/":   "the folder cannot be created: file exists; a file has that name",
		dir + "/file/x/": "the folder cannot be created: not a directory; a file exists where a folder is needed",
	} {
		if _, err := New(Options{Output: output}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "taken away") {
			t.Errorf("%s: %v", output, err)
		}
	}
	if got := advice(fs.ErrNotExist); strings.Contains(got, "taken away") {
		t.Error(got)
	}
}

func TestFolderThatMayNotBeWritten(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("root may write everywhere; a folder of the system that nobody may write to stands in for one of another user")
	}
	dir := "/proc"
	if _, err := os.Stat(dir + "/self"); err != nil || os.Getuid() != 0 {
		dir = t.TempDir()
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
	}
	_, err := New(Options{Output: dir})
	if err == nil || errors.Is(err, ErrTemplate) || !strings.Contains(err.Error(), "no file can be created in the folder") {
		t.Error(err)
	}
}
