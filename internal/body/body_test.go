package body_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body"
	"example.com/fetch/internal/body/extract"
	"example.com/fetch/internal/body/store"
	"example.com/fetch/internal/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// do fetches one request from a server with this handler, and has its body kept.
func do(t *testing.T, k *body.Keeper, req *fetcher.Request, handler http.HandlerFunc) *fetcher.Result {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	f := &fetcher.Fetcher{
		Handle: k.Handle, HandleFailure: k.Handle, Retry: fetcher.Retry{MinWait: time.Millisecond},
		Accept: func(status int) bool { return status == 200 || k.Missing != nil && k.Missing(status) },
	}
	defer f.Close()
	req.URL = server.URL + "/a"
	if k.Files != nil {
		k.Files.Reserve(req)
	}
	return f.Do(t.Context(), req)
}

func compile(t *testing.T, text string) *extract.Query {
	t.Helper()
	q, err := extract.Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		got[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestEverythingAtOnce(t *testing.T) {
	folder := t.TempDir()
	s, err := store.New(store.Options{Output: folder + "/"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	k := &body.Keeper{Files: s, SHA256: true, Extract: extract.Extractor{Select: compile(t, ".n, .n")}}
	r := do(t, k, &fetcher.Request{Seq: 1}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"n":46.070}`)
	})
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	rec := record.From(r)
	if want := filepath.Join(folder, "a.json"); rec.File != want {
		t.Errorf("the file is %q, want %q", rec.File, want)
	}
	if rec.SHA256 != "7e6d04ba451c895087929a5cfe5fa5cdcff686374976e4f978de348d11d0fd24" {
		t.Errorf("sha256 %q", rec.SHA256)
	}
	if len(rec.Values) != 2 || string(rec.Values[0]) != "46.070" {
		t.Errorf("values %s", rec.Values)
	}
	if got := files(t, folder); len(got) != 1 || got["a.json"] != `{"n":46.070}` {
		t.Errorf("files %v", got)
	}
}

// What fails leaves no file: neither one that was cut off, nor one that was not what was expected; and what is tried
// again leaves one.
func TestFailuresLeaveNoFile(t *testing.T) {
	var asked atomic.Int64
	for _, tt := range []struct {
		name   string
		handle http.HandlerFunc
		expect string
		kind   fetcher.Kind
		files  int
	}{
		{"cut, then whole", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			io.WriteString(w, "01234")
			if asked.Add(1) > 1 {
				io.WriteString(w, "56789")
			}
		}, "", fetcher.KindNone, 1},
		{"always cut", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			io.WriteString(w, "01234")
		}, "", fetcher.KindBodyTruncated, 0},
		{"not what was expected", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, `{"Fault":1}`)
		}, ".Fault | not", fetcher.KindExpect, 0},
		{"refused", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, "no")
		}, "", fetcher.KindHTTP4xx, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			s, err := store.New(store.Options{Output: folder + "/"})
			if err != nil {
				t.Fatal(err)
			}
			k := &body.Keeper{Files: s}
			if tt.expect != "" {
				k.Extract.Expect = []*extract.Query{compile(t, tt.expect)}
			}
			r := do(t, k, &fetcher.Request{Seq: 1}, tt.handle)
			if tt.kind == fetcher.KindNone && r.Err != nil || tt.kind != fetcher.KindNone && !errors.Is(r.Err, tt.kind) {
				t.Errorf("the error is %v, want %v", r.Err, tt.kind)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if got := files(t, folder); len(got) != tt.files {
				t.Errorf("files %v, want %d", got, tt.files)
			}
		})
	}
}

func TestRecorded(t *testing.T) {
	folder := t.TempDir()
	s, err := store.New(store.Options{Output: folder + "/", Run: "R", Proof: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	handler := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "body") }
	r := do(t, &body.Keeper{Files: s}, &fetcher.Request{Seq: 1, Name: "x"}, handler)
	if got := files(t, folder); len(got) != 2 || got["x.txt"] != "body" || got[".fetch-R-1.part"] != "body" {
		t.Error(got)
	}
	var all sync.WaitGroup
	for range 2 {
		all.Go(body.Of(r).Recorded)
	}
	all.Wait()
	if got := files(t, folder); len(got) != 1 || got["x.txt"] != "body" {
		t.Error(got)
	}
	body.Of(do(t, &body.Keeper{SHA256: true}, &fetcher.Request{Seq: 2}, handler)).Recorded() // of nothing
}

func TestMissing(t *testing.T) {
	k := &body.Keeper{
		Extract: extract.Extractor{Select: compile(t, ".CID")},
		Missing: func(status int) bool { return status == http.StatusNotFound },
	}
	rows := []fetcher.Row{{{Column: "cid", Value: "1"}}, {{Column: "cid", Value: "2"}}}
	r := do(t, k, &fetcher.Request{Rows: rows}, http.NotFound)
	rec := record.From(r)
	if !rec.OK || len(rec.Values) != 0 || len(rec.Notes) != 1 || rec.Notes[0] != record.NoteMissing {
		t.Errorf("ok %v, values %s, notes %v, error %s", rec.OK, rec.Values, rec.Notes, rec.Error)
	}
	for _, a := range rec.Answers() {
		if !a.OK {
			t.Errorf("row %v failed: %s", a.Row, a.Error)
		}
	}
}

func TestInterimPages(t *testing.T) {
	for _, tt := range []struct {
		body, expression string
		waits, interim   bool
	}{
		{`{"next":"/b"}`, ".x // empty", false, true},
		{`{"next":"/b"}`, ".x // empty", true, true},
		{`{"next":"/b"}`, ".x", false, false}, // null is a value, where nothing is waited for
		{`{"next":"/b"}`, ".x", true, true},
		{`{"next":"/b"}`, ".x, 1", true, false},
		{`{"next":"/b","x":1}`, ".x", true, false},
		{`{"x":1}`, ".x", true, false},
		{`{}`, ".x", true, false},
	} {
		k := &body.Keeper{Waits: tt.waits, Extract: extract.Extractor{Select: compile(t, tt.expression), Next: compile(t, ".next")}}
		r := do(t, k, &fetcher.Request{}, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, tt.body) })
		if got := len(r.Notes) == 1 && r.Notes[0] == record.NoteInterim; got != tt.interim {
			t.Errorf("%s with %s, waiting %v: notes %v, interim %v", tt.body, tt.expression, tt.waits, r.Notes, tt.interim)
		}
	}
}

// A body waits in memory or in a file, is the same in both, and is gone when it is removed.
func TestSpool(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, size := range []int{0, 1, 64 << 10, 64<<10 + 1, 1 << 20} {
		for _, inFiles := range []bool{false, true} {
			spool, err := body.NewSpool(inFiles)
			if err != nil {
				t.Fatal(err)
			}
			content := strings.Repeat("x", size)
			r := do(t, &body.Keeper{Spool: spool}, &fetcher.Request{}, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, content) })
			waiting := body.Of(r).Body
			if onDisk := waiting.Path() != ""; onDisk != (inFiles || size > 64<<10) {
				t.Errorf("%d bytes, in files %v: path %q", size, inFiles, waiting.Path())
			}
			var out bytes.Buffer
			if _, err := waiting.WriteTo(&out); err != nil || out.String() != content {
				t.Errorf("%d bytes, in files %v: %d bytes came out, error %v", size, inFiles, out.Len(), err)
			}
			waiting.Remove()
			waiting.Remove()
			if waiting.Path() != "" {
				if _, err := os.Stat(waiting.Path()); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("%s is still there: %v", waiting.Path(), err)
				}
			}
			if err := spool.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		extract extract.Extractor
		body    string
		ok      bool
	}{
		{extract.Extractor{Type: extract.JSON}, `{}`, true},
		{extract.Extractor{Type: extract.JSON}, `<html>`, false},
		{extract.Extractor{Type: extract.HTML}, `<html>` + strings.Repeat("x", 1<<20), true},
		{extract.Extractor{Expect: []*extract.Query{compile(t, ".a")}}, `{"a":1}`, true},
		{extract.Extractor{Expect: []*extract.Query{compile(t, ".a")}}, `{"b":1}`, false},
	} {
		header := http.Header{"Content-Type": {"application/json"}}
		if tt.extract.Type == extract.HTML {
			header.Set("Content-Type", "text/html")
		}
		resp := &http.Response{Header: header, Request: (&http.Request{}).WithContext(context.Background())}
		w, check, release := (&body.Keeper{Extract: tt.extract}).Check(&fetcher.Result{Request: &fetcher.Request{}}, resp)
		defer release()
		io.WriteString(w, tt.body)
		if err := check(); (err == nil) != tt.ok {
			t.Errorf("%.20s: %v", tt.body, err)
		}
	}
}

func BenchmarkHandle(b *testing.B) {
	q, err := extract.Compile(".PropertyTable.Properties[0] | {MolecularFormula, MolecularWeight}")
	if err != nil {
		b.Fatal(err)
	}
	k := &body.Keeper{Extract: extract.Extractor{Select: q}}
	content := `{"PropertyTable":{"Properties":[{"CID":702,"MolecularFormula":"C2H6O","MolecularWeight":"46.07"}]}}`
	req := (&http.Request{}).WithContext(b.Context())
	b.ReportAllocs()
	for b.Loop() {
		r := &fetcher.Result{Request: &fetcher.Request{}, Attempts: make([]fetcher.Attempt, 1)}
		resp := &http.Response{Header: http.Header{}, Body: io.NopCloser(strings.NewReader(content)), Request: req}
		if err := k.Handle(r, resp); err != nil {
			b.Fatal(err)
		}
	}
}

// What no text can hold, and becomes U+FFFD, is noted where it is in a value.
func TestLoneSurrogate(t *testing.T) {
	for _, tt := range []struct {
		body, expression string
		noted            bool
	}{
		{`{"a":"x\ud800","b":"\ud83d\ude00"}`, ".a", true},
		{`{"a":"x\ud800","b":"\ud83d\ude00"}`, ".b", false},
		{`{"a":"x\ufffd"}`, ".a", false},
	} {
		k := &body.Keeper{Extract: extract.Extractor{Select: compile(t, tt.expression)}}
		r := do(t, k, &fetcher.Request{}, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, tt.body) })
		if got := slices.Contains(r.Notes, record.NoteLoneSurrogate); got != tt.noted {
			t.Errorf("%s of %s: notes %v", tt.expression, tt.body, r.Notes)
		}
	}
}
