package journal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRunLineComesBack(t *testing.T) {
	part := newLeg(0, 3)
	part.Args, part.Sources, part.Again = []string{"fetch", "-H", "X: \u202e<&>"}, []string{"a\x1bb"}, []string{"--user"}
	part.ID, part.Directory, part.List.Columns = "ab12", "/home", []string{"é"}
	event, end := &Event{Event: EventListEnd, SHA256: "ab", Bytes: 5}, &End{Ended: testStart, Wall: 1500, NotStarted: 3, Code: 7}
	path := write(t, part, event, end)
	text := fileText(t, path)
	if strings.ContainsAny(text, "\u202e\x1b") || !strings.Contains(text, "<&>") {
		t.Errorf("%q", text)
	}
	j := open(t, path)
	part.Type, part.V, event.Type, end.Type = TypeRun, Version, TypeEvent, TypeEnd
	if diff := cmp.Diff(&Span{Leg: *part, End: end, Wall: 1500, Events: []Event{*event}}, j.Last()); diff != "" {
		t.Error(diff)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Error(info.Mode(), err)
	}
	if n, known := j.Requests(); n != 3 || !known || !j.HasEnded() || j.MaxSeq != 0 || j.Begun != 0 || j.Run().PID != os.Getpid() || j.Wall() != 1500 {
		t.Error(n, known, j)
	}
	if _, known := open(t, write(t, newLeg(0, -1))).Requests(); known {
		t.Error("known")
	}
}

func TestCreateKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	run := fileText(t, write(t, newLeg(0, 1)))
	must(t, os.Symlink("new", filepath.Join(dir, "link")))
	for _, test := range []struct {
		path  string
		fresh bool
		is    error
		says  []string // nil: it goes well
	}{
		{file("a.jsonl", run), false, ErrExists, []string{"a.jsonl", "fetch resume " + dir + "/a.jsonl", "--fresh"}},
		{file("b.jsonl", run), true, nil, nil},
		{file("torn.jsonl", run[:20]), false, ErrExists, []string{"--fresh"}},
		{file("torn2.jsonl", run[:5]), true, nil, nil},
		{file("urls.txt", "http://h.test/"), false, ErrExists, []string{"not a journal", "another name"}},
		{file("urls2.txt", "http://h.test/"), true, ErrNoJournal, []string{"another name"}},
		{file("empty", ""), false, nil, nil},
		{filepath.Join(dir, "link"), false, nil, nil},
		{dir, true, nil, []string{"not a plain file"}},
		{"/dev/full", true, nil, []string{"/dev/full is not a plain file"}},
		{filepath.Join(dir, "none", "x"), false, fs.ErrNotExist, []string{"none/x", "make its folder"}},
	} {
		var before []byte
		if info, err := os.Stat(test.path); err == nil && info.Mode().IsRegular() {
			before = []byte(fileText(t, test.path))
		}
		w, err := begin(test.path, newLeg(0, 1), test.fresh, Options{})
		if err != nil {
			wantText(t, err, append(test.says, test.path)...)
			if test.says == nil || test.is != nil && !errors.Is(err, test.is) {
				t.Error(test.path, err)
			}
			if before != nil && fileText(t, test.path) != string(before) {
				t.Errorf("%s was changed", test.path)
			}
			continue
		}
		must(t, w.Close())
		if test.says != nil {
			t.Error(test.path, "was overwritten")
		}
		if text := fileText(t, test.path); strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, beginning) {
			t.Errorf("%s: %q", test.path, text)
		}
		if info, err := os.Stat(test.path); err != nil || info.Mode() != 0o600 {
			t.Error(info.Mode(), err)
		}
	}
}

func TestSyncFromTheStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	w, err := begin(path, newLeg(0, 1), false, Options{Sync: true})
	must(t, err)
	if w.unsaved.Load() || w.folder != "" {
		t.Error("the first line is not on the disk")
	}
	must(t, w.Append(newRecord(1, 1, 0), nil))
	must(t, w.End(&End{Wall: 1}))
	if w.unsaved.Load() || strings.Count(fileText(t, path), "\n") != 3 {
		t.Error("End is back before its line is on the disk")
	}
	must(t, w.Close())
}

func init() {
	children["create"] = func(args []string) error {
		_, err := begin(args[0], newLeg(0, 1), true, Options{})
		return err
	}
	children["continue"] = func(args []string) error {
		_, _, err := goOn(context.Background(), args[0], Options{})
		return err
	}
}

func TestOneHasIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	part := newLeg(0, 1)
	part.PID = 4711
	w, err := begin(path, part, false, Options{})
	must(t, err)
	held := func(pid int, since time.Time) {
		t.Helper()
		_, _, err := goOn(t.Context(), path, Options{})
		if e, ok := errors.AsType[*HeldError](err); !ok || e.PID != pid || !e.Since.Equal(since) || e.Path != path {
			t.Errorf("%#v", err)
		}
		if _, err := begin(path, newLeg(0, 1), true, Options{}); !errors.As(err, new(*HeldError)) {
			t.Errorf("%#v", err)
		}
		for _, name := range []string{"create", "continue"} {
			cmd := exec.Command(os.Args[0], path)
			cmd.Env = append(os.Environ(), asChild+"="+name)
			out, err := cmd.Output()
			if err == nil || !strings.Contains(string(out), "is in use by ") {
				t.Errorf("%s in another process: %v, %s", name, err, out)
			}
		}
	}
	held(4711, part.Started)
	wantText(t, &HeldError{Path: path, PID: 4711, Since: part.Started}, path+" is in use by process 4711 since 2026-0", "wait")
	must(t, w.Append(newRecord(1, 1, 0), nil))
	must(t, w.End(&End{}))
	held(0, time.Time{})
	must(t, w.begin(&Leg{Started: testStart.Add(time.Hour), PID: 12}))
	held(12, testStart.Add(time.Hour))
	if j := open(t, path); len(j.Legs) != 2 || j.HasEnded() { // who only reads may
		t.Error(j)
	}
	must(t, w.Close())
	w, _, err = goOn(t.Context(), path, Options{})
	must(t, err)
	must(t, w.Close())
}

func TestTornLine(t *testing.T) {
	path := write(t, newLeg(0, 2), newRecord(1, 1, 0), newRecord(2, 1, 1))
	text := fileText(t, path)
	last := strings.LastIndexByte(text[:len(text)-1], '\n') + 1
	for cut := last; cut < len(text); cut++ {
		must(t, os.WriteFile(path, []byte(text[:cut]), 0o600))
		j := open(t, path)
		if got := summaries(t, j.Records(t.Context())); got != "1.1@0" || j.Torn != int64(cut-last) || j.MaxSeq != 1 {
			t.Fatal(cut, got, j.Torn)
		}
		w, j, err := goOn(t.Context(), path, Options{})
		must(t, err)
		if info, err := os.Stat(path); err != nil || info.Size() != int64(last) || j.Torn != int64(cut-last) {
			t.Fatal("not cut off", cut, info.Size(), j.Torn)
		}
		if cut%10 > 0 && cut > last { // which takes an fsync
			must(t, w.Close())
			continue
		}
		must(t, w.begin(newLeg(1, 2)))
		must(t, w.Append(newRecord(2, 1, 0), nil))
		must(t, w.Close())
		if got := summaries(t, open(t, path).Records(t.Context())); got != "1.1@0 2.1@1" {
			t.Fatal(cut, got)
		}
		if got := summaries(t, j.Records(t.Context())); got != "1.1@0" { // as of when it was read
			t.Fatal(cut, got)
		}
	}
}

func TestNoJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	run := fileText(t, write(t, newLeg(0, 1)))
	rec := asJSON(newRecord(1, 1, 1)) + "\n"
	for _, test := range []struct{ text, says string }{
		{"", "empty"},
		{run[:len(run)-1], "--fresh"},
		{run[:1], "--fresh"},
		{"http://h.test/\n", "does not begin a run"},
		{strings.Repeat("film", 1<<20), "does not begin a run"},
		{rec + run, "does not begin a run"},
		{`{"type":"resume","v":1}` + "\n" + run, "does not begin a run"},
		{"{}\n", "does not begin a run"},
		{"{\n", "does not begin a run"},
		{`{"type":"run","v":3,"started":"2026-01-01T00:00:00Z"}` + "\n", "version 3, and only versions up to 2"},
		{`{"type":"run","v":1}` + "\n", "when the run was started"},
		{`{"type":"run","v":1,"started":"yesterday"}` + "\n", "cannot be read"},
	} {
		must(t, os.WriteFile(path, []byte(test.text), 0o600))
		_, err := Open(t.Context(), path)
		if !errors.Is(err, ErrNoJournal) {
			t.Errorf("%.50q: %v", test.text, err)
		}
		wantText(t, err, path, test.says)
		if _, _, err2 := goOn(t.Context(), path, Options{}); err2 == nil || err2.Error() != err.Error() {
			t.Errorf("%.50q: %v", test.text, err2)
		}
		if fileText(t, path) != test.text {
			t.Errorf("%.50q was changed", test.text)
		}
	}
	if _, err := Open(t.Context(), path+"x"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := Open(t.Context(), filepath.Dir(path)); err == nil {
		t.Error("a folder was read")
	}
}

