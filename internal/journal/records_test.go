package journal

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

func TestLegs(t *testing.T) {
	// The first part ended after 10 s, the second was killed with its last record at 3 s, the third goes on.
	path := write(t,
		newLeg(0, 5), newRecord(1, 1, 0), newRecord(3, 1, 1), newRecord(3, 2, 2), newRecord(2, 1, 3), &End{Wall: 10e6},
		newLeg(1, -1), newRecord(4, 1, 2), newRecord(3, 1, 0), &Event{Event: EventBaseline},
		newLeg(2, 6), newRecord(5, 1, 0), newRecord(5, 2, 0), newRecord(1, 1, 1))
	j := open(t, path)
	var spans []string
	for _, s := range j.Legs {
		spans = append(spans, fmt.Sprint(s.Type, s.Wall.Duration(), s.Offset.Duration(), s.Records, s.End != nil, len(s.Events)))
	}
	want := []string{"run10s0s4true0", "resume3s10s2false1", "resume2s13s3false0"}
	for i := range want {
		if got := strings.ReplaceAll(spans[i], " ", ""); got != want[i] {
			t.Error(got, "not", want[i])
		}
	}
	n, known := j.Requests()
	if n != 6 || !known || j.Wall() != 15e6 || j.MaxSeq != 5 || j.Begun != 5 || j.HasEnded() {
		t.Error(n, known, j.Wall(), j.MaxSeq, j.Begun)
	}
	for range 2 {
		if got := summaries(t, j.Records(t.Context())); got != "2.1@3 4.1@12 3.1@10 5.1@13 5.2@13 1.1@14" {
			t.Error(got)
		}
		if got := summaries(t, j.InOrder(t.Context())); got != "1.1@14 2.1@3 3.1@10 4.1@12 5.1@13 5.2@13" {
			t.Error(got)
		}
	}
	all, _ := collect(j.Records(t.Context()))
	if a := all[1].Attempts[0]; a.Start != 12e6+1 || a.Hops[0].Start != 12e6+2 || all[1].End() != 13e6 {
		t.Error("not all times are shifted:", a.Start, a.Hops[0].Start)
	}
}

func TestMerge(t *testing.T) {
	one := open(t, write(t, newLeg(1, 5), newRecord(2, 1, 5), newRecord(1, 1, 0), &End{Wall: 20e6}, newLeg(3, 5), newRecord(1, 1, 0)))
	two := open(t, write(t, newLeg(0, 2), newRecord(9, 1, 0), newRecord(1, 1, 0)))
	alone := Merge([]*Journal{one})
	if got := summaries(t, alone.Records(t.Context())); got != "2.1@5 1.1@20" || alone.Wall() != 21e6 || alone.HasEnded() {
		t.Error(got, alone.Wall())
	}
	both := Merge([]*Journal{two, one})
	if got := summaries(t, both.Records(t.Context())); got != "9.1@0 1.1@0 11.1@65 10.1@180" {
		t.Error(got)
	}
	if got := summaries(t, both.InOrder(t.Context())); got != "1.1@0 9.1@0 10.1@180 11.1@65" {
		t.Error(got)
	}
	n, known := both.Requests()
	if both.Wall() != 181e6 || n != 7 || !known || both.Begun() != 4 {
		t.Error(both.Wall(), n, known, both.Begun())
	}
	for range both.Records(t.Context()) {
		break
	}
	bad := filepath.Join(t.TempDir(), "bad.jsonl")
	must(t, os.WriteFile(bad, []byte(fileText(t, two.Path)+"bad\n"), 0o600))
	j, err := Open(t.Context(), bad)
	got, err2 := collect(Merge([]*Journal{j, one}).Records(t.Context()))
	if len(got) != 2 || err2 != err || err == nil {
		t.Error(len(got), err2, err)
	}
}

func TestHostileNumbers(t *testing.T) {
	lines := []any{newLeg(0, 1)}
	seqs := []int64{0, -1, math.MinInt64, math.MaxInt64, 1 << 62, -1 << 62, 999_999_999_999_999_999}
	for part := range 3 {
		for _, seq := range seqs {
			r := newRecord(seq, math.MaxInt, part)
			r.Due = 1<<51 - 1<<20
			lines = append(lines, r)
		}
		lines = append(lines, newLeg(1, 1))
	}
	lines = append(lines, &End{Wall: -5})
	j := open(t, write(t, lines...))
	for _, records := range []func() ([]*record.Record, error){
		func() ([]*record.Record, error) { return collect(j.Records(t.Context())) },
		func() ([]*record.Record, error) { return collect(Merge([]*Journal{j, j, j}).InOrder(t.Context())) },
	} {
		all, err := records()
		if err != nil || len(all)%len(seqs) != 0 || len(all) == 0 {
			t.Error(len(all), err)
		}
	}
	if j.Wall() < 0 || j.MaxSeq != math.MaxInt64 || j.Begun != int64(len(seqs)) {
		t.Error(j.Wall(), j.MaxSeq, j.Begun)
	}
}

