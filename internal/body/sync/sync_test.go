package sync_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	stdsync "sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/store"
	"example.com/fetch/internal/body/sync"
	"example.com/fetch/internal/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a server of resources that do conditional requests right (http.ServeContent), or not.
type site struct {
	*httptest.Server
	mu    stdsync.Mutex
	pages map[string]*page
	asked []string // "GET /a 200"
	heads []http.Header
}

// page is one resource.
type page struct {
	content  string
	etag     string
	modified time.Time
	status   int  // if not 0, nothing but this status
	dumb     bool // conditions are not honoured
	cut      bool // half of the content comes, and then the connection ends
}

func newSite(t *testing.T) *site {
	s := &site{pages: map[string]*page{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pages[r.URL.Path]
	seen := &statusWriter{ResponseWriter: w, status: 200}
	defer func() {
		s.asked = append(s.asked, fmt.Sprintf("%s %s %d", r.Method, r.URL.Path, seen.status))
	}()
	s.heads = append(s.heads, r.Header)
	switch {
	case p == nil:
		http.NotFound(seen, r)
	case p.status != 0:
		if p.etag != "" {
			seen.Header().Set("Etag", p.etag)
		}
		seen.WriteHeader(p.status)
	case p.cut:
		seen.Header().Set("Content-Length", fmt.Sprint(len(p.content)))
		io.WriteString(seen, p.content[:len(p.content)/2])
		panic(http.ErrAbortHandler)
	default:
		if p.etag != "" {
			seen.Header().Set("Etag", p.etag)
		}
		if p.dumb {
			if !p.modified.IsZero() {
				seen.Header().Set("Last-Modified", p.modified.UTC().Format(http.TimeFormat))
			}
			io.WriteString(seen, p.content)
			return
		}
		http.ServeContent(seen, r, "", p.modified, strings.NewReader(p.content))
	}
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// set puts a page in its place.
func (s *site) set(name string, p page) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[name] = &p
}

// headers are those of the requests since takeAsked.
func (s *site) headers() []http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.heads)
}

func (s *site) takeAsked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked, s.heads = nil, nil
	slices.Sort(asked)
	return asked
}

// names names files for the last segment of their URLs, and counts what it was told.
type names struct {
	mu       stdsync.Mutex
	taken    map[string]int
	reserved map[int64]string
}

func (n *names) Reserve(req *fetcher.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.taken == nil {
		n.taken, n.reserved = map[string]int{}, map[int64]string{}
	}
	stem := strings.TrimPrefix(strings.SplitN(req.URL, "://", 2)[1], strings.SplitN(req.URL, "/", 4)[2]+"/")
	stem, _, _ = strings.Cut(stem, "?")
	n.taken[stem]++
	if k := n.taken[stem]; k > 1 {
		stem = fmt.Sprintf("%s-%d", stem, k)
	}
	n.reserved[req.Seq] = stem
}

func (n *names) Coding(*fetcher.Request) string { return "" }

func (n *names) Release(seq int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.reserved, seq)
}

func (n *names) Name(res *fetcher.Result, contentType string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.reserved[res.Seq] + ".txt"
}

// summary makes a Summary.
func summary(listEnded bool, counts map[sync.Outcome]int64) sync.Summary {
	s := sync.Summary{ListEnded: listEnded}
	for o, n := range counts {
		s.Counts[o] = n
	}
	return s
}

// run is what one run of sync reported and did.
type run struct {
	changes []string // "changed a.txt"
	summary sync.Summary
	errors  map[string]string
	failure error
	records map[string]*record.Record
}

// synced runs the list over the folder.
func synced(t *testing.T, o sync.Options, list ...*fetcher.Request) run {
	t.Helper()
	given := &names{}
	o.Names = given
	m, err := sync.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	r := carryOut(t, m, list...)
	r.summary, err = m.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(given.reserved); n > 0 {
		t.Errorf("%d names were never released", n)
	}
	for c := range m.Unlisted() {
		r.changes = append(r.changes, c.Outcome.String()+" "+c.File)
	}
	return r
}

