package journal

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// rec is a record of a request for a path; its file has its page's name.
func rec(seq int64, page int, path string, more bool, class string) *record.Record {
	return &record.Record{
		Seq: seq, Page: page, ID: record.ID(get(seq, path)), More: more, Class: class,
		Attempts: make([]record.Attempt, 1), File: fmt.Sprintf("data/%d-%d", seq, page),
	}
}

func get(seq int64, path string) *fetcher.Request {
	return &fetcher.Request{Seq: seq, URL: "http://h.test/" + path}
}

// sequence gives all, and then err if it is not nil.
func sequence[T any](all []T, err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, one := range all {
			if !yield(one, nil) {
				return
			}
		}
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

func newPast(t rapid.TB, records []*record.Record, o PastOptions) *Past {
	t.Helper()
	if o.FileIsThere == nil {
		o.FileIsThere = func(*record.Record) bool { return true }
	}
	past, err := NewPast(sequence(records, nil), o)
	if err != nil {
		t.Fatal(err)
	}
	return past
}

// skip gives what is sent of a list, and what is not, as "seq path".
func skip(t testing.TB, past *Past, list []*fetcher.Request) (sent, skipped []string) {
	t.Helper()
	text := func(req *fetcher.Request) string {
		return fmt.Sprint(req.Seq, " ", strings.TrimPrefix(req.URL, "http://h.test/"))
	}
	out := past.Skip(sequence(list, nil), func(req *fetcher.Request) { skipped = append(skipped, text(req)) })
	for req, err := range out {
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, text(req))
	}
	return sent, skipped
}

// list is a list of paths, each a word.
func list(paths string) (all []*fetcher.Request) {
	for i, path := range strings.Fields(paths) {
		all = append(all, get(int64(i+1), path))
	}
	return all
}