// anyRecord is a record of any content.
func anyRecord(t *rapid.T, label string) *record.Record {
	text := rapid.StringN(0, 20, -1)
	micros := rapid.Int64Range(0, 1<<40)
	r := newRecord(rapid.Int64Range(1, 8).Draw(t, label), rapid.IntRange(1, 3).Draw(t, "page"), 0)
	r.Name, r.Error, r.File = text.Draw(t, "name"), text.Draw(t, "error"), text.Draw(t, "file")
	r.Due, r.Queue, r.Response = record.Micros(micros.Draw(t, "due")), record.Micros(micros.Draw(t, "queue")), record.Micros(micros.Draw(t, "response"))
	if rapid.Bool().Draw(t, "row") {
		r.Row = fetcher.Row{{Column: "due_ms", Value: text.Draw(t, "cell")}, {Column: text.Draw(t, "column"), Value: `,"due_ms":5`}}
	}
	if rapid.Bool().Draw(t, "attempts") {
		r.Attempts = append(r.Attempts, r.Attempts[0])
		r.Attempts[1].Error, r.EarlierAttempts = text.Draw(t, "attempt"), 2
	}
	r.More = rapid.Bool().Draw(t, "more")
	if n := rapid.IntRange(0, 200_000).Draw(t, "size"); n > 150_000 { // longer than the reader's buffer
		r.SHA256 = strings.Repeat("s", n)
	}
	return r
}

// TestComesBack: what was appended comes back, of each request what the last part has.
func TestComesBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		must(t, err)
		path := filepath.Join(dir, "run.jsonl")
		type appended struct {
			part int
			r    *record.Record
		}
		var all []appended
		last := map[int64]int{}
		var offset record.Micros
		for part := range rapid.IntRange(1, 4).Draw(rt, "parts") {
			var w *Writer
			if part == 0 {
				w, err = begin(path, newLeg(0, 3), false, Options{})
			} else if w, _, err = goOn(t.Context(), path, Options{}); err == nil {
				err = w.begin(newLeg(part, 3))
			}
			must(t, err)
			wall := record.Micros(0)
			for range rapid.IntRange(0, 6).Draw(rt, "records") {
				r := anyRecord(rt, "seq")
				must(t, w.Append(r, nil))
				wall = max(wall, r.End())
				(&Journal{Legs: []Span{{Offset: offset}}}).place(r, 0)
				if len(r.Attempts) > 1 { // they share their hops
					r.Attempts[1].Hops = slices.Clone(r.Attempts[0].Hops)
					r.Attempts[0].Hops[0].Start -= offset
					r.Attempts[1].Hops[0].Start -= offset
				}
				all = append(all, appended{part, r})
				last[r.Seq] = part
			}
			if rapid.Bool().Draw(rt, "ends") {
				wall++
				must(t, w.End(&End{Wall: wall}))
			}
			must(t, w.Close())
			offset += wall
		}
		all = slices.DeleteFunc(all, func(a appended) bool { return last[a.r.Seq] != a.part })
		j := open(t, path)
		got, err := collect(j.Records(t.Context()))
		must(t, err)
		if len(got) != len(all) || j.Wall() != offset || j.Begun != int64(len(last)) {
			rt.Fatal(len(got), len(all), j.Wall(), offset)
		}
		for i, r := range got {
			if diff := gocmp.Diff(asJSON(all[i].r), asJSON(r)); diff != "" {
				rt.Fatal(diff)
			}
		}
		slices.SortStableFunc(got, func(a, b *record.Record) int {
			return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Page, b.Page))
		})
		ordered, err := collect(j.InOrder(t.Context()))
		must(t, err)
		if asJSON(ordered) != asJSON(got) {
			rt.Fatal("not in order")
		}
	})
}