func carryOut(t *testing.T, m *sync.Mirror, list ...*fetcher.Request) run {
	t.Helper()
	engine := &fetcher.Fetcher{Accept: m.Accept, Handle: m.Handle, HandleFailure: m.Handle, Workers: 4, Retry: fetcher.Retry{Max: -1}}
	defer engine.Close()
	source := func(yield func(*fetcher.Request, error) bool) {
		for _, req := range list {
			if !yield(req, nil) {
				return
			}
		}
	}
	r := run{errors: map[string]string{}, records: map[string]*record.Record{}}
	for res, err := range engine.Run(t.Context(), m.Requests(source)) {
		if err != nil {
			r.failure = err
			break
		}
		c := m.Done(res)
		r.changes = append(r.changes, strings.TrimSpace(c.Outcome.String()+" "+c.File))
		if c.Error != "" {
			r.errors[c.File] = c.Error
		}
		r.records[c.File] = record.From(res)
	}
	slices.Sort(r.changes)
	return r
}

func (s *site) get(paths ...string) []*fetcher.Request {
	var list []*fetcher.Request
	for _, p := range paths {
		list = append(list, &fetcher.Request{URL: s.URL + p})
	}
	return list
}

// tree is what stands in the folder, but for what is ours.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		if base := path.Base(rel); base != sync.StateFile && base != ".fetch-sync.lock" {
			files[filepath.ToSlash(rel)] = string(text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	// A time of change that no clock gives twice: what the tests write is never taken for untouched.
	old := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
		t.Fatal(err)
	}
}

var longAgo = time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)

func TestSync(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	o := sync.Options{Dir: dir}
	s.set("/a", page{content: "a1", etag: `"a1"`})
	s.set("/b", page{content: "b1", modified: longAgo})
	s.set("/c", page{content: "c1", etag: `W/"c1"`, modified: longAgo})
	s.set("/d", page{content: "d1"})
	list := s.get("/a", "/b", "/c", "/d", "/sub/none")

	r := synced(t, o, list...)
	check(t, "first", r.changes, []string{"failed", "new a.txt", "new b.txt", "new c.txt", "new d.txt"})
	check(t, "summary", r.summary, summary(true, map[sync.Outcome]int64{sync.Added: 4, sync.Failed: 1}))
	check(t, "tree", tree(t, dir), map[string]string{"a.txt": "a1", "b.txt": "b1", "c.txt": "c1", "d.txt": "d1"})
	if rec := r.records["a.txt"]; rec.File != filepath.Join(dir, "a.txt") || rec.SHA256 == "" || !rec.OK {
		t.Errorf("the record has file %q and sha256 %q", rec.File, rec.SHA256)
	}
	s.takeAsked()

	r = synced(t, o, list...)
	check(t, "second", r.changes, []string{"failed", "unchanged a.txt", "unchanged b.txt", "unchanged c.txt", "unchanged d.txt"})
	check(t, "asked", s.takeAsked(), []string{"GET /a 304", "GET /b 304", "GET /c 304", "GET /d 200", "GET /sub/none 404"})

	s.set("/a", page{content: "a2", etag: `"a2"`})
	s.set("/b", page{content: "b2", modified: longAgo.Add(time.Hour)})
	s.set("/c", page{status: 410})
	s.set("/d", page{content: "d2"})
	s.set("/sub/none", page{content: "now", modified: time.Now()}) // too new to ask by
	r = synced(t, o, list...)
	check(t, "third", r.changes, []string{"changed a.txt", "changed b.txt", "changed d.txt", "gone c.txt", "new sub/none.txt"})
	want := map[string]string{"a.txt": "a2", "b.txt": "b2", "c.txt": "c1", "d.txt": "d2", "sub/none.txt": "now"}
	check(t, "tree", tree(t, dir), want)
	s.takeAsked()

	// Reordered, one taken out, one back.
	s.set("/c", page{content: "c1", etag: `W/"c1"`})
	r = synced(t, o, s.get("/sub/none", "/d", "/c", "/b")...)
	check(t, "fourth", r.changes, []string{"unchanged b.txt", "unchanged c.txt", "unchanged d.txt", "unchanged sub/none.txt", "unlisted a.txt"})
	check(t, "summary", r.summary, summary(true, map[sync.Outcome]int64{sync.Unchanged: 4, sync.Unlisted: 1}))
	check(t, "asked", s.takeAsked(), []string{"GET /b 304", "GET /c 304", "GET /d 200", "GET /sub/none 200"})
	check(t, "tree", tree(t, dir), want)

	r = synced(t, o, s.get("/a")...)
	check(t, "a is known still", s.takeAsked(), []string{"GET /a 304"})
	check(t, "fifth", r.summary, summary(true, map[sync.Outcome]int64{sync.Unchanged: 1, sync.Unlisted: 4}))
}

