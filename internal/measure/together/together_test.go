package together_test

import (
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/measure/together"
	"example.com/fetch/internal/record"
)

var start = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// linesOf are the lines of a test at 10/s, whose answers take 50 ms.
func linesOf(asked measure.Asked, begun time.Time, length time.Duration) (plan measure.Beginning, lines []measure.Line) {
	asked.Model, asked.Rate = measure.ModelOpen, 10
	plan = measure.Beginning{Asked: asked, Started: begun, Cores: 2}
	c := measure.NewLoad(measure.LoadConfig{Beginning: plan, Line: func(l measure.Line) { lines = append(lines, l) }})
	end := asked.WarmUp.Duration() + length
	for at := time.Duration(0); at < end+time.Second; at += 100 * time.Millisecond {
		if at%time.Second == 0 || at == asked.WarmUp.Duration() {
			c.Tick(at, measure.Gauges{Sent: int64(at / (100 * time.Millisecond)), InFlight: 1, Peak: 3, Waiting: 2, CPU: at / 10})
		}
		if at < end {
			c.Add(&fetcher.Result{Request: &fetcher.Request{URL: "http://a.test/"}, Due: at, Service: 50 * time.Millisecond, Response: 50 * time.Millisecond})
		}
	}
	c.Finish(measure.Final{Planned: record.MicrosOf(length), NotStarted: 1, MaxOpenFiles: 100})
	return plan, lines
}

func each(lines []measure.Line) iter.Seq2[measure.Line, error] {
	return func(yield func(measure.Line, error) bool) {
		for _, line := range lines {
			text, err := measure.AppendLine(nil, line)
			if err == nil {
				line, err = measure.ParseLine(text) // a journal's, which nobody shares
			}
			if !yield(line, err) {
				return
			}
		}
	}
}

func put(t *testing.T, plans []measure.Beginning, lines ...[]measure.Line) (*measure.LoadSummary, []*measure.Interval) {
	t.Helper()
	tests, err := together.New(plans)
	if err != nil {
		t.Fatal(err)
	}
	var all []iter.Seq2[measure.Line, error]
	for _, l := range lines {
		all = append(all, each(l))
	}
	var told []*measure.Interval
	if err := tests.Add(all, func(i *measure.Interval) { told = append(told, i) }); err != nil {
		t.Fatal(err)
	}
	return tests.Summary(), told
}

// Tests that begin at different parts of a second, with different warm-ups, are one on the clock of the first that is measured:
// what they count is added, second by second, and what is the most at once, too.
func TestTogether(t *testing.T) {
	a, linesA := linesOf(measure.Asked{Target: "x", Thresholds: []string{"p99<1s"}, MaxInFlight: 5}, start, 3*time.Second)
	b, linesB := linesOf(measure.Asked{Target: "x", Thresholds: []string{"p99<1s", "ok>9"}, MaxInFlight: 6, WarmUp: 500_000}, start.Add(-200*time.Millisecond), 3*time.Second)
	s, told := put(t, []measure.Beginning{a, b}, linesA, linesB)
	if got := s.Asked; got.Tests != 2 || got.Rate != 20 || got.Target != "x" || got.MaxInFlight != 11 || got.WarmUp != 500_000 || !slices.Equal(got.Thresholds, []string{"p99<1s", "ok>9"}) {
		t.Errorf("asked for %+v", got)
	}
	// B is measured from 0.3 s on, until 3.3 s.
	if s.Started != start || s.OK != 60 || s.WarmUp.Requests != 5 || s.Unsent != 2 || s.Planned != 3_300_000 || s.Wall != 3_300_000 || s.InFlight != 6 || s.Client.Cores != 4 {
		t.Errorf("started %v, ok %d, warm-up %+v, not started %d, planned %d, wall %d, in flight %d, %d cores",
			s.Started, s.OK, s.WarmUp, s.Unsent, s.Planned, s.Wall, s.InFlight, s.Client.Cores)
	}
	if g := s.Groups[0]; g.OK != 60 || len(s.Groups) != 2 {
		t.Errorf("groups %+v", s.Groups)
	}
	var from []record.Micros
	var ok int64
	for _, e := range s.Seconds {
		from = append(from, e.From)
		ok += e.OK
	}
	if want := []record.Micros{0, 1e6, 2e6, 3e6}; !slices.Equal(from[:4], want) || ok != 60 {
		t.Errorf("seconds from %v with %d", from, ok)
	}
	if e := s.Seconds[1]; e.InFlight != 2 || e.Waiting != 4 || e.OK != 20 {
		t.Errorf("the second second is %+v", e)
	}
	var times measure.Distribution
	for _, i := range told {
		if !i.WarmUp {
			times.Merge(&i.Response)
		}
	}
	if times.N() != 60 {
		t.Errorf("told %d times", times.N())
	}
	if cut, _ := put(t, []measure.Beginning{a, b}, linesA, linesB[:len(linesB)-1]); cut.Wall != 3_250_000 || cut.Planned != 3_200_000 {
		t.Errorf("without an end of B the wall is %d, the plan %d", cut.Wall, cut.Planned)
	}
	again, _ := put(t, []measure.Beginning{b, a}, linesB, linesA)
	again.Asked, s.Asked = measure.Asked{}, measure.Asked{}
	if diff := cmp.Diff(s, again); diff != "" {
		t.Errorf("in another order:\n%s", diff)
	}
}

// One is as it is, and tests that did not go on at the same time are, with a warning.
func TestOneAndApart(t *testing.T) {
	a, lines := linesOf(measure.Asked{WarmUp: 300_000}, start, 2*time.Second)
	totals := measure.NewTotals(a)
	for _, line := range lines {
		if i, ok := line.(*measure.Interval); ok {
			totals.Add(i)
		}
		if g, ok := line.(*measure.GroupTimes); ok {
			totals.AddGroup(g)
		}
	}
	want := totals.Summary(*lines[len(lines)-1].(*measure.Final))
	got, _ := put(t, []measure.Beginning{a}, lines)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	b, later := linesOf(measure.Asked{}, start.Add(time.Hour), 2*time.Second)
	s, _ := put(t, []measure.Beginning{b, a}, later, lines)
	if i := slices.IndexFunc(s.Warnings, func(w measure.Warning) bool { return w.Code == "apart" }); i < 0 || s.Planned < 3600_000_000 {
		t.Errorf("planned %d, warnings %v", s.Planned, s.Warnings)
	}
	b.Asked.Model = measure.ModelClosed
	if _, err := together.New([]measure.Beginning{a, b}); err == nil {
		t.Error("users and a rate are put together")
	}
}
