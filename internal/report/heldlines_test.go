package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/internal/bubble"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"
)

var someKeys = report.Options{HasValues: true, Table: true}

// live makes a report as a run does: a result is added when it ends.
type live struct {
	t     *testing.T
	h     report.Handler
	out   shared
	start time.Time
	all   []*record.Record
}

// shared is a buffer that is also written to when the time is over.
type shared struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func startLive(t *testing.T, format string, o report.Options) *live {
	l := &live{t: t, start: time.Now()}
	l.h, _ = report.New(format, &l.out, run, o)
	return l
}

func (l *live) result(name string, values ...string) {
	l.t.Helper()
	r := answered(int64(len(l.all)+1), name, values...)
	r.Due, r.Response = 0, record.MicrosOf(time.Since(l.start))
	l.all = append(l.all, r)
	if err := l.h.Result(r); err != nil {
		l.t.Fatal(err)
	}
}

func (l *live) wrote(want string) {
	l.t.Helper()
	synctest.Wait()
	if diff := cmp.Diff(want, l.out.String()); diff != "" {
		l.t.Error(diff)
	}
}

// TestColumnsOfTheFirstSecond: the columns of values are the keys of all that came in the second after the first value. From
// then on lines are written as they come, and what has no column is counted.
func TestColumnsOfTheFirstSecond(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		l := startLive(t, "csv", someKeys)
		l.result("a")
		time.Sleep(5 * time.Second) // without a value the second does not begin
		l.result("b", `{"a":1}`)
		time.Sleep(999 * time.Millisecond)
		l.result("c", `{"b":2}`, `3`)
		l.wrote("")
		time.Sleep(time.Millisecond)
		const first = "name,a,b,value\na,,,\nb,1,,\nc,,2,\nc,,,3\n"
		l.wrote(first) // though nothing has come
		time.Sleep(time.Hour)
		l.result("d", `{"b":4,"c":5,"d":null}`)
		l.result("e", `{"c":6,"e":7}`, `8`)
		const all = first + "d,,4,\ne,,,\ne,,,8\n"
		l.wrote(all)
		if err := l.h.End(&measure.Summary{}); err != nil {
			t.Error(err)
		}
		l.wrote(all)
		want := report.Dropped{Values: report.Counts{Names: []report.Count{{Name: "c", N: 2}, {Name: "e", N: 1}}}}
		if diff := cmp.Diff(want, l.h.(report.Dropper).Dropped()); diff != "" {
			t.Error(diff)
		}
		if again := render(t, "csv", someKeys, l.all, &measure.Summary{}); again != all {
			t.Errorf("from a journal:\n%s", again)
		}
	})
}

// TestColumnsOfTheFirstThousand: a thousand results settle the columns before the second is over.
func TestColumnsOfTheFirstThousand(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		l := startLive(t, "tsv", someKeys)
		for i := range 999 {
			l.result("x", fmt.Sprintf(`{"k%d":1}`, i%3))
		}
		l.wrote("")
		l.result("y", `{"k3":1}`)
		if want := "name\tk0\tk1\tk2\tk3\nx\t1\t\t\t\n"; !strings.HasPrefix(l.out.String(), want) || !strings.HasSuffix(l.out.String(), "\ny\t\t\t\t1\n") {
			t.Errorf("%.60q", l.out.String())
		}
		for i := range 50 {
			l.result("z", fmt.Sprintf(`{"more%d":1}`, i), `{"more0":2}`)
		}
		d := l.h.(report.Dropper).Dropped().Values
		if len(d.Names) != 20 || d.Names[0] != (report.Count{Name: "more0", N: 51}) || d.Others != 30 {
			t.Errorf("%+v", d)
		}
	})
}

// TestColumnsThatAreKnown: nothing waits where the columns are known, nor where there are no values.
func TestColumnsThatAreKnown(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		o := someKeys
		o.Values = []string{"b", "a"}
		l := startLive(t, "csv", o)
		l.result("x", `{"a":1}`)
		l.wrote("name,b,a\nx,,1\n")
		l = startLive(t, "csv", report.Options{Table: true})
		l.result("x")
		l.wrote("name\nx\n")
	})
}

// TestPlainValues: where the first value is no object nothing waits, and an object that comes later is a value like any other.
func TestPlainValues(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		l := startLive(t, "csv", someKeys)
		l.result("w", `null`)
		l.result("x", `1`)
		l.wrote("name,value\nw,\nx,1\n")
		l.result("y", `{"value":2}`)
		l.wrote("name,value\nw,\nx,1\ny,\"{\"\"value\"\":2}\"\n")
	})
}

// TestErrorOfALateWrite: what fails while nothing comes is told with what comes next.
func TestErrorOfALateWrite(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		h, _ := report.New("csv", broken{}, run, someKeys)
		if err := h.Result(answered(1, "x", `{"a":1}`)); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Second)
		if err := h.End(&measure.Summary{}); err == nil {
			t.Error("no error")
		}
	})
}

// TestHolding: what waits for the first value, or for its second, is bounded.
func TestHolding(t *testing.T) { bubble.Test(t, testHolding) }

func testHolding(t *testing.T) {
	for _, tt := range []struct {
		lines, size int
		values      []string
	}{{9_999, 0, nil}, {100, 40_000, nil}, {100, 0, []string{`{"value":"` + strings.Repeat("x", 40_000) + `"}`}}} {
		var out bytes.Buffer
		h, _ := report.New("csv", &out, run, someKeys)
		name := strings.Repeat("x", tt.size)
		for i := range tt.lines {
			if err := h.Result(answered(int64(i+1), name, tt.values...)); err != nil || out.Len() > 0 {
				t.Fatalf("line %d: %d bytes, %v", i, out.Len(), err)
			}
		}
		for range 10 {
			_ = h.Result(answered(1, name, tt.values...))
		}
		if n := bytes.Count(out.Bytes(), []byte("\n")); n != tt.lines+11 {
			t.Errorf("%d lines are written", n)
		}
		_ = h.Result(answered(1, "a", `{"value":1}`))
		last := map[bool]string{true: "\na,\"{\"\"value\"\":1}\"\n", false: "\na,1\n"}[tt.values == nil]
		if !strings.HasPrefix(out.String(), "name,value\n") || !strings.HasSuffix(out.String(), last) {
			t.Errorf("%.40q … %.40q", out.String(), out.String()[out.Len()-40:])
		}
	}
}