func TestServersThatDoItWrong(t *testing.T) {
	for _, tt := range []struct {
		name          string
		before, after page
		outcome       string
		file          string // what the file has afterwards
		header        string // If-None-Match of the second request
	}{
		{"no validator, same content", page{content: "x"}, page{content: "x"}, "unchanged", "x", ""},
		{"conditions are not honoured", page{content: "x", etag: `"1"`, dumb: true}, page{content: "x", etag: `"1"`, dumb: true}, "unchanged", "x", `"1"`},
		{"the tag changes each time", page{content: "x", etag: `"1"`}, page{content: "x", etag: `"2"`}, "unchanged", "x", `"1"`},
		{"the tag stays, the content changes", page{content: "x", etag: `"1"`, dumb: true}, page{content: "y", etag: `"1"`, dumb: true}, "changed", "y", `"1"`},
		{"304 without a condition", page{content: "x"}, page{status: 304}, "failed", "x", ""},
		{"304 for ever", page{content: "x", etag: `"1"`}, page{status: 304}, "unchanged", "x", `"1"`},
		{"cut off", page{content: "0123456789"}, page{content: "9876543210", cut: true}, "failed", "0123456789", ""},
		{"an error", page{content: "x", etag: `"1"`}, page{status: 500}, "failed", "x", `"1"`},
		{"forbidden", page{content: "x", etag: `"1"`}, page{status: 403}, "failed", "x", `"1"`},
		{"gone", page{content: "x", etag: `"1"`}, page{status: 404}, "gone", "x", `"1"`},
		{"empty tag", page{content: "x", etag: `""`, dumb: true}, page{content: "y", etag: `""`}, "changed", "y", ""},
		{"star", page{content: "x", etag: `*`, dumb: true}, page{content: "y", etag: `*`, dumb: true}, "changed", "y", ""},
		{"no quotes", page{content: "x", etag: `abc`, dumb: true}, page{content: "x", etag: `abc`, dumb: true}, "unchanged", "x", ""},
		{"emptied", page{content: "x"}, page{content: ""}, "changed", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, dir := newSite(t), t.TempDir()
			o := sync.Options{Dir: dir}
			s.set("/x", tt.before)
			synced(t, o, s.get("/x")...)
			s.takeAsked()
			s.set("/x", tt.after)
			r := synced(t, o, s.get("/x")...)
			check(t, "outcome", r.changes, []string{tt.outcome + " x.txt"})
			check(t, "tree", tree(t, dir), map[string]string{"x.txt": tt.file})
			if got := s.headers()[0].Get("If-None-Match"); got != tt.header {
				t.Errorf("If-None-Match is %s, want %s", got, tt.header)
			}
		})
	}
}

