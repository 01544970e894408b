//go:build linux || darwin

package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/fetch/fetcher"
)

// step is how far the file of a page gets before its run is killed.
type step int

const (
	temporaryMade step = iota
	halfWritten
	linked
	recorded // in the journal, and the proof is not removed
	finished
)

// moment is when a run is killed.
type moment struct {
	seq  int64
	page int
	step step
}

var never = moment{}

// paged is a request that has so many pages, of this type.
type paged struct {
	line, contentType string
	pages             int
}

// killedList has names that are taken by others, names that are desired twice, pages, and two folders.
var killedList = []paged{
	{"a http://h.test/", "text/plain", 1}, {"b http://h.test/", "text/plain", 1}, {"b http://h.test/", "text/html", 1},
	{"c http://h.test/", "text/plain", 2}, {"a http://h.test/", "text/plain", 1}, {"b http://i.test/", "text/plain", 1},
}

// strangers are files that were there before.
var strangers = map[string]string{
	"h.test/a.txt": "it was there", "i.test/b.txt": "it was there", "h.test/c-page-2.txt": "it was there",
	"h.test/.fetch-R1-2.part": "of another run", "h.test/.fetch-R-2-notes.part": "of nobody", "h.test/.fetch-R-+2.part": "of nobody",
	"j.test/.fetch-R-2": "of nobody",
}

// records are the files of pages, as a journal has them.
type records map[moment]string

func (r records) stand(list []paged) func(int64) bool {
	return func(seq int64) bool {
		for page := range list[seq-1].pages {
			if r[moment{seq: seq, page: page + 1}] == "" {
				return false
			}
		}
		return true
	}
}

// mine are the files that may be replaced: of requests that are sent again.
func (r records) mine(list []paged) func(int64, string) bool {
	stand, again := r.stand(list), map[string]int64{}
	for at, file := range r {
		if !stand(at.seq) {
			again[file] = at.seq
		}
	}
	return func(seq int64, name string) bool { return again[name] == seq }
}

