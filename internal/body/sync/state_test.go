package sync_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/sync"
)

// killed carries the list out, and ends as kill -9 does: with nothing written at the end.
func killed(t *testing.T, dir string, list ...*fetcher.Request) run {
	t.Helper()
	m, err := sync.Open(sync.Options{Dir: dir, Names: &names{}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	return carryOut(t, m, list...)
}

func stateOf(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, sync.StateFile))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestKillLosesNothing(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	o := sync.Options{Dir: dir}
	s.set("/x", page{content: "one", etag: `"1"`})
	s.set("/y", page{content: "one", etag: `"1"`})
	killed(t, dir, s.get("/x", "/y")...)
	s.takeAsked()
	check(t, "after the first", killed(t, dir, s.get("/x", "/y")...).changes, []string{"unchanged x.txt", "unchanged y.txt"})
	check(t, "asked", s.takeAsked(), []string{"GET /x 304", "GET /y 304"})

	s.set("/x", page{content: "two", etag: `"2"`})
	s.set("/y", page{content: "two", etag: `"2"`})
	check(t, "changed", killed(t, dir, s.get("/x", "/y")...).changes, []string{"changed x.txt", "changed y.txt"})
	// As if the kill had come after the state was written and before the file was.
	write(t, dir, "x.txt", "one")
	s.takeAsked()
	check(t, "after the kill", synced(t, o, s.get("/x", "/y")...).changes, []string{"changed x.txt", "unchanged y.txt"})
	check(t, "asked", s.takeAsked(), []string{"GET /x 200", "GET /y 304"})
	if strings.Contains(stateOf(t, dir), "was_sha256") {
		t.Errorf("there is still doubt in the state:\n%s", stateOf(t, dir))
	}
	// Now it is someone else who puts the old content there.
	write(t, dir, "x.txt", "one")
	check(t, "later", synced(t, o, s.get("/x")...).changes, []string{"conflict x.txt", "unlisted y.txt"})
}

// TestDoubtOutlivesARunThatFailed: the old content stays known for ours until the new has come.
func TestDoubtOutlivesARunThatFailed(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	s.set("/x", page{content: "one"})
	killed(t, dir, s.get("/x")...)
	s.set("/x", page{content: "two"})
	killed(t, dir, s.get("/x")...)
	write(t, dir, "x.txt", "one")
	for _, status := range []int{500, 404} {
		s.set("/x", page{status: status})
		synced(t, sync.Options{Dir: dir}, s.get("/x")...)
	}
	s.set("/x", page{content: "two"})
	check(t, "at last", synced(t, sync.Options{Dir: dir}, s.get("/x")...).changes, []string{"changed x.txt"})
	check(t, "tree", tree(t, dir), map[string]string{"x.txt": "two"})
}

func TestPartsOfAKilledRunAreRemoved(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	s.set("/x", page{content: "one"})
	write(t, dir, ".fetch-sync-1.part", "half a fi")
	write(t, dir, ".fetch-sync-state.part", "half a st")
	write(t, dir, ".fetch-4711-1.part", "of another command at work")
	synced(t, sync.Options{Dir: dir}, s.get("/x")...)
	synced(t, sync.Options{Dir: dir}, s.get("/x")...)
	check(t, "tree", tree(t, dir), map[string]string{"x.txt": "one", ".fetch-4711-1.part": "of another command at work"})
}

func TestStateFile(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	s.set("/x", page{content: "one", etag: `W/"1"`, modified: longAgo})
	s.set("/a", page{content: "two"})
	list := []*fetcher.Request{{URL: strings.Replace(s.URL, "://", "://me:secret@", 1) + "/x?key=secret&n=1"}}
	synced(t, sync.Options{Dir: dir}, append(list, s.get("/a", "/a")...)...)
	state := stateOf(t, dir)
	state = strings.ReplaceAll(state, s.URL[len("http://"):], "HOST")
	state = regexp.MustCompile(`"id":"[0-9a-f]{24}"`).ReplaceAllString(state, `"id":"ID"`)
	state = regexp.MustCompile(`"(mtime|fetched)":"[0-9TZ:.-]+"`).ReplaceAllString(state, `"$1":"TIME"`)
	check(t, "state", strings.Split(strings.TrimSpace(state), "\n"), []string{
		`{"type":"sync","v":1}`,
		`{"id":"ID","nth":2,"url":"http://HOST/a","file":"a-2.txt","sha256":"3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3","bytes":3,"mtime":"TIME","fetched":"TIME"}`,
		`{"id":"ID","url":"http://HOST/a","file":"a.txt","sha256":"3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3","bytes":3,"mtime":"TIME","fetched":"TIME"}`,
		`{"id":"ID","url":"http://me:***@HOST/x?key=***&n=1","file":"x.txt","etag":"W/\"1\"","last_modified":"2020-02-03T04:05:06Z","sha256":"7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed","bytes":3,"mtime":"TIME","fetched":"TIME"}`,
	})
}

func TestTornLineIsForgotten(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	s.set("/x", page{content: "one", etag: `"1"`})
	s.set("/y", page{content: "one", etag: `"1"`})
	synced(t, sync.Options{Dir: dir}, s.get("/x")...)
	whole := stateOf(t, dir)
	for _, cut := range []int{0, 1, len(`{"type":"sync","v":1}`), len(`{"type":"sync","v":1}`) + 1, len(whole) - 100, len(whole) - 1} {
		write(t, dir, sync.StateFile, whole[:cut])
		synced(t, sync.Options{Dir: dir}, s.get("/x", "/y")...)
		r := synced(t, sync.Options{Dir: dir}, s.get("/x", "/y")...)
		check(t, fmt.Sprint("cut at ", cut), r.changes, []string{"unchanged x.txt", "unchanged y.txt"})
		check(t, "tree", tree(t, dir), map[string]string{"x.txt": "one", "y.txt": "one"})
	}
}

func TestDamagedState(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	s.set("/x", page{content: "one", etag: `"1"`})
	synced(t, sync.Options{Dir: dir}, s.get("/x")...)
	good := strings.SplitAfter(stateOf(t, dir), "\n")[1]
	with := func(name string, value any) string {
		fields := map[string]any{}
		if err := json.Unmarshal([]byte(good), &fields); err != nil {
			t.Fatal(err)
		}
		fields[name] = value
		text, _ := json.Marshal(fields)
		return string(text)
	}
	const head = `{"type":"sync","v":1}` + "\n"
	for _, tt := range []struct{ state, line, words string }{
		{head + "nonsense\n" + good, "line 2", "not JSON"},
		{head + good + "{}\n" + good, "line 3", "id"},
		{"hello\n" + good, "line 1", "move it away"},
		{`{"type":"sync","v":2}` + "\n", "line 1", "version 2"},
		{head + with("file", "../x.txt") + "\n", "line 2", `"../x.txt"`},
		{head + with("file", "/etc/passwd") + "\n", "line 2", "/etc/passwd"},
		{head + with("file", ".fetch-sync.jsonl") + "\n", "line 2", "not a valid file name"},
		{head + with("file", "a/.fetch-sync.jsonl") + "\n", "line 2", "not a valid file name"},
		{head + with("file", "") + "\n", "line 2", "not a valid file name"},
		{head + with("sha256", "12") + "\n", "line 2", "checksum"},
		{head + with("bytes", -1) + "\n", "line 2", "size"},
		{head + with("mtime", "yesterday") + "\n", "line 2", "time"},
		{head + with("last_modified", "yesterday") + "\n", "line 2", "time"},
		{head + with("etag", "*") + "\n", "line 2", "etag"},
		{head + with("id", "xyz") + "\n", "line 2", "id"},
		{head + strings.Repeat("x", 5<<20) + "\n", "line 2", "longer"},
	} {
		write(t, dir, sync.StateFile, tt.state)
		_, err := sync.Open(sync.Options{Dir: dir, Names: &names{}})
		if err == nil {
			t.Errorf("%.100q was read", tt.state)
			continue
		}
		for _, want := range []string{filepath.Join(dir, sync.StateFile), tt.line, tt.words} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%.100q: %.300v, which does not say %s", tt.state, err, want)
			}
		}
		check(t, "state", stateOf(t, dir) == tt.state, true)
	}
	write(t, dir, sync.StateFile, head+`{"type":"later","x":1}`+"\n"+good)
	check(t, "unknown types are skipped", synced(t, sync.Options{Dir: dir}, s.get("/x")...).changes, []string{"unchanged x.txt"})
}