func TestNewTagIsAskedByNextTime(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	o := sync.Options{Dir: dir}
	for _, tag := range []string{`"1"`, `"2"`, `"2"`} {
		s.takeAsked()
		s.set("/x", page{content: "x", etag: tag})
		synced(t, o, s.get("/x")...)
	}
	check(t, "asked", s.takeAsked(), []string{"GET /x 304"})
	s.set("/x", page{status: 304, etag: `"3"`}) // a 304 may bring a new one, too
	synced(t, o, s.get("/x")...)
	s.takeAsked()
	s.set("/x", page{content: "x", etag: `"3"`})
	synced(t, o, s.get("/x")...)
	check(t, "asked", s.takeAsked(), []string{"GET /x 304"})
}

// What an address leads to may be something else the next time, with the same tag or an older date: nobody is asked by
// what another address has said of itself.
func TestRedirectsToOtherThings(t *testing.T) {
	to := "/a"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/latest":
			http.Redirect(w, r, to, http.StatusFound)
		default:
			w.Header().Set("Etag", `"1"`)
			http.ServeContent(w, r, "", time.Unix(1e9, 0), strings.NewReader("content of "+r.URL.Path))
		}
	}))
	defer s.Close()
	o := sync.Options{Dir: t.TempDir()}
	list := &fetcher.Request{Seq: 1, URL: s.URL + "/latest", Name: "latest"}
	synced(t, o, list)
	r := synced(t, o, list)
	if r.summary.Counts[sync.Unchanged] != 1 {
		t.Errorf("the same again: %+v", r.summary)
	}
	to = "/b"
	if r = synced(t, o, list); r.summary.Counts[sync.Changed] != 1 {
		t.Errorf("it leads elsewhere: %+v", r.summary)
	}

	direct := &fetcher.Request{Seq: 2, URL: s.URL + "/direct", Name: "direct"}
	synced(t, o, direct)
	if r = synced(t, o, direct); r.summary.Counts[sync.Unchanged] != 1 {
		t.Errorf("what leads nowhere is asked by its tag: %+v", r.summary)
	}
}

func TestFilesThatSomeoneTouched(t *testing.T) {
	for _, tt := range []struct {
		name      string
		touch     func(t *testing.T, dir string)
		overwrite bool
		outcome   string
		asked     string
		file      string
	}{
		{"removed", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "x.txt")) }, false, "new", "GET /x 200", "one"},
		{"copied back", func(t *testing.T, dir string) { write(t, dir, "x.txt", "one") }, false, "unchanged", "GET /x 304", "one"},
		{"changed", func(t *testing.T, dir string) { write(t, dir, "x.txt", "own") }, false, "conflict", "GET /x 200", "own"},
		{"changed, overwritten", func(t *testing.T, dir string) { write(t, dir, "x.txt", "own") }, true, "changed", "GET /x 200", "one"},
		{"linked elsewhere", func(t *testing.T, dir string) {
			os.Remove(filepath.Join(dir, "x.txt"))
			write(t, dir, "other", "own")
			if err := os.Symlink("other", filepath.Join(dir, "x.txt")); err != nil {
				t.Fatal(err)
			}
		}, false, "conflict", "GET /x 200", "own"},
		{"linked, overwritten", func(t *testing.T, dir string) {
			os.Remove(filepath.Join(dir, "x.txt"))
			write(t, dir, "other", "own")
			if err := os.Symlink("other", filepath.Join(dir, "x.txt")); err != nil {
				t.Fatal(err)
			}
		}, true, "changed", "GET /x 200", "one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, dir := newSite(t), t.TempDir()
			s.set("/x", page{content: "one", etag: `"1"`})
			synced(t, sync.Options{Dir: dir}, s.get("/x")...)
			s.takeAsked()
			tt.touch(t, dir)
			r := synced(t, sync.Options{Dir: dir, Overwrite: tt.overwrite}, s.get("/x")...)
			check(t, "outcome", r.changes, []string{tt.outcome + " x.txt"})
			check(t, "asked", s.takeAsked(), []string{tt.asked})
			check(t, "file", tree(t, dir)["x.txt"], tt.file)
			if got, ok := tree(t, dir)["other"]; ok && got != "own" {
				t.Errorf("the target of the link has %q", got)
			}
			if tt.outcome == "conflict" {
				if r.summary.Counts[sync.Conflict] != 1 || !strings.Contains(r.errors["x.txt"], "--overwrite") {
					t.Errorf("summary %+v, error %q", r.summary, r.errors["x.txt"])
				}
				// It is told again, until it is settled.
				check(t, "again", synced(t, sync.Options{Dir: dir}, s.get("/x")...).changes, []string{"conflict x.txt"})
				os.Remove(filepath.Join(dir, "x.txt"))
				check(t, "settled", synced(t, sync.Options{Dir: dir}, s.get("/x")...).changes, []string{"new x.txt"})
			}
		})
	}
}