// carryOut does what is left of a list, until it is killed. It reports whether it was.
func carryOut(t *testing.T, dir string, list []paged, journal records, kill moment) bool {
	t.Helper()
	s, err := New(Options{Output: dir + "/{host}/{name}", Run: "R", Proof: true, Pages: true, Mine: journal.mine(list)})
	if err != nil {
		t.Fatal(err)
	}
	stand := journal.stand(list)
	if err := s.Clean(t.Context(), stand); err != nil {
		t.Fatal(err)
	}
	for i, one := range list {
		req := asked(int64(i+1), one.line)
		if stand(req.Seq) {
			s.Settle(req)
			continue
		}
		s.Reserve(req)
		for page := range one.pages {
			at := moment{req.Seq, page + 1, finished}
			if kill.seq == at.seq && kill.page == at.page {
				at.step = kill.step
			}
			carryOutPage(t, s, req, one.contentType, journal, at)
			if at.step != finished {
				s.folders.close()
				return true
			}
		}
		s.Release(req.Seq)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return false
}

// carryOutPage does so much of a page.
func carryOutPage(t *testing.T, s *Sink, req *fetcher.Request, contentType string, journal records, until moment) {
	t.Helper()
	res := resultOf(req)
	res.Page = until.page
	body := fmt.Sprintf("the body of %d, page %d", until.seq, until.page)
	f, err := s.Create(res, contentType)
	if err != nil {
		t.Fatal(err)
	}
	if until.step == temporaryMade {
		return
	}
	fmt.Fprint(f, body[:len(body)/2])
	if until.step == halfWritten {
		return
	}
	fmt.Fprint(f, body[len(body)/2:])
	name, err := f.Commit()
	if err != nil {
		t.Fatal(err)
	}
	if until.step == linked {
		return
	}
	journal[moment{seq: until.seq, page: until.page}] = name
	if until.step == recorded {
		return
	}
	f.Recorded()
}

func plant(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, body := range files {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, []byte(body), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

// inFolderOf makes the names in records relative to a folder.
func inFolderOf(t *testing.T, dir string, journal records) map[string]string {
	t.Helper()
	all := map[string]string{}
	for at, file := range journal {
		inside, err := filepath.Rel(dir, file)
		if err != nil {
			t.Fatal(err)
		}
		all[fmt.Sprint(at.seq, "/", at.page)] = inside
	}
	return all
}

// TestKilledAndGoneOnWith kills a run at each step of each of its files, where there is a proof twice, and goes on with it:
// files and records are those of a run that was never cut, and what is not ours is as it was.
func TestKilledAndGoneOnWith(t *testing.T) {
	uncut := t.TempDir()
	plant(t, uncut, strangers)
	whole := records{}
	carryOut(t, uncut, killedList, whole, never)
	want, wantRecords := tree(t, uncut), inFolderOf(t, uncut, whole)
	for _, name := range []string{"h.test/a-2.txt", "h.test/a-3.txt", "h.test/b-2.html", "h.test/c-page-2-2.txt", "i.test/b-2.txt"} {
		if want[name] == "" {
			t.Fatal(name, "is missing in", want)
		}
	}

	moments := []moment{never}
	for i, one := range killedList {
		for page := range one.pages {
			for s := range finished {
				moments = append(moments, moment{int64(i + 1), page + 1, s})
			}
		}
	}
	for _, first := range moments[1:] {
		for _, second := range moments {
			if second != never && (second.seq != first.seq || second.page < first.page || first.step < linked) {
				continue
			}
			dir := t.TempDir()
			plant(t, dir, strangers)
			journal := records{}
			if !carryOut(t, dir, killedList, journal, first) {
				t.Fatal("not killed at", first)
			}
			carryOut(t, dir, killedList, journal, second)
			carryOut(t, dir, killedList, journal, never)
			got := tree(t, dir)
			if !maps.Equal(got, want) || !maps.Equal(inFolderOf(t, dir, journal), wantRecords) {
				t.Errorf("killed at %v and %v:\n%v\n%v\nwant\n%v\n%v", first, second, got, inFolderOf(t, dir, journal), want, wantRecords)
			}
		}
	}
}

// TestKilledWhileReplacing: a kill between any two calls leaves the old file under the name or the new one.
func TestKilledWhileReplacing(t *testing.T) {
	tests := []struct {
		why   string
		plant map[string]string
		link  [2]string
		want  string
	}{
		{"before", map[string]string{"a.txt": "old", ".fetch-R-1.part": "new"}, [2]string{}, "old"},
		{"the second link is made", map[string]string{"a.txt": "old", ".fetch-R-1.part": "new"}, [2]string{".fetch-R-1.part", ".fetch-R-1-1.part"}, "old"},
		{"the second link has the name", map[string]string{".fetch-R-1.part": "new"}, [2]string{".fetch-R-1.part", "a.txt"}, "new"},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			dir := t.TempDir()
			plant(t, dir, test.plant)
			if test.link[0] != "" {
				if err := os.Link(filepath.Join(dir, test.link[0]), filepath.Join(dir, test.link[1])); err != nil {
					t.Fatal(err)
				}
			}
			mine := func(seq int64, name string) bool { return seq == 1 && name == filepath.Join(dir, "a.txt") }
			s := newSink(t, Options{Output: dir, Run: "R", Proof: true, Mine: mine})
			if err := s.Clean(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			wantTree(t, dir, map[string]string{"a.txt": test.want})
			req := asked(1, "a http://h.test/")
			s.Reserve(req)
			f, err := s.Create(resultOf(req), "text/plain")
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprint(f, "newest")
			if _, err := f.Commit(); err != nil {
				t.Fatal(err)
			}
			wantTree(t, dir, map[string]string{"a.txt": "newest", ".fetch-R-1.part": "newest"})
			f.Recorded()
			wantTree(t, dir, map[string]string{"a.txt": "newest"})
		})
	}
}

func TestCleanTouchesNothingElse(t *testing.T) {
	dir, backup := t.TempDir(), t.TempDir()
	o := Options{Output: dir + "/{host}/{name}", Run: "R", Proof: true, Sync: true}
	ours, theirs := newSink(t, o), newSink(t, Options{Output: o.Output, Run: "R-1", Proof: true})
	for i, s := range []*Sink{ours, theirs} { // two runs in one folder, both with proofs
		for seq := range int64(3) {
			mustKeep(t, s, asked(seq+1, fmt.Sprintf("n%d-%d http://h.test/", i, seq+1)), "text/plain", "body")
		}
	}
	at := func(name string) string { return filepath.Join(dir, "h.test", name) }
	err := errors.Join(
		os.Symlink("n0-1.txt", at(".fetch-R-7.part")), os.Mkdir(at(".fetch-R-8.part"), 0o700), os.Symlink("nowhere", at("link")),
		os.Symlink("h.test", filepath.Join(dir, "again")), os.Symlink("/", filepath.Join(dir, "out")), os.Symlink("loop", filepath.Join(dir, "loop")),
		os.WriteFile(filepath.Join(dir, ".fetch-R-1.part"), nil, 0o600), // no folder of the template
		os.MkdirAll(filepath.Join(dir, ".hidden"), 0o700), os.WriteFile(filepath.Join(dir, ".hidden", ".fetch-R-1.part"), nil, 0o600),
		os.MkdirAll(at("deeper"), 0o700), os.WriteFile(at("deeper/.fetch-R-1.part"), nil, 0o600),
		os.Link(at("n0-2.txt"), at("of the user.txt")),                 // it is not known which name is whose
		os.Link(at("n0-3.txt"), filepath.Join(backup, "n0-3.txt")),     // it is
		os.Link(at("n1-1.txt"), filepath.Join(backup, "n1-1 too.txt")), // not ours at all
	)
	if err != nil {
		t.Fatal(err)
	}
	want := tree(t, dir)
	for _, name := range []string{".fetch-R-1.part", ".fetch-R-2.part", ".fetch-R-3.part", "n0-1.txt", "n0-3.txt"} {
		if _, ok := want["h.test/"+name]; !ok {
			t.Error(name, "is not there")
		}
		delete(want, "h.test/"+name)
	}
	for range 2 {
		if err := ours.Clean(t.Context(), func(int64) bool { return false }); err != nil {
			t.Fatal(err)
		}
		wantTree(t, dir, want)
		wantTree(t, backup, map[string]string{"n0-3.txt": "body", "n1-1 too.txt": "body"})
	}
}

func TestCleanManyAndCutOff(t *testing.T) {
	dir := t.TempDir()
	const many = 250
	s := newSink(t, Options{Output: dir, Run: "R"})
	for seq := range int64(many) {
		if err := os.WriteFile(filepath.Join(dir, s.temporaryName(seq, int(1+seq%3), int(seq%2))), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	cancel(stopped)
	if err := s.Clean(ctx, nil); !errors.Is(err, stopped) {
		t.Error(err)
	}
	if n := len(tree(t, dir)); n != many {
		t.Error(n, "are left")
	}
	if err := s.Clean(t.Context(), nil); err != nil {
		t.Error(err)
	}
	wantTree(t, dir, map[string]string{})
}

func TestSeqOfTemporary(t *testing.T) {
	s := newSink(t, Options{Output: t.TempDir(), Run: "R"})
	for _, seq := range []int64{0, 1, 12, 1 << 62} {
		for _, page := range []int{1, 2, 300} {
			for _, n := range []int{0, 1, 99} {
				name := s.temporaryName(seq, page, n)
				if got, ok := s.seqOfTemporary(name); !ok || got != seq {
					t.Error(name, got, ok)
				}
			}
		}
	}
	for _, name := range []string{"", ".fetch-R-.part", ".fetch-R-1", "fetch-R-1.part", ".fetch-R-01.part", ".fetch-R--1.part", ".fetch-R-1-0.part",
		".fetch-R-1-page-1.part", ".fetch-R-1-page-.part", ".fetch-R-1-page-2-.part", ".fetch-R-1-x.part", ".fetch-R-1-1-1.part", ".fetch-R-1.part.part",
		".fetch-R-1 .part", ".fetch-R-99999999999999999999.part", ".fetch-S-1.part", ".fetch-R-1-1.partial"} {
		if seq, ok := s.seqOfTemporary(name); ok {
			t.Error(name, seq)
		}
	}
}

// TestRecordedAnyTime: the folder may have been closed by then, or be gone, and so may the sink.
func TestRecordedAnyTime(t *testing.T) {
	dir := t.TempDir()
	s, err := New(Options{Output: dir + "/{seq}/x.txt", Proof: true})
	if err != nil {
		t.Fatal(err)
	}
	commit := func(seq int64) *File {
		f, err := s.Create(resultOf(asked(seq, "http://h.test/")), "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		return f
	}
	var files []*File
	for seq := range int64(3 * mostFolders) {
		files = append(files, commit(seq))
	}
	if err := os.RemoveAll(dir + "/0"); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, f := range slices.Concat(files, files) {
		all.Go(f.Recorded)
	}
	all.Wait()
	last := commit(1000)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	last.Recorded()
	for name := range tree(t, dir) {
		if strings.HasSuffix(name, ".part") != strings.HasPrefix(name, "1000/.") || strings.HasPrefix(name, "0/") {
			t.Error("left:", name)
		}
	}
	if n := len(tree(t, dir)); n != 2*(3*mostFolders-1)+3 {
		t.Error(n)
	}
}

// TestFolderInUseAtTheEnd: its descriptor is not closed, or it might be another folder's when it is used.
func TestFolderInUseAtTheEnd(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, map[string]string{"x": ""})
	s, err := New(Options{Output: dir})
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.folders.get("")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := d.Remove("x"); err != nil {
		t.Error(err)
	}
	s.folders.put(d)
	if _, err := d.Lstat("."); !errors.Is(err, fs.ErrClosed) {
		t.Error("it is still open:", err)
	}
}

// TestTriedAgainWithProof: of an attempt that has written its file and failed after all nothing stays.
func TestTriedAgainWithProof(t *testing.T) {
	dir := t.TempDir()
	s := newSink(t, Options{Output: dir, Run: "R", Proof: true})
	req := asked(1, "a http://h.test/")
	mustKeep(t, s, req, "text/plain", "first")
	f, err := s.Create(resultOf(req), "text/plain")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, "second")
	if _, err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	wantTree(t, dir, map[string]string{"a.txt": "second", ".fetch-R-1-1.part": "second"})
	f.Recorded()
	wantTree(t, dir, map[string]string{"a.txt": "second"})
	if s.Taken() != 0 {
		t.Error(s.Taken())
	}
}

// TestWithoutLinks: where the file system has none, all is as without proofs.
func TestWithoutLinks(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, map[string]string{"a.txt": "it was there", "b.txt": "old"})
	s := newSink(t, Options{Output: dir, Run: "R", Proof: true, Mine: func(seq int64, _ string) bool { return seq == 2 }})
	d, err := s.folders.get("")
	if err != nil {
		t.Fatal(err)
	}
	d.NoLinks.Store(true)
	s.folders.put(d)
	mustKeep(t, s, asked(1, "a http://h.test/"), "text/plain", "body")
	mustKeep(t, s, asked(2, "b http://h.test/"), "text/plain", "new")
	wantTree(t, dir, map[string]string{"a.txt": "it was there", "a-2.txt": "body", "b.txt": "new"})
}

// TestWhatMayBeReplaced: files of the request itself, and with Overwrite all that are not guarded.
func TestWhatMayBeReplaced(t *testing.T) {
	tests := []struct {
		why                        string
		overwrite, mine, guard, by bool // by: a symbolic link has the name
		want                       string
	}{
		{"not ours", false, false, false, false, "a-2.txt"},
		{"of an earlier record", false, true, false, false, "a.txt"},
		{"a link in the place of it", false, true, false, true, "a-2.txt"},
		{"overwritten", true, false, false, false, "a.txt"},
		{"a link overwritten", true, false, false, true, "a.txt"},
		{"of another record", true, false, true, false, "a-2.txt"},
		{"guarded, and mine", true, true, true, false, "a.txt"},
	}
	for _, proof := range []bool{false, true} {
		for _, test := range tests {
			t.Run(fmt.Sprint(test.why, " proof=", proof), func(t *testing.T) {
				dir := t.TempDir()
				file := filepath.Join(dir, "a.txt")
				if test.by {
					if err := os.Symlink("nowhere", file); err != nil {
						t.Fatal(err)
					}
				} else {
					plant(t, dir, map[string]string{"a.txt": "it was there"})
				}
				s := newSink(t, Options{Output: dir, Overwrite: test.overwrite, Proof: proof,
					Mine: func(seq int64, name string) bool { return test.mine && seq == 1 && name == file }})
				if test.guard {
					s.Guard(file)
				}
				if name := mustKeep(t, s, asked(1, "a http://h.test/"), "text/plain", "body"); name != filepath.Join(dir, test.want) {
					t.Error(name)
				}
				if body, err := os.ReadFile(filepath.Join(dir, test.want)); err != nil || string(body) != "body" {
					t.Error(string(body), err)
				}
			})
		}
	}
}

func TestHold(t *testing.T) {
	for _, test := range []struct{ output, held, line, contentType, want string }{
		{"/{host}/{name}", "h.test/a.txt", "a http://h.test/", "text/plain", "h.test/a-2.txt"},
		{"/{host}/{name}", "h.test/A.txt", "a http://h.test/", "text/plain", "h.test/a-2.txt"},
		{"/{host}/{name}", "h.test/a.json", "a http://h.test/", "text/plain", "h.test/a-2.txt"},
		{"/{host}/{name}", "h.test/a.txt", "a.json http://h.test/", "text/plain", "h.test/a.json"},
		{"/{host}/{name}", "h.test/a.tar.gz", "a.tar.gz http://h.test/", "text/plain", "h.test/a-2.tar.gz"},
		{"/{host}/{name}", "i.test/a.txt", "a http://h.test/", "text/plain", "h.test/a.txt"},
		{"/{host}/{name}", "../h.test/a.txt", "a http://h.test/", "text/plain", "h.test/a.txt"},
		{"/{name}.json", "a.json", "a http://h.test/", "text/plain", "a-2.json"},
		{"/{name}.json", "a-2.json", "a http://h.test/", "text/plain", "a.json"},
	} {
		dir := t.TempDir()
		s := newSink(t, Options{Output: dir + test.output})
		for _, outside := range []string{"", "a.txt", "/etc/passwd", "h.test/a.txt", dir, dir + "x/h.test/a.txt"} {
			s.Hold(outside)
		}
		s.Hold(dir + "/" + test.held)
		if got := mustKeep(t, s, asked(1, test.line), test.contentType, "body"); got != filepath.Join(dir, test.want) {
			t.Errorf("%s held: %s, want %s", test.held, got, test.want)
		}
	}
}

// BenchmarkClean looks through a folder of 20,000 files, with a file that has no record.
func BenchmarkClean(b *testing.B) {
	dir := b.TempDir()
	s := newSink(b, Options{Output: dir, Run: "R"})
	for n := range 20_000 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(n)), nil, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	part, file := filepath.Join(dir, s.temporaryName(1, 1, 0)), filepath.Join(dir, "without a record")
	for b.Loop() {
		if err := errors.Join(os.WriteFile(part, nil, 0o600), os.Link(part, file)); err != nil {
			b.Fatal(err)
		}
		if err := s.Clean(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			b.Fatal(err)
		}
	}
}

func init() { children["keep a journal"] = keepJournal }

// listOfMany is long enough to be killed in.
const listOfMany = 800

func manyNamed(seq int64) *fetcher.Request {
	return asked(seq, fmt.Sprintf("n%d http://h%d.test/", seq/3, seq%5))
}

// keepJournal writes the files of a list, and for each a line into a file beside the folder, as a run with a journal does.
// It goes on where another was killed, and says how far it is.
func keepJournal() error {
	dir := os.Getenv(dirVariable)
	journal, err := os.OpenFile(dir+"/journal", os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	done := map[int64]bool{}
	for lines := bufio.NewScanner(journal); lines.Scan(); {
		seq, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			return err
		}
		done[seq] = true
	}
	s, err := New(Options{Output: dir + "/out/{host}/", Run: "R", Proof: true})
	if err != nil {
		return err
	}
	if err := s.Clean(context.Background(), func(seq int64) bool { return done[seq] }); err != nil {
		return err
	}
	reqs := make(chan *fetcher.Request)
	var count atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for req := range reqs {
				f, err := s.Create(resultOf(req), "text/plain")
				if err != nil {
					panic(err)
				}
				for body := bodyOf(req.Seq); len(body) > 0; {
					n := min(len(body), 4096)
					f.Write(body[:n])
					body = body[n:]
				}
				if _, err := f.Commit(); err != nil {
					panic(err)
				}
				s.Release(req.Seq)
				if _, err := fmt.Fprintln(journal, req.Seq); err != nil {
					panic(err)
				}
				f.Recorded()
				if n := count.Add(1); n%50 == 0 {
					fmt.Print("x")
				}
			}
		})
	}
	for seq := range int64(listOfMany) {
		if req := manyNamed(seq + 1); done[req.Seq] {
			s.Settle(req)
		} else {
			s.Reserve(req)
			reqs <- req
		}
	}
	close(reqs)
	all.Wait()
	return s.Close()
}