func TestStateThatIsALink(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "precious", "")
	if err := os.Symlink("precious", filepath.Join(dir, sync.StateFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := sync.Open(sync.Options{Dir: dir, Names: &names{}}); err == nil || !strings.Contains(err.Error(), "plain file") {
		t.Errorf("opened with %v", err)
	}
	check(t, "precious", tree(t, dir)["precious"], "")
}

// sourceOf is a list of n requests that nobody need answer.
func sourceOf(n int) func(func(*fetcher.Request, error) bool) {
	return func(yield func(*fetcher.Request, error) bool) {
		for i := range n {
			if !yield(&fetcher.Request{Seq: int64(i + 1), URL: fmt.Sprintf("http://example.com/some/where/%06d.json", i)}, nil) {
				return
			}
		}
	}
}

// TestMemory: what one request of the state takes.
func TestMemory(t *testing.T) {
	const n = 20_000
	dir := t.TempDir()
	ids := idsOf(t, n)
	var b strings.Builder
	b.WriteString(`{"type":"sync","v":1}` + "\n")
	for i := range n {
		fmt.Fprintf(&b, `{"id":"%s","url":"http://example.com/some/where/%06d.json","file":"%06d.json","etag":"\"%06d\"","sha256":"%064x","bytes":1,"mtime":"2020-01-01T00:00:00Z","fetched":"2020-01-01T00:00:00Z"}`+"\n", ids[i], i, i, i, i+1)
	}
	write(t, dir, sync.StateFile, b.String())
	b.Reset()
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	m, err := sync.Open(sync.Options{Dir: dir, Names: &names{}})
	if err != nil {
		t.Fatal(err)
	}
	each := int64(heap()-before) / n
	m.Close()
	const text = 65 // bytes of URL, name and tag
	if each > 300+text {
		t.Errorf("%d bytes for each request of the state", each)
	}
	t.Logf("%d bytes for each request of the state, %d of them its text", each, text)
}

func idsOf(t testing.TB, n int) []string {
	t.Helper()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%024x", i)
	}
	return ids
}