func TestPast(t *testing.T) {
	failed := func(r *record.Record) bool { return r.Class == "http_5xx" }
	var (
		pages     = []*record.Record{rec(1, 1, "a", true, ""), rec(2, 1, "b", false, ""), rec(1, 2, "a2", true, ""), rec(1, 3, "a3", false, "")}
		brokenOff = []*record.Record{rec(1, 1, "a", true, ""), rec(2, 1, "b", false, ""), rec(1, 2, "a2", true, "")}
		classes   = []*record.Record{rec(1, 1, "a", false, "http_5xx"), rec(2, 1, "b", false, "canceled"), rec(3, 1, "c", false, "deadline"), rec(4, 1, "d", false, "")}
		twice     = []*record.Record{rec(1, 1, "a", false, ""), rec(3, 1, "a", false, ""), rec(4, 1, "a", false, "canceled")}
		canceled  []*record.Record
	)
	for _, seq := range []int64{5, 2, 4, 1, 3} {
		canceled = append(canceled, rec(seq, 1, "a", false, "canceled"))
	}
	for _, test := range []struct {
		name        string
		records     []*record.Record
		options     PastOptions
		list        string
		sent        string // what is expected, separated by ", "
		done, again int64
	}{
		{"nothing has been done", nil, PastOptions{}, "a b", "1 a, 2 b", 0, 0},
		{"failures are done, what was broken off is not", classes, PastOptions{}, "a b c d e", "2 b, 3 c, 5 e", 2, 2},
		{"a host was given up", []*record.Record{rec(1, 1, "a", false, "connect"), rec(2, 1, "b", false, "circuit_open")}, PastOptions{}, "a b c", "2 b, 3 c", 1, 1},
		{"pages, all of them", pages, PastOptions{}, "a b c", "3 c", 2, 0},
		{"pages, broken off", brokenOff, PastOptions{}, "a b c", "1 a, 3 c", 1, 1},
		{"pages, one is missing", slices.Delete(slices.Clone(pages), 2, 3), PastOptions{}, "a b c", "1 a, 3 c", 1, 1},
		{"pages, the first is missing", pages[1:], PastOptions{}, "a b c", "1 a, 3 c", 1, 1},
		{"pages after the last", append(slices.Clone(pages), rec(2, 2, "b2", true, "")), PastOptions{}, "a b c", "3 c", 2, 0},
		{"retry", classes, PastOptions{Select: failed}, "a b c d e", "1 a", 3, 1},
		{"retry what was broken off", classes, PastOptions{Select: func(r *record.Record) bool { return r.Class == "canceled" }}, "a b c d e", "2 b", 3, 1},
		{"retry of pages, for one of them", append(slices.Clone(pages), rec(3, 1, "c", true, ""), rec(3, 2, "c2", false, "http_5xx")), PastOptions{Select: failed}, "a b c", "3 c", 2, 1},
		{"retry of pages, for the first of them", []*record.Record{rec(1, 1, "a", true, "http_5xx"), rec(1, 2, "a2", false, "")}, PastOptions{Select: failed}, "a b", "1 a", 0, 1},
		{"retry leaves what resume does", brokenOff, PastOptions{Select: failed}, "a b c", "", 2, 0},
		{"by id, another order", classes, PastOptions{ByID: true, FirstNew: 6}, "e d c b a f", "6 e, 3 c, 2 b, 7 f", 2, 2},
		{"by id, those that are gone", classes, PastOptions{ByID: true, FirstNew: 6}, "d x", "6 x", 2, 2},
		{"by id, as many as are done", twice, PastOptions{ByID: true, FirstNew: 5}, "a a a a a", "4 a, 5 a, 6 a", 2, 1},
		{"by id, new ones come after all records", twice, PastOptions{ByID: true, FirstNew: 2}, "b", "5 b", 2, 1},
		{"by id, places in their order", canceled, PastOptions{ByID: true}, "a a a a a b", "1 a, 2 a, 3 a, 4 a, 5 a, 6 b", 0, 5},
		{"by id, retry", classes, PastOptions{ByID: true, Select: failed}, "e a a", "1 a", 3, 1},
		{"by id, a first page without an id", []*record.Record{{Seq: 1, Page: 1}, {Seq: 2, Page: 1, More: true}}, PastOptions{ByID: true}, "a", "3 a", 1, 1},
		{"any seqs", []*record.Record{rec(-5, 1, "a", false, ""), rec(1<<62, 1, "b", false, ""), rec(0, 1, "c", true, "")}, PastOptions{}, "a", "1 a", 2, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			past := newPast(t, test.records, test.options)
			requests := list(test.list)
			sent, skipped := skip(t, past, requests)
			if got := strings.Join(sent, ", "); got != test.sent {
				t.Errorf("sent %s, not %s", got, test.sent)
			}
			if len(sent)+len(skipped) != len(requests) {
				t.Errorf("of %d requests %d were sent, %d skipped", len(requests), len(sent), len(skipped))
			}
			if past.Done() != test.done || past.Again() != test.again {
				t.Errorf("done %d, again %d; not %d, %d", past.Done(), past.Again(), test.done, test.again)
			}
			for i, req := range requests {
				if req.Seq != int64(i+1) {
					t.Errorf("the request %d of the list has seq %d now", i+1, req.Seq)
				}
			}
		})
	}
}

func TestPastFiles(t *testing.T) {
	records := []*record.Record{
		rec(1, 1, "a", true, ""), rec(2, 1, "b", false, ""), rec(1, 2, "a2", false, ""), rec(3, 1, "c", true, ""),
		rec(4, 1, "d", false, ""), rec(3, 2, "c2", false, ""), {Seq: 5, Page: 1, File: "other/5"}, {Seq: 6, Page: 1},
	}
	records[3].EarlierAttempts = 4
	records[0].EarlierAttempts = 4
	asked := map[string]int{}
	past := newPast(t, records, PastOptions{
		FileIsThere: func(r *record.Record) bool {
			asked[r.File]++
			return r.File != "data/3-1" && r.File != "data/4-1"
		},
	})
	want := func(what string, got, want any) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	want("what stands", []bool{past.Stands(1), past.Stands(2), past.Stands(3), past.Stands(4), past.Stands(5)}, []bool{true, true, false, false, true})
	want("files", past.Files(3), []string{"data/3-1", "data/3-2"})
	want("files of another", past.Files(4), []string{"data/4-1"})
	want("files of what stands", past.Files(1), []string(nil))
	want("attempts", []int{past.Earlier(1), past.Earlier(3), past.Earlier(4), past.Earlier(99)}, []int{0, 6, 1, 0})
	for file, n := range asked {
		if file == "" || n != 1 {
			t.Errorf("%q was looked for %d times", file, n)
		}
	}
}

