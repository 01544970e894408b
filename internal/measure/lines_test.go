package measure

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// mixed is a test with everything in it: a warm-up, failures, requests that were given up, groups, notes, connections.
func mixed(n int) []*fetcher.Result {
	var results []*fetcher.Result
	for i, at := range lognormal(1, n, 50*time.Millisecond, 0.6) {
		due := time.Duration(i) * 10 * time.Second / time.Duration(n)
		r := answered(due, at.Duration()+time.Duration(i%7)*time.Millisecond, at.Duration())
		r.Lag = time.Duration(i%50) * time.Microsecond
		r.Request = &fetcher.Request{URL: fmt.Sprintf("http://host%d.test/%d?token=%d", i%2, i%5, i),
			Row: fetcher.Row{{Column: "kind", Value: fmt.Sprint("kind ", i%3)}}}
		r.Attempts[0].Hops[0].Host = fmt.Sprintf("host%d.test:80", i%2)
		r.Attempts[0].Hops[0].Reused = i%10 != 0
		switch i % 20 {
		case 3:
			r.Status, r.Err = 503, &fetcher.Error{Kind: fetcher.KindHTTP5xx}
		case 4:
			r.Err = &fetcher.Error{Kind: fetcher.KindCanceled}
		case 5:
			r.Notes = []string{fetcher.NoteOutOfFiles}
		}
		results = append(results, r)
	}
	return results
}

func TestReportFromTheJournalIsTheLiveOne(t *testing.T) {
	var journal []byte
	config := LoadConfig{
		Beginning: begun(Asked{Target: "http://one.test/", Model: ModelOpen, Rate: 500, MaxInFlight: 100, WarmUp: millis(1500), GroupBy: "kind"}),
		Line: func(l Line) {
			var err error
			if journal, err = AppendLine(journal, l); err != nil {
				t.Error(err)
			}
		},
	}
	c := run(config, mixed(5000), 11*time.Second, func(now time.Duration) Gauges {
		return Gauges{Sent: int64(now / (2 * time.Millisecond)), InFlight: 100, Waiting: int64(now / time.Second), CPU: 2 * now}
	})
	live := c.Finish(Final{Planned: millis(8500), NotStarted: 3, MaxOpenFiles: 1024})
	if len(live.Groups) != 10+2+3 || len(live.Warnings) < 4 || live.WarmUp.Failed == 0 || live.Cut == 0 {
		t.Fatalf("the test does not have everything in it: %d groups, %d warnings", len(live.Groups), len(live.Warnings))
	}
	if diff := cmp.Diff(live, replay(t, journal)); diff != "" {
		t.Errorf("live - journal +:\n%s", diff)
	}
	whole := string(journal)
	if strings.Contains(whole, "token=1") {
		t.Error("the journal has a secret of a URL")
	}

	// Broken off: what is there counts, up to the last line that is whole.
	cut := whole[:strings.Index(whole, `{"type":"load","record":"group"`)]
	broken := replay(t, []byte(cut))
	broken.Groups, broken.Planned, broken.Due, broken.Unsent = live.Groups, live.Planned, live.Due, live.Unsent
	broken.Rate, broken.Warnings = live.Rate, live.Warnings
	if diff := cmp.Diff(live, broken); diff != "" {
		t.Errorf("live - broken off +:\n%s", diff)
	}
}

// replay makes the summary of a journal.
func replay(t *testing.T, journal []byte) *LoadSummary {
	t.Helper()
	var totals *Totals
	var final Final
	for text := range bytes.Lines(journal) {
		line, err := ParseLine(text)
		if err != nil {
			t.Fatal(err)
		}
		switch line := line.(type) {
		case nil:
			t.Fatalf("nothing came of %s", text)
		case *Beginning:
			totals = NewTotals(*line)
		case *Interval:
			totals.Add(line)
		case *GroupTimes:
			totals.AddGroup(line)
		case *Final:
			final = *line
		}
	}
	return totals.Summary(final)
}

// closedBy is the interval that a collector closes when the run is so old.
func closedBy(c *LoadCollector, now time.Duration) (closed *Interval) {
	c.config.Line = func(l Line) {
		if closed == nil {
			closed = l.(*Interval)
		}
	}
	c.Tick(now, Gauges{})
	return closed
}