func BenchmarkOpen(b *testing.B) {
	const n = 10_000
	dir := b.TempDir()
	var s strings.Builder
	s.WriteString(`{"type":"sync","v":1}` + "\n")
	for i, id := range idsOf(b, n) {
		fmt.Fprintf(&s, `{"id":"%s","url":"http://example.com/%d","file":"%d.json","etag":"\"%d\"","sha256":"%064x","bytes":1,"mtime":"2020-01-01T00:00:00Z","fetched":"2020-01-01T00:00:00Z"}`+"\n", id, i, i, i, i+1)
	}
	if err := os.WriteFile(filepath.Join(dir, sync.StateFile), []byte(s.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		m, err := sync.Open(sync.Options{Dir: dir, Names: &names{}})
		if err != nil {
			b.Fatal(err)
		}
		m.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/entry")
}

func BenchmarkRequests(b *testing.B) {
	m, err := sync.Open(sync.Options{Dir: b.TempDir(), Names: &names{}})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	b.ReportAllocs()
	b.ResetTimer()
	for _, err := range m.Requests(sourceOf(b.N)) {
		if err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzState: whatever stands in the state file, it is read or refused, and nothing outside the folder is touched by what
// it says.
func FuzzState(f *testing.F) {
	const head = `{"type":"sync","v":1}` + "\n"
	f.Add([]byte(""))
	f.Add([]byte(head))
	f.Add([]byte(head + `{"id":"000000000000000000000001","url":"http://h/","file":"../x","etag":"\"a\"","sha256":"` + strings.Repeat("0", 64) + `","bytes":1,"mtime":"2020-01-01T00:00:00Z","fetched":"2020-01-01T00:00:00Z"}` + "\n"))
	f.Add([]byte(head + `{"id":"000000000000000000000001","nth":3,"url":"u","file":"x","last_modified":"2020-01-01T00:00:00Z","sha256":"` + strings.Repeat("0", 64) + `","was_sha256":"` + strings.Repeat("1", 64) + `","bytes":1,"mtime":"2020-01-01T00:00:00Z","fetched":"2020-01-01T00:00:00Z","gone":true}` + "\n" + `{"id":`))
	f.Fuzz(func(t *testing.T, state []byte) {
		dir := t.TempDir()
		name := filepath.Join(dir, sync.StateFile)
		if err := os.WriteFile(name, state, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := sync.Open(sync.Options{Dir: dir, Names: &names{}})
		if err != nil {
			return
		}
		defer m.Close()
		for range m.Requests(sourceOf(0)) {
		}
		first, err := m.Finish()
		if err != nil {
			t.Fatal(err)
		}
		files := listed(m)
		m.Close()
		again, err := sync.Open(sync.Options{Dir: dir, Names: &names{}})
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		defer again.Close()
		for range again.Requests(sourceOf(0)) {
		}
		second, err := again.Finish()
		if err != nil || first != second {
			t.Errorf("%+v became %+v: %v", first, second, err)
		}
		got := listed(again)
		slices.Sort(files)
		slices.Sort(got)
		check(t, "unlisted", got, files)
		for _, f := range files {
			if !filepath.IsLocal(f) {
				t.Errorf("%q is outside", f)
			}
		}
	})
}

func listed(m *sync.Mirror) []string {
	files := []string{}
	for c := range m.Unlisted() {
		files = append(files, c.File)
	}
	return files
}

func TestFinishTwice(t *testing.T) {
	m, err := sync.Open(sync.Options{Dir: t.TempDir(), Names: &names{}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, err := m.Finish(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Finish(); err == nil {
		t.Error("a second Finish says nothing")
	}
	if _, err := sync.Open(sync.Options{Dir: filepath.Join("/dev/null", "x"), Names: &names{}}); err == nil || errors.Is(err, sync.ErrLocked) {
		t.Errorf("opened with %v", err)
	}
}