// A retry does not look for files: that would be a look at each of a million, to no end.
func TestRetryAsksForNoFiles(t *testing.T) {
	newPast(t, []*record.Record{rec(1, 1, "a", false, "")}, PastOptions{
		Select:      func(*record.Record) bool { return true },
		FileIsThere: func(*record.Record) bool { t.Error("asked"); return true },
	})
}

func TestPastLooksForFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.MkdirAll(filepath.Join("data", "2-1"), 0o700))
	must(t, os.WriteFile("data/1-1", []byte("four"), 0o600))
	must(t, os.WriteFile("data/3-1", []byte("four"), 0o600))
	folder, err := os.Stat("data/2-1")
	must(t, err)
	var records []*record.Record
	for seq, bytes := range []int64{4, folder.Size(), 5, 0} {
		r := rec(int64(seq+1), 1, "x", false, "")
		r.Bytes = bytes
		records = append(records, r)
	}
	past, err := NewPast(sequence(records, nil), PastOptions{})
	must(t, err)
	if sent, _ := skip(t, past, list("a b c d")); strings.Join(sent, ", ") != "2 b, 3 c, 4 d" {
		t.Errorf("sent %q", sent)
	}
}

func TestPastErrors(t *testing.T) {
	torn := errors.New("torn")
	if _, err := NewPast(sequence([]*record.Record{rec(1, 1, "a", false, "")}, torn), PastOptions{}); err != torn {
		t.Errorf("the error of the records is %v", err)
	}
	last := []*record.Record{rec(math.MaxInt64, 1, "a", false, "")}
	if _, err := NewPast(sequence(last, nil), PastOptions{ByID: true, FileIsThere: func(*record.Record) bool { return true }}); err == nil {
		t.Error("there is no seq after the last, and no error")
	}
	for _, byID := range []bool{false, true} {
		past := newPast(t, nil, PastOptions{ByID: byID})
		var errs []error
		for _, err := range past.Skip(sequence(list("a"), torn), nil) {
			errs = append(errs, err)
		}
		if !slices.Equal(errs, []error{nil, torn}) {
			t.Errorf("of the list came %v", errs)
		}
	}
}

// What a Past keeps must not be a part of a record, since that is a part of its line.
func TestPastKeepsNoLines(t *testing.T) {
	const n, lineSize = 500, 32 << 10
	before := heap()
	var past *Past
	records := func(yield func(*record.Record, error) bool) {
		for i := range n {
			line := strings.Repeat(" ", lineSize) + testID(uint64(i)) + fmt.Sprintf("folder%d/file", i)
			r := &record.Record{Seq: int64(i), Page: 1, ID: line[lineSize:][:idDigits], File: line[lineSize+idDigits:], More: i%2 == 0}
			if !yield(r, nil) {
				return
			}
		}
	}
	past, err := NewPast(records, PastOptions{ByID: true, FileIsThere: func(*record.Record) bool { return true }})
	must(t, err)
	if bytes := heap() - before; bytes > n*lineSize/8 {
		t.Errorf("%d bytes are kept of %d records", bytes, n)
	}
	runtime.KeepAlive(past)
}

// What is asked about requests while they are sent must not be in the way of Skip.
func TestPastWhileSkipping(t *testing.T) {
	var records []*record.Record
	for i := range int64(100) {
		records = append(records, rec(i+1, 1, fmt.Sprint(i), i%2 == 0, ""))
	}
	past := newPast(t, records, PastOptions{ByID: true})
	var asking sync.WaitGroup
	asking.Go(func() {
		for i := range int64(100) {
			if past.Earlier(i+1) != len(past.Files(i+1)) || past.Again() != 50 {
				t.Errorf("request %d: %d attempts", i+1, past.Earlier(i+1))
			}
		}
	})
	var requests []*fetcher.Request
	for i := range 200 {
		requests = append(requests, get(0, fmt.Sprint(i)))
	}
	if sent, _ := skip(t, past, requests); len(sent) != 150 {
		t.Errorf("%d were sent", len(sent))
	}
	asking.Wait()
}