// FuzzRead: arbitrary bytes never panic, and every good line before the first bad one is given.
func FuzzRead(f *testing.F) {
	run, rec := string(record.AppendAnyLine(nil, &Leg{Type: TypeRun, V: 1, Started: testStart})), asJSON(newRecord(1, 1, 1))+"\n"
	resume, end := strings.Replace(run, TypeRun, TypeResume, 1), asJSON(&End{Type: TypeEnd, Wall: 5})+"\n"
	for _, text := range []string{
		"", run, run[:9], run + rec, run + rec + end + resume + rec + rec[:50], run + rec + "{\n" + rec, run + "\n\r\n" + rec,
		run + run, run + `{"type":"x"}` + "\n" + rec, run + rec + resume + strings.Replace(rec, `"seq":1`, `"seq":-92233720368547758080`, 1),
		run + rec + resume + strings.Replace(rec, `"due_ms"`, `"due_ms":7,"due_ms"`, 1), run + "\x00\x00\n" + rec,
	} {
		f.Add([]byte(text))
	}
	path := filepath.Join(f.TempDir(), "run.jsonl")
	f.Fuzz(func(t *testing.T, text []byte) {
		must(t, os.WriteFile(path, text, 0o600))
		j, err := Open(t.Context(), path)
		if j == nil {
			if !errors.Is(err, ErrNoJournal) {
				t.Error(err)
			}
			return
		}
		if _, ok := errors.AsType[*LineError](err); err != nil && !ok {
			t.Error(err)
		}
		var good []*record.Record // by the simplest means
		last, legOf, part := map[int64]int{}, []int{}, 0
		whole := text[:bytes.LastIndexByte(text, '\n')+1]
		bad := false
		for line := range bytes.Lines(whole) {
			var r record.Record
			typ, err := typeOf(bytes.TrimSuffix(line, []byte("\n")))
			switch {
			case len(bytes.TrimSpace(line)) == 0:
			case err != nil || typ == typeRecord && record.Parse(line, &r) != nil:
				bad = true
			case typ == typeRecord:
				good, legOf = append(good, &r), append(legOf, part)
				last[r.Seq] = part
			case typ == TypeResume:
				part++
			}
			if bad {
				break
			}
		}
		got, err := collect(j.Records(t.Context()))
		if _, ok := errors.AsType[*LineError](err); err != nil && !ok {
			t.Error(err)
		}
		if bad && err == nil {
			t.Error("a bad line was not seen")
		}
		if err != nil && err != j.bad {
			// What Records alone has found out: before it all is given, but that which a part behind it has anew.
			return
		}
		var want []int64
		for i, r := range good {
			if last[r.Seq] == legOf[i] {
				want = append(want, r.Seq)
			}
		}
		for i, r := range got {
			if i >= len(want) || r.Seq != want[i] {
				t.Fatalf("%d records, want %v", len(got), want)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%d records, want %v", len(got), want)
		}
		if ordered, err2 := collect(j.InOrder(t.Context())); err2 != err || len(ordered) != len(got) {
			t.Error(len(ordered), err2)
		}
	})
}

// FuzzLook: what is seen at a glance is what is there.
func FuzzLook(f *testing.F) {
	r := newRecord(5, 2, 3)
	f.Add([]byte(asJSON(r)))
	r.Row, r.Due = fetcher.Row{{Column: "due_ms", Value: "1"}, {Column: "x", Value: `,"due_ms":5`}}, 1001
	f.Add([]byte(asJSON(r)))
	f.Add([]byte(`{"v":1,"seq":1,"page":1}`))
	f.Add([]byte(`{"v":1,"seq":-0,"page":01,"due_ms":-1.5,"queue_ms":1.,"limiter_ms":1.2345,"service_ms":1,"backoff_ms":1,"response_ms":1}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		g, err := look(line)
		var r record.Record
		if record.Parse(line, &r) != nil || err != nil {
			return // what is wrong inside is found later
		}
		for _, key := range []string{`seq`, `page`, `due_ms`, `response_ms`} {
			if strings.Count(string(line), `"`+key+`":`) > 1 {
				return // not one of ours
			}
		}
		if g.seq != r.Seq || g.page != clampPage(int64(r.Page)) || g.end != r.End() {
			t.Errorf("%+v of %d %d %d", g, r.Seq, r.Page, r.End())
		}
	})
}

func TestLookIsQuick(t *testing.T) {
	for range 1000 {
		r := newRecord(rand.Int64N(1<<50), 1+rand.IntN(5), 0)
		r.Due, r.Response = record.Micros(rand.Int64N(1<<40)), record.Micros(rand.Int64N(5000))
		r.Row = fetcher.Row{{Column: "a", Value: `\`}, {Column: "due_ms", Value: `1,"due_ms":`}}
		g, ok := lookQuickly(record.AppendJSON(nil, r))
		if !ok || g != (glance{r.Seq, int32(r.Page), r.End()}) {
			t.Fatal(ok, g, asJSON(r))
		}
	}
}