func TestLinesAreSmall(t *testing.T) {
	for _, test := range []struct{ rate, most int }{{0, 600}, {100, 2500}, {2000, 6000}} {
		c := NewLoad(LoadConfig{Beginning: begun(Asked{})})
		for i, r := range mixed(10 * max(test.rate, 1)) {
			r.Due = time.Duration(i) * time.Second / time.Duration(max(test.rate, 1))
			if test.rate > 0 && r.End() < time.Second {
				c.Add(r)
			}
		}
		c.Tick(time.Second, Gauges{})
		interval := closedBy(c, 2*time.Second)
		text, err := AppendLine(nil, interval)
		if err != nil || len(text) > test.most {
			t.Errorf("a second at %d/s: %d bytes, more than %d (%v)", test.rate, len(text), test.most, err)
		}
		t.Logf("a second at %d/s: %d bytes", test.rate, len(text))
	}
}

func TestLinesThatAreNotRight(t *testing.T) {
	c := NewLoad(LoadConfig{Beginning: begun(Asked{})})
	c.Add(answered(0, time.Millisecond, time.Millisecond))
	good, err := AppendLine(nil, closedBy(c, 3*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseLine(good); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{{`"ok":1`, `"ok":2`}, {`"failed":0`, `"failed":1`}, {`"to_ms":1000`, `"to_ms":-1`},
		{`"from_ms":0`, `"from_ms":2000`}, {`"hdr":"`, `"hdr":"A`}, {`"sent":0`, `"sent":"0"`}, {`"sent":0`, `"sent":-1`}} {
		bad := strings.Replace(string(good), change[0], change[1], 1)
		if bad == string(good) {
			t.Fatalf("there is no %s in %s", change[0], good)
		}
		if _, err := ParseLine([]byte(bad)); err == nil {
			t.Errorf("%s: no error", change[1])
		}
	}
	for _, other := range []string{`{"type":"run"}`, `{"seq":1}`, `{"type":"load","record":"later"}`} {
		if l, err := ParseLine([]byte(other)); l != nil || err != nil {
			t.Errorf("%s: %v, %v", other, l, err)
		}
	}
}

func TestLinesAreObeyedByNoTerminal(t *testing.T) {
	g := newGroup("kind", "a\x1b[31mb\u009bc\u202ed\n")
	text, err := AppendLine(nil, g)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range strings.TrimSuffix(string(text), "\n") {
		if record.IsControl(r) {
			t.Fatalf("%q has a control character", text)
		}
	}
	back, err := ParseLine(text)
	if err != nil || back.(*GroupTimes).Name != g.Name {
		t.Errorf("%+v, %v", back, err)
	}
}

func FuzzParseLine(f *testing.F) {
	c := NewLoad(LoadConfig{Beginning: begun(Asked{GroupBy: "kind"}), Line: func(l Line) {
		if text, err := AppendLine(nil, l); err == nil {
			f.Add(text)
		}
	}})
	for _, r := range mixed(40) {
		c.Add(r)
	}
	c.Finish(Final{})
	f.Fuzz(func(t *testing.T, text []byte) {
		line, err := ParseLine(text)
		if err != nil || line == nil {
			return
		}
		again, err := AppendLine(nil, line)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseLine(again); err != nil {
			t.Errorf("%s\nwritten again as\n%s\n%v", text, again, err)
		}
		totals := NewTotals(begun(Asked{}))
		switch line := line.(type) {
		case *Beginning:
			totals = NewTotals(*line)
		case *Interval:
			totals.Add(line)
			totals.Add(line)
		case *GroupTimes:
			totals.AddGroup(line)
			totals.AddGroup(line)
		}
		if _, err := json.Marshal(totals.Summary(Final{})); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkAppendLine(b *testing.B) {
	c := NewLoad(LoadConfig{Beginning: begun(Asked{})})
	for _, r := range mixed(20_000) {
		if r.End() < time.Second {
			c.Add(r)
		}
	}
	interval := closedBy(c, 2*time.Second)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := AppendLine(nil, interval); err != nil {
			b.Fatal(err)
		}
	}
}