func TestFolderInThePlaceOfAFile(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	s.set("/x", page{content: "one"})
	synced(t, sync.Options{Dir: dir}, s.get("/x")...)
	os.Remove(filepath.Join(dir, "x.txt"))
	if err := os.MkdirAll(filepath.Join(dir, "x.txt", "deep"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, overwrite := range []bool{false, true} {
		r := synced(t, sync.Options{Dir: dir, Overwrite: overwrite}, s.get("/x")...)
		check(t, "outcome", r.changes, []string{"conflict x.txt"})
	}
}

// TestSameChangeElsewhere: who had put the new content there himself is not in conflict with it.
func TestSameChangeElsewhere(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	s.set("/x", page{content: "one"})
	synced(t, sync.Options{Dir: dir}, s.get("/x")...)
	s.set("/x", page{content: "two", etag: `"2"`})
	write(t, dir, "x.txt", "two")
	check(t, "first", synced(t, sync.Options{Dir: dir}, s.get("/x")...).changes, []string{"changed x.txt"})
	s.takeAsked()
	check(t, "second", synced(t, sync.Options{Dir: dir}, s.get("/x")...).changes, []string{"unchanged x.txt"})
	check(t, "asked", s.takeAsked(), []string{"GET /x 304"})
}

func TestForeignFilesKeepTheirNames(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	write(t, dir, "x.txt", "foreign")
	write(t, dir, "y.txt", "y") // as a run that was killed leaves it, or one of fetch -o
	write(t, dir, "z.txt", "foreign")
	for _, name := range []string{"/x", "/y", "/z"} {
		s.set(name, page{content: name[1:]})
	}
	r := synced(t, sync.Options{Dir: dir}, s.get("/x", "/y")...)
	check(t, "outcomes", r.changes, []string{"new x-2.txt", "new y.txt"})
	check(t, "tree", tree(t, dir), map[string]string{"x.txt": "foreign", "x-2.txt": "x", "y.txt": "y", "z.txt": "foreign"})

	r = synced(t, sync.Options{Dir: dir, Overwrite: true}, s.get("/x", "/y", "/z")...)
	check(t, "outcomes", r.changes, []string{"new z.txt", "unchanged x-2.txt", "unchanged y.txt"})
	check(t, "z", tree(t, dir)["z.txt"], "z")
}

// TestHeldNames: a file that is away for a while, or no longer in the list, keeps its name.
func TestHeldNames(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	s.set("/a", page{content: "first"})
	s.set("/A", page{content: "second"})
	synced(t, sync.Options{Dir: dir}, s.get("/a")...)
	os.Remove(filepath.Join(dir, "a.txt"))
	r := synced(t, sync.Options{Dir: dir}, s.get("/A")...)
	check(t, "outcomes", r.changes, []string{"new A-2.txt", "unlisted a.txt"})
	r = synced(t, sync.Options{Dir: dir}, s.get("/A", "/a")...)
	check(t, "outcomes", r.changes, []string{"new a.txt", "unchanged A-2.txt"})
	check(t, "tree", tree(t, dir), map[string]string{"A-2.txt": "second", "a.txt": "first"})
}

func TestSameRequestTwice(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	s.set("/x", page{content: "x", etag: `"1"`})
	list := s.get("/x", "/x", "/x", "/x")
	list[3].URL += "?token=secret"
	list = append(list, &fetcher.Request{URL: s.URL + "/x?token=other"})
	r := synced(t, sync.Options{Dir: dir}, list...)
	check(t, "first", r.changes, []string{"new x-2.txt", "new x-3.txt", "new x-4.txt", "new x-5.txt", "new x.txt"})
	s.takeAsked()
	r = synced(t, sync.Options{Dir: dir}, list[:4]...)
	check(t, "second", r.summary, summary(true, map[sync.Outcome]int64{sync.Unchanged: 4, sync.Unlisted: 1}))
	check(t, "asked", s.takeAsked(), slices.Repeat([]string{"GET /x 304"}, 4))
	if state, _ := os.ReadFile(filepath.Join(dir, sync.StateFile)); strings.Contains(string(state), "secret") {
		t.Errorf("the state has a secret:\n%s", state)
	}
}

func TestConditionsOfOthersStand(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	s.set("/x", page{content: "x", etag: `"1"`})
	own := func() *fetcher.Request {
		return &fetcher.Request{URL: s.URL + "/x", Header: http.Header{"if-none-match": {`"0"`}, "Authorization": {"Bearer abc"}}}
	}
	synced(t, sync.Options{Dir: dir}, own())
	r := synced(t, sync.Options{Dir: dir}, own())
	check(t, "outcome", r.changes, []string{"unchanged x.txt"})
	for _, h := range s.headers() {
		if got := h["If-None-Match"]; !slices.Equal(got, []string{`"0"`}) || h.Get("Authorization") != "Bearer abc" {
			t.Errorf("sent %v", h)
		}
	}

	s.takeAsked()
	post := func() *fetcher.Request { return &fetcher.Request{Method: "POST", URL: s.URL + "/x"} }
	synced(t, sync.Options{Dir: dir}, post())
	synced(t, sync.Options{Dir: dir}, post())
	for _, h := range s.headers() {
		if h.Get("If-None-Match") != "" {
			t.Errorf("a POST was sent with %v", h)
		}
	}
}

func TestHeaderOfTheListIsNotWrittenTo(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	s.set("/x", page{content: "x", etag: `"1"`})
	shared := http.Header{"User-Agent": {"fetch/1"}}
	req := &fetcher.Request{URL: s.URL + "/x", Header: shared}
	synced(t, sync.Options{Dir: dir}, req)
	s.takeAsked()
	shared.Set("User-Agent", "fetch/2") // who asks makes no other request of it
	check(t, "outcome", synced(t, sync.Options{Dir: dir}, req).changes, []string{"unchanged x.txt"})
	check(t, "asked", s.takeAsked(), []string{"GET /x 304"})
	check(t, "header", shared, http.Header{"User-Agent": {"fetch/2"}})
}

func TestCheck(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	var seen strings.Builder
	o := sync.Options{Dir: dir, Check: func(*fetcher.Result, *http.Response) (io.Writer, func() error, func()) {
		seen.Reset()
		return &seen, func() error {
			if strings.HasPrefix(seen.String(), "<") {
				return &fetcher.Error{Kind: fetcher.KindExpect, Err: errors.New("an HTML page")}
			}
			return nil
		}, func() {}
	}}
	s.set("/x", page{content: "{}"})
	synced(t, o, s.get("/x")...)
	s.set("/x", page{content: "<p>sorry"})
	r := synced(t, o, s.get("/x")...)
	check(t, "outcome", r.changes, []string{"failed x.txt"})
	check(t, "error", r.errors, map[string]string{"x.txt": "expect: an HTML page"})
	check(t, "tree", tree(t, dir), map[string]string{"x.txt": "{}"})
}

func TestModes(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	s.set("/x", page{content: "one"})
	synced(t, sync.Options{Dir: dir, Sync: true}, s.get("/x")...)
	probe := filepath.Join(t.TempDir(), "probe")
	f, err := os.Create(probe)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	mode := func(name string) fs.FileMode {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}
	file, state := filepath.Join(dir, "x.txt"), filepath.Join(dir, sync.StateFile)
	if got, want := mode(file), mode(probe); got != want {
		t.Errorf("a new file has mode %v, want %v", got, want)
	}
	if got := mode(state); got != 0o600 {
		t.Errorf("the state has mode %v", got)
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	s.set("/x", page{content: "two"})
	check(t, "outcome", synced(t, sync.Options{Dir: dir, Sync: true}, s.get("/x")...).changes, []string{"changed x.txt"})
	if got := mode(file); got != 0o640 {
		t.Errorf("a file that was replaced has mode %v", got)
	}
	if got := mode(state); got != 0o600 {
		t.Errorf("the state has mode %v", got)
	}
}

func TestOneAtATime(t *testing.T) {
	dir := t.TempDir()
	first, err := sync.Open(sync.Options{Dir: dir, Names: &names{}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sync.Open(sync.Options{Dir: dir, Names: &names{}}); !errors.Is(err, sync.ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second one: %v", err)
	}
	first.Close()
	second, err := sync.Open(sync.Options{Dir: dir, Names: &names{}})
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
	if err := second.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func TestUnfinishedListSaysNothingOfWhatIsMissing(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	s.set("/a", page{content: "a"})
	s.set("/b", page{content: "b"})
	synced(t, sync.Options{Dir: dir}, s.get("/a", "/b")...)
	m, err := sync.Open(sync.Options{Dir: dir, Names: &names{}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	engine := &fetcher.Fetcher{Accept: m.Accept, Handle: m.Handle, HandleFailure: m.Handle}
	defer engine.Close()
	bad := func(yield func(*fetcher.Request, error) bool) {
		_ = yield(s.get("/a")[0], nil) && yield(nil, errors.New("line 2 is bad"))
	}
	var failure error
	for res, err := range engine.Run(context.Background(), m.Requests(bad)) {
		if failure = err; err == nil {
			m.Done(res)
		}
	}
	if failure == nil {
		t.Error("the error of the list was swallowed")
	}
	got, err := m.Finish()
	check(t, "summary", got, summary(false, map[sync.Outcome]int64{sync.Unchanged: 1}))
	if err != nil {
		t.Error(err)
	}
}

func TestDiskFailureEndsTheRun(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	s.set("/sub/x", page{content: "x"})
	write(t, dir, "sub", "a file where a folder should be")
	m, err := sync.Open(sync.Options{Dir: dir, Names: &names{}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	r := carryOut(t, m, s.get("/sub/x")...)
	if !errors.Is(r.failure, fetcher.KindWrite) || !strings.Contains(r.failure.Error(), "sub") {
		t.Errorf("the run ended with %v", r.failure)
	}
	if n := strings.Count(stateOf(t, dir), "\n"); n > 2 {
		t.Errorf("%d lines of state for one file", n)
	}
}

// TestFilesThatChangeMeanwhile: someone puts a file there while the new content is on its way.
func TestFilesThatChangeMeanwhile(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before func(dir string) // between the runs
	}{
		{"changed", func(string) {}},
		{"made", func(dir string) { os.Remove(filepath.Join(dir, "x.txt")) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, dir := newSite(t), t.TempDir()
			s.set("/x", page{content: "one"})
			synced(t, sync.Options{Dir: dir}, s.get("/x")...)
			tt.before(dir)
			s.set("/x", page{content: "two"})
			o := sync.Options{Dir: dir, Check: func(*fetcher.Result, *http.Response) (io.Writer, func() error, func()) {
				return io.Discard, func() error { write(t, dir, "x.txt", "own"); return nil }, func() {}
			}}
			check(t, "outcome", synced(t, o, s.get("/x")...).changes, []string{"conflict x.txt"})
			check(t, "tree", tree(t, dir), map[string]string{"x.txt": "own"})
			check(t, "later", synced(t, sync.Options{Dir: dir}, s.get("/x")...).changes, []string{"conflict x.txt"})
		})
	}
}

var _ sync.Namer = (*store.Names)(nil)