// model is a journal in memory: for each seq its records, those of the latest part that has any.
type model struct {
	records map[int64][]*record.Record
	order   []int64 // the seqs as they came
}

func (m *model) effective() (all []*record.Record) {
	for page := range 3 { // the pages of different requests between each other
		for _, seq := range m.order {
			if records := m.records[seq]; page < len(records) {
				all = append(all, records[page])
			}
		}
	}
	return all
}

// part carries out some of the requests, in any order, and may be cut off anywhere.
func (m *model) part(t *rapid.T, past *Past, requests []*fetcher.Request, cut bool) {
	if len(requests) == 0 {
		return
	}
	if cut {
		requests = rapid.Permutation(requests).Draw(t, "order")
		requests = requests[:rapid.IntRange(0, len(requests)).Draw(t, "carried out")]
	}
	for _, req := range requests {
		pages := rapid.IntRange(1, 3).Draw(t, "pages")
		have := pages
		if cut {
			have = rapid.IntRange(0, pages).Draw(t, "pages that came")
		}
		var records []*record.Record
		for page := 1; page <= have; page++ {
			r := rec(req.Seq, page, strings.TrimPrefix(req.URL, "http://h.test/"), page < pages, "")
			if page > 1 {
				r.ID = testID(uint64(page)) // pages have URLs of their own
			}
			if page == pages {
				r.Class = rapid.SampledFrom([]string{"", "", "http_5xx", "dns"}).Draw(t, "class")
				if cut && rapid.IntRange(0, 5).Draw(t, "canceled") == 0 {
					r.Class = rapid.SampledFrom([]string{"canceled", "deadline"}).Draw(t, "how")
				}
			}
			records = append(records, r)
		}
		if len(records) > 0 {
			records[0].EarlierAttempts = past.Earlier(req.Seq)
			if m.records[req.Seq] == nil {
				m.order = append(m.order, req.Seq)
			}
			m.records[req.Seq] = records
		}
	}
}

// isDone is the definition, anew.
func isDone(records []*record.Record) bool {
	last := records[len(records)-1]
	return !last.More && last.Class != "canceled" && last.Class != "deadline"
}

// counts are the ids of the requests of a list.
func counts(requests []*fetcher.Request) map[string]int {
	n := map[string]int{}
	for _, req := range requests {
		n[record.ID(req)]++
	}
	return n
}

// A list whose run is cut off again and again, and may change between, is carried out to its end: each part sends what is not
// done and nothing else, and after the last each request has its records once.
func TestPastProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		paths := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"}) // so few that there are duplicates
		words := rapid.SliceOfN(paths, 0, 12)
		current := words.Draw(t, "list")
		byID, longest := false, int64(len(current))
		journal := &model{records: map[int64][]*record.Record{}}
		parts := rapid.IntRange(1, 4).Draw(t, "parts")
		for part := range parts + 1 {
			if part > 0 && rapid.IntRange(0, 2).Draw(t, "change") == 0 {
				byID = true
				current = change(t, current, words)
				longest = max(longest, int64(len(current)))
			}
			requests := list(strings.Join(current, " "))
			past := newPast(t, journal.effective(), PastOptions{ByID: byID, FirstNew: longest + 1})
			var sent, skipped []*fetcher.Request
			for req, err := range past.Skip(sequence(requests, nil), func(req *fetcher.Request) { skipped = append(skipped, req) }) {
				if err != nil {
					t.Fatal(err)
				}
				sent = append(sent, req)
			}
			checkLeg(t, journal, past, byID, requests, sent, skipped)
			journal.part(t, past, sent, part < parts)
		}
		checkEnd(t, journal, byID, list(strings.Join(current, " ")))
	})
}

// change reorders a list, cuts it and extends it.
func change(t *rapid.T, paths []string, words *rapid.Generator[[]string]) []string {
	if len(paths) > 0 {
		paths = rapid.Permutation(paths).Draw(t, "reordered")
		paths = paths[:rapid.IntRange(0, len(paths)).Draw(t, "cut")]
	}
	return append(slices.Clone(paths), words.Draw(t, "extended")...)
}