func TestBadLine(t *testing.T) {
	good := write(t, newLeg(0, 3), newRecord(1, 1, 0), newRecord(2, 1, 1), newRecord(3, 1, 2))
	lines := strings.SplitAfter(fileText(t, good), "\n")
	end := asJSON(&End{Type: TypeEnd})
	path := filepath.Join(t.TempDir(), "bad.jsonl")
	for _, test := range []struct {
		line string
		late bool // found by Records only
	}{
		{"{\n", false},
		{"what?\n", false},
		{strings.Repeat("\x00", 100) + "\n", false},
		{lines[2][:len(lines[2])/2] + "\n", false},
		{strings.Replace(lines[2], "http", "ht\x01tp", 1), true},
		{strings.Replace(lines[2], `"v":1`, `"v":2`, 1), false},
		{lines[0], false}, // a second run
		{strings.Replace(end, `"code":0`, `"code":"x"`, 1) + "\n", false},
		{`{"type":"event","bytes":""}` + "\n", false},
		{`{"type":"resume","v":3,"started":"2026-01-01T00:00:00Z"}` + "\n", false},
		{`[1]` + "\n", false},
		{`{"type":7}` + "\n", false},
	} {
		must(t, os.WriteFile(path, []byte(lines[0]+lines[1]+test.line+lines[3]), 0o600))
		j, err := Open(t.Context(), path)
		if test.late == (err != nil) || j == nil {
			t.Fatalf("%.50q: %v", test.line, err)
		}
		w, _, err2 := goOn(t.Context(), path, Options{})
		if asText(err2) != asText(err) {
			t.Errorf("%.50q: %v", test.line, err2)
		}
		if w != nil {
			must(t, w.Close())
		}
		got, err2 := collect(j.Records(t.Context()))
		if len(got) != 1 || got[0].Seq != 1 {
			t.Errorf("%.50q: %d records before it", test.line, len(got))
		}
		if test.late {
			err = err2
		}
		if e, ok := errors.AsType[*LineError](err); !ok || e.Line != 3 || e.Path != path {
			t.Errorf("%.50q: %v", test.line, err)
		}
		wantText(t, err, path+":3: ", "remove the line", "fetch resume "+path)
		got, err2 = collect(j.InOrder(t.Context()))
		if asText(err2) != asText(err) || len(got) != 1 {
			t.Errorf("%.50q: in order %v", test.line, err2)
		}
	}
	must(t, os.WriteFile(path, []byte(lines[0]+lines[1]+"\r\n"+`{"type":"of the future","v":[]}`+"\n"+strings.TrimSpace(lines[2])+"\r\n"), 0o600))
	if got := summaries(t, open(t, path).Records(t.Context())); got != "1.1@0 2.1@1" {
		t.Error(got)
	}
}

func asText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestReplacedMeanwhile(t *testing.T) {
	path := write(t, newLeg(0, 1), newRecord(1, 1, 0))
	j := open(t, path)
	must(t, os.Truncate(path, 10))
	if _, err := collect(j.Records(t.Context())); !errors.Is(err, errChanged) {
		t.Error(err)
	}
	must(t, os.Rename(write(t, newLeg(0, 1), newRecord(2, 1, 0)), path))
	if _, err := collect(j.InOrder(t.Context())); !errors.Is(err, errChanged) {
		t.Error(err)
	}
	must(t, os.Remove(path))
	if _, err := collect(j.Records(t.Context())); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestContextEndsReading(t *testing.T) {
	lines := []any{newLeg(0, 1)}
	for i := range int64(3 * ctxEvery) {
		lines = append(lines, newRecord(i+1, 1, 0))
	}
	path := write(t, lines...)
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	j := open(t, path)
	cancel(enough)
	if _, err := Open(ctx, path); err != enough {
		t.Error(err)
	}
	if got, err := collect(j.Records(ctx)); err != enough || len(got) > ctxEvery {
		t.Error(len(got), err)
	}
	if _, err := collect(j.InOrder(ctx)); err != enough {
		t.Error(err)
	}
	for range j.Records(t.Context()) {
		break
	}
	for range j.InOrder(t.Context()) {
		break
	}
}
