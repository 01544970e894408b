package store

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/fetch/fetcher"

	"github.com/google/go-cmp/cmp"
)

func newSink(t testing.TB, o Options) *Sink {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func resultOf(req *fetcher.Request) *fetcher.Result {
	return &fetcher.Result{Seq: req.Seq, Page: 1, Request: req}
}

// keep writes a body to the file of a request that is reserved.
func keep(s *Sink, res *fetcher.Result, contentType, body string) (string, error) {
	f, err := s.Create(res, contentType)
	if err != nil {
		return "", err
	}
	if _, err := f.Write([]byte(body)); err != nil {
		f.Discard()
		return "", err
	}
	return f.Commit()
}

// mustKeep reserves a name and writes a body.
func mustKeep(t testing.TB, s *Sink, req *fetcher.Request, contentType, body string) string {
	t.Helper()
	s.Reserve(req)
	name, err := keep(s, resultOf(req), contentType, body)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// tree gives what is below a folder: the content of files, where links lead, and folders with a slash.
func tree(t testing.TB, root string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == root {
			return err
		}
		at, _ := filepath.Rel(root, name)
		at = filepath.ToSlash(at)
		switch {
		case d.IsDir():
			all[at+"/"] = ""
		case d.Type()&fs.ModeSymlink != 0:
			to, err := os.Readlink(name)
			all[at] = "-> " + to
			return err
		default:
			body, err := os.ReadFile(name)
			all[at] = string(body)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func wantTree(t testing.TB, root string, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, tree(t, root)); diff != "" {
		t.Error("files (- wanted, + there):\n" + diff)
	}
}

func wantWriteFailure(t testing.TB, err error, parts ...string) {
	t.Helper()
	var e *fetcher.Error
	if !errors.As(err, &e) || e.Kind != fetcher.KindWrite {
		t.Fatalf("%v is not of KindWrite", err)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("%q does not say %q", err, p)
		}
	}
}

func TestFilesAppearWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "out")
	s := newSink(t, Options{Output: dir + "/{host}/{name}", Run: "R.1/x", Sync: true})
	wantTree(t, dir, map[string]string{})
	req := asked(3, "a http://h.test/x.csv")
	s.Reserve(req)

	cut, err := s.Create(resultOf(req), "text/plain")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(cut, "half")
	wantTree(t, dir, map[string]string{"h.test/": "", "h.test/.fetch-R_1_x-3.part": "half"})
	cut.Discard()
	cut.Discard()
	wantTree(t, dir, map[string]string{"h.test/": ""})

	name, err := keep(s, resultOf(req), "text/html", "whole")
	if err != nil || name != filepath.Join(dir, "h.test", "a.html") {
		t.Fatal(name, err)
	}
	next := resultOf(req)
	next.Page = 2
	if name, err := keep(s, next, "text/html", ""); err != nil || name != filepath.Join(dir, "h.test", "a-page-2.html") {
		t.Fatal(name, err)
	}
	cut.Discard()
	wantTree(t, dir, map[string]string{"h.test/": "", "h.test/a.html": "whole", "h.test/a-page-2.html": ""})
	s.Release(3)
	if s.Taken() != 0 || len(s.pending) != 0 || len(s.open) != 0 {
		t.Error(s.Taken(), s.pending, s.open)
	}
}

// TestTriedAgain: an attempt that has written its file and failed after all leaves no second one.
func TestTriedAgain(t *testing.T) {
	dir := t.TempDir()
	s := newSink(t, Options{Output: dir})
	req := asked(1, "a http://h.test/")
	mustKeep(t, s, req, "text/plain", "first")
	if _, err := keep(s, resultOf(req), "text/plain", "second"); err != nil {
		t.Fatal(err)
	}
	wantTree(t, dir, map[string]string{"a.txt": "second"})
	if s.Taken() != 0 {
		t.Error(s.Taken())
	}
}