func checkLeg(t *rapid.T, journal *model, past *Past, byID bool, requests, sent, skipped []*fetcher.Request) {
	all := counts(sent)
	for id, n := range counts(skipped) {
		all[id] += n
	}
	if d := cmp.Diff(counts(requests), all); d != "" {
		t.Fatalf("what is sent and what is not are not the list: %s", d)
	}
	done, doneIDs, doneSeqs := int64(0), map[string]int{}, map[int64]bool{}
	for seq, records := range journal.records {
		if isDone(records) {
			done++
			doneIDs[records[0].ID]++
			doneSeqs[seq] = true
		} else if past.Earlier(seq) < len(records) || len(past.Files(seq)) != len(records) {
			t.Fatalf("request %d had %d attempts and the files %q", seq, past.Earlier(seq), past.Files(seq))
		}
	}
	if past.Done() != done || past.Again() != int64(len(journal.records))-done {
		t.Fatalf("done %d, again %d; of %d records %d are done", past.Done(), past.Again(), len(journal.records), done)
	}
	seen := map[int64]bool{}
	for _, req := range sent {
		if doneSeqs[req.Seq] || seen[req.Seq] {
			t.Fatalf("seq %d is taken", req.Seq)
		}
		seen[req.Seq] = true
		if old := journal.records[req.Seq]; old != nil && old[0].ID != record.ID(req) {
			t.Fatalf("%s takes the place of another, %d", req.URL, req.Seq)
		}
	}
	if !byID {
		for _, req := range skipped {
			if !doneSeqs[req.Seq] {
				t.Fatalf("request %d is skipped, and is not done", req.Seq)
			}
		}
		return
	}
	listed, left := counts(requests), counts(skipped)
	for id, n := range listed {
		if left[id] != min(n, doneIDs[id]) {
			t.Fatalf("of %d of one id, of which %d are done, %d are skipped", n, doneIDs[id], left[id])
		}
	}
}

func checkEnd(t *rapid.T, journal *model, byID bool, requests []*fetcher.Request) {
	ids := map[string]int{}
	for _, records := range journal.records {
		if isDone(records) {
			ids[records[0].ID]++
		}
	}
	for id, n := range counts(requests) {
		if ids[id] < n {
			t.Fatalf("of %d of one id only %d are done", n, ids[id])
		}
	}
	if byID {
		return
	}
	var want []int64
	for i := range requests {
		want = append(want, int64(i+1))
	}
	if got := slices.Sorted(maps.Keys(journal.records)); !slices.Equal(got, want) {
		t.Fatalf("the records are of %d", got)
	}
}

// BenchmarkPast is what a million records take: to learn from them, and to skip a million requests.
func BenchmarkPast(b *testing.B) {
	const n = 1_000_000
	requests := make([]fetcher.Request, n) // what is measured must not be the making of them
	for i := range requests {
		requests[i] = fetcher.Request{Seq: int64(i + 1), URL: fmt.Sprintf("http://h.test/%d", i)}
	}
	ids := make([]string, n)
	for i := range ids {
		ids[i] = record.ID(&requests[i])
	}
	for _, byID := range []bool{false, true} {
		name := "by seq"
		if byID {
			name = "by id"
		}
		records := func(yield func(*record.Record, error) bool) {
			r := &record.Record{Page: 1, Attempts: make([]record.Attempt, 1), File: "data/x"}
			for i := range n {
				r.Seq, r.ID = int64(i+1), ids[i]
				if !yield(r, nil) {
					return
				}
			}
		}
		options := PastOptions{ByID: byID, FileIsThere: func(*record.Record) bool { return true }}
		b.Run(name+"/learn", func(b *testing.B) {
			before := heap()
			var past *Past
			for b.Loop() {
				past, _ = NewPast(records, options)
				past.ids.sort()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
			b.ReportMetric(float64(heap()-before)/n, "B/record")
			runtime.KeepAlive(past)
		})
		b.Run(name+"/skip", func(b *testing.B) {
			past, _ := NewPast(records, options)
			past.ids.sort()
			i := 0
			one := func(yield func(*fetcher.Request, error) bool) { yield(&requests[i*7919%n], nil) }
			for b.Loop() {
				for range past.Skip(one, nil) {
				}
				i++
			}
		})
	}
}