// TestKilledWithAJournal kills a run some times and goes on with it: the files are those of a run that was never cut, and
// none is left that has no record.
func TestKilledWithAJournal(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, map[string]string{"out/h1.test/.fetch-S-1.part": "of another run"})
	for round := range 5 {
		cmd := child(t, "keep a journal", dirVariable+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if round < 4 {
			io.ReadFull(out, make([]byte, 2+round))
			cmd.Process.Kill()
			cmd.Wait()
			continue
		}
		if _, err := io.Copy(io.Discard, out); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	names := newNames(t, Options{Output: dir + "/out/{host}/"})
	want := map[string]string{"h1.test/.fetch-S-1.part": "of another run"}
	for seq := range int64(listOfMany) {
		req := manyNamed(seq + 1)
		want[nameOf(names, req, "text/plain")] = string(bodyOf(req.Seq))
	}
	got := tree(t, dir+"/out")
	maps.DeleteFunc(got, func(name, _ string) bool { return strings.HasSuffix(name, "/") })
	if len(want) != listOfMany+1 || !maps.Equal(got, want) {
		t.Errorf("%d files, not %d", len(got), len(want))
		for name, body := range got {
			if want[name] != body {
				t.Error("wrong:", name)
			}
		}
	}
	journal, err := os.ReadFile(dir + "/journal")
	if err != nil || strings.Count(string(journal), "\n") != listOfMany {
		t.Error(strings.Count(string(journal), "\n"), "records", err)
	}
}