func TestCloseRemovesTemporaries(t *testing.T) {
	dir := t.TempDir()
	s, err := New(Options{Output: dir + "/{seq}/x.txt"})
	if err != nil {
		t.Fatal(err)
	}
	var files []*File
	for seq := range int64(3 * mostFolders) {
		f, err := s.Create(resultOf(asked(seq, "http://h.test/")), "")
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	if n := len(s.folders.held); n > mostFolders {
		t.Error(n, "folders are open")
	}
	if _, err := files[0].Commit(); err != nil {
		t.Error(err)
	}
	if _, err := files[0].Commit(); !errors.Is(err, fs.ErrClosed) {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	for name := range tree(t, dir) {
		if !strings.HasSuffix(name, "/") && name != "0/x.txt" {
			t.Error("left:", name)
		}
	}
	files[1].Discard()
	if _, err := files[1].Commit(); err == nil {
		t.Error("commit after close")
	}
}

func TestWhatIsThereStays(t *testing.T) {
	const there = "it was there"
	tests := []struct {
		why       string
		overwrite bool
		plant     func(dir string) error
		want      map[string]string
		taken     int64
	}{
		{"a file", false, func(dir string) error { return os.WriteFile(dir+"/a.txt", []byte(there), 0o600) },
			map[string]string{"a.txt": there, "a-3.txt": "body", "a-2.txt": "next"}, 1},
		{"two files", false, func(dir string) error {
			return errors.Join(os.WriteFile(dir+"/a.txt", []byte(there), 0o600), os.WriteFile(dir+"/a-2.txt", []byte(there), 0o600))
		}, map[string]string{"a.txt": there, "a-2.txt": there, "a-3.txt": "body", "a-4.txt": "next"}, 2},
		{"a file to be replaced", true, func(dir string) error { return os.WriteFile(dir+"/a.txt", []byte(there), 0o600) },
			map[string]string{"a.txt": "body", "a-2.txt": "next"}, 0},
		{"a folder", false, func(dir string) error { return os.Mkdir(dir+"/a.txt", 0o700) },
			map[string]string{"a.txt/": "", "a-3.txt": "body", "a-2.txt": "next"}, 1},
		{"a folder is never replaced", true, func(dir string) error { return os.Mkdir(dir+"/a.txt", 0o700) },
			map[string]string{"a.txt/": "", "a-3.txt": "body", "a-2.txt": "next"}, 1},
		{"a link", false, func(dir string) error { return os.Symlink("victim", dir+"/a.txt") },
			map[string]string{"a.txt": "-> victim", "a-3.txt": "body", "a-2.txt": "next"}, 1},
		{"a link to be replaced", true, func(dir string) error { return os.Symlink("victim", dir+"/a.txt") },
			map[string]string{"a.txt": "body", "a-2.txt": "next"}, 0},
		{"links at the names of temporaries", false, func(dir string) error {
			return errors.Join(os.Symlink("victim", dir+"/.fetch-R-1.part"), os.Symlink("nothing", dir+"/.fetch-R-1-1.part"),
				os.Symlink("victim", dir+"/.fetch-R-0.part"))
		}, map[string]string{".fetch-R-0.part": "-> victim", ".fetch-R-1.part": "-> victim", ".fetch-R-1-1.part": "-> nothing",
			"a.txt": "body", "a-2.txt": "next"}, 0},
	}
	for _, slow := range []bool{false, true} {
		for _, test := range tests {
			t.Run(fmt.Sprint(test.why, " slow=", slow), func(t *testing.T) {
				dir := t.TempDir()
				if err := errors.Join(test.plant(dir), os.WriteFile(dir+"/victim", []byte(there), 0o600)); err != nil {
					t.Fatal(err)
				}
				s := newSink(t, Options{Output: dir, Overwrite: test.overwrite, Run: "R"})
				d, err := s.folders.get("")
				if err != nil {
					t.Fatal(err)
				}
				d.NoExclusive.Store(slow)
				s.folders.put(d)
				a, next := asked(1, "a http://h.test/"), asked(2, "a http://h.test/")
				s.Reserve(a)
				s.Reserve(next)
				for i, req := range []*fetcher.Request{a, next} {
					if _, err := keep(s, resultOf(req), "text/plain", []string{"body", "next"}[i]); err != nil {
						t.Fatal(err)
					}
				}
				want := map[string]string{"victim": there}
				maps.Copy(want, test.want)
				wantTree(t, dir, want)
				if s.Taken() != test.taken {
					t.Error("taken:", s.Taken())
				}
			})
		}
	}
}

func TestLinksOutOfTheFolder(t *testing.T) {
	outside := t.TempDir()
	dir := t.TempDir()
	if err := errors.Join(os.Symlink(outside, dir+"/h.test"), os.Symlink("../..", dir+"/up.test"), os.WriteFile(dir+"/file.test", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	s := newSink(t, Options{Output: dir + "/{host}/{name}.txt"})
	for _, test := range []struct{ host, why string }{
		{"h.test", "a symbolic link leads out of the folder"},
		{"up.test", "a symbolic link leads out of the folder"},
		{"file.test", "a file exists where a folder is needed"},
	} {
		_, err := keep(s, resultOf(asked(1, "a http://"+test.host+"/")), "", "body")
		wantWriteFailure(t, err, filepath.Join(dir, test.host, "a.txt"), test.why)
		s.Release(1)
	}
	wantTree(t, outside, map[string]string{})
}

func TestFolderThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := New(Options{Output: dir + "/file/sub/"})
	if err == nil || errors.Is(err, ErrTemplate) || !strings.Contains(err.Error(), "cannot be created") {
		t.Error(err)
	}
	if _, err := New(Options{Output: dir + "/{x}"}); !errors.Is(err, ErrTemplate) {
		t.Error(err)
	}
}

func TestTooManyTemporaries(t *testing.T) {
	dir := t.TempDir()
	s := newSink(t, Options{Output: dir, Run: "R"})
	for n := range mostTemporaries {
		if err := os.WriteFile(filepath.Join(dir, s.temporaryName(1, 1, n)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Create(resultOf(asked(1, "a http://h.test/")), "")
	wantWriteFailure(t, err, "remove the files that begin with .fetch-")
	if _, err := New(Options{Output: dir, Run: "R"}); err != nil {
		t.Error(err)
	}
}

// TestSameListSameTree: whichever answer comes first, the names are those of the list's order. There are 10,000 files.
func TestSameListSameTree(t *testing.T) {
	const n = 10_000
	dir := t.TempDir()
	o := Options{Output: dir + "/{host}/"}
	s, names := newSink(t, o), newNames(t, o)
	var reqs []*fetcher.Request
	want := map[string]string{"h0.test/": "", "h1.test/": "", "h2.test/": ""}
	for i := range int64(n) {
		req := asked(i+1, fmt.Sprintf("http://h%d.test/%d", i%3, i/6))
		s.Reserve(req)
		reqs = append(reqs, req)
		want[nameOf(names, req, "text/plain")] = fmt.Sprint(req.Seq)
	}
	slices.Reverse(reqs)
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := w; i < n; i += 8 {
				if _, err := keep(s, resultOf(reqs[i]), "text/plain", fmt.Sprint(reqs[i].Seq)); err != nil {
					t.Error(err)
					return
				}
				s.Release(reqs[i].Seq)
			}
		})
	}
	all.Wait()
	if len(want) != n+3 {
		t.Error("names that are not different:", len(want))
	}
	wantTree(t, dir, want)
}

// FuzzFiles: whatever the name and the URL, the file is inside the folder.
func FuzzFiles(f *testing.F) {
	for _, seed := range []string{"../../x", "a/b", "..\\x", "CON", "a:b", "\x00", "\x1b[2J", "", "..", strings.Repeat("é", 300)} {
		f.Add(seed, seed, "text/html")
	}
	f.Fuzz(func(t *testing.T, name, u, contentType string) {
		base := t.TempDir()
		s := newSink(t, Options{Output: base + "/in/out/{name}/"})
		seen := map[string]bool{}
		for seq := range int64(3) {
			got := mustKeep(t, s, &fetcher.Request{Seq: seq, Name: name, URL: "http://h.test/" + u}, contentType, "body")
			inside, err := filepath.Rel(base+"/in/out", got)
			if err != nil || !filepath.IsLocal(inside) || seen[got] {
				t.Fatalf("%q gives %q", name, got)
			}
			seen[got] = true
			if body, err := os.ReadFile(got); string(body) != "body" {
				t.Fatal(err)
			}
		}
		files := 0
		for name := range tree(t, base) {
			if !strings.HasSuffix(name, "/") {
				files++
			}
		}
		if files != 3 || len(tree(t, base)) != 6 {
			t.Fatal(tree(t, base))
		}
	})
}

func BenchmarkNames(b *testing.B) {
	names := newNames(b, Options{Output: "out/{name}"})
	req := asked(1, "http://h.test/compound/cid/2244/JSON")
	var seq int64
	for b.Loop() {
		seq++
		req.Seq, req.Name = seq, fmt.Sprint("compound ", seq)
		names.Reserve(req)
		names.Release(seq)
	}
}

// BenchmarkFile1K writes files of 1 KB as a run does; beside it stands what the plainest way costs, which leaves half files
// and overwrites.
func BenchmarkFile1K(b *testing.B) {
	body := make([]byte, 1024)
	for _, proof := range []bool{false, true} {
		b.Run(fmt.Sprint("sink/proof=", proof), func(b *testing.B) {
			s := newSink(b, Options{Output: b.TempDir() + "/", Proof: proof})
			var seq int64
			for b.Loop() {
				seq++
				req := &fetcher.Request{Seq: seq, Name: fmt.Sprint(seq), URL: "http://h.test/x"}
				s.Reserve(req)
				f, err := s.Create(resultOf(req), "application/json")
				if err != nil {
					b.Fatal(err)
				}
				if _, err := f.Write(body); err != nil {
					b.Fatal(err)
				}
				if _, err := f.Commit(); err != nil {
					b.Fatal(err)
				}
				s.Release(seq)
				f.Recorded()
			}
		})
	}
	b.Run("os.WriteFile", func(b *testing.B) {
		dir := b.TempDir()
		seq := 0
		for b.Loop() {
			seq++
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(seq)), body, 0o666); err != nil {
				b.Fatal(err)
			}
		}
	})
}
