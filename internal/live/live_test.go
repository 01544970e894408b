package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
	"example.com/fetch/internal/units"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// engine is a fake: so many results a second since it was made, and some hosts that hold things up.
type engine struct {
	began  time.Time
	perS   float64
	held   atomic.Pointer[[]fetcher.HostStats]
	stalls time.Duration // no result after it; 0: never
	asked  atomic.Int64
}

func newEngine(perS float64) *engine { return &engine{began: time.Now(), perS: perS} }

func (e *engine) stats() fetcher.Stats {
	e.asked.Add(1)
	age := time.Since(e.began)
	if e.stalls > 0 {
		age = min(age, e.stalls)
	}
	done := int64(age.Seconds()*e.perS + 1e-6)
	s := fetcher.Stats{Done: done, OK: done - done/10, Failed: done / 10, InFlight: 5}
	if held := e.held.Load(); held != nil {
		s.Hosts = *held
	}
	return s
}

func total(n int64) func() (int64, bool) { return func() (int64, bool) { return n, true } }

func TestBarIsRedrawnInPlaceAndLeavesNothing(t *testing.T) {
	for _, width := range []int{2, 10, 30, 80, 200} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				term, e := newTerminal(t, width), newEngine(20)
				io.WriteString(term, "$ fetch list\n")
				term.maxColumn = 0
				held := []fetcher.HostStats{{Host: "pubchem.test:80", Waiting: 12, RateLimited: true}}
				l := Start(t.Context(), Options{Mode: Bar, Out: term, Size: term.size, Color: true, Look: (&List{Stats: e.stats, Total: total(400)}).Look})
				for i := range 100 { // the second line comes and goes
					e.held.Store(nil)
					if i%3 == 0 {
						e.held.Store(&held)
					}
					time.Sleep(barEvery)
					synctest.Wait()
					if got := strings.Count(term.text(), "\n"); i > 0 && got > 2 {
						t.Fatalf("the bar takes %d lines:\n%s", got, term.text())
					}
				}
				if width == 80 && !strings.Contains(term.text(), "] ") {
					t.Errorf("no bar:\n%s", term.text())
				}
				if got := term.furthest(); got >= width {
					t.Errorf("column %d of %d was written to", got, width)
				}
				l.Stop()
				l.Stop()
				io.WriteString(term, "the report\n")
				if got := term.text(); got != "$ fetch list\nthe report\n" {
					t.Errorf("left on the terminal:\n%s", got)
				}
			})
		})
	}
}

func TestBarLooks(t *testing.T) {
	v := view{List: &List{}, Stats: fetcher.Stats{Done: 4200, OK: 4198, Failed: 2, InFlight: 10, Hosts: []fetcher.HostStats{
		{Host: "pubchem.test:80", Waiting: 12, RateLimited: true},
		{Host: "fingertips.test:8080", InFlight: 2, Waiting: 3, Sleeping: 2},
		{Host: "slow.test:443", Sleeping: 1}}},
		total: 10000, known: true, rate: 123.4, eta: 62 * time.Second, hasETA: true}
	unknown := v
	unknown.known, unknown.hasETA, unknown.rate, unknown.Hosts = false, false, 2.25, nil
	many := v
	many.Done, many.OK, many.Failed, many.Canceled, many.total = 9_999_999, 9_000_000, 999_990, 9, 10_000_000
	all := view{List: &List{}, Stats: fetcher.Stats{Done: 10, OK: 10}, total: 10, known: true, hasETA: true}
	empty := view{List: &List{}, known: true, hasETA: true}
	for _, tt := range []struct {
		name  string
		v     view
		width int
		want  string
	}{
		{"80", v, 80, ` 42% [===>     ]  4200/10000  4198 ok  2 failed  10 in flight  123/s  ETA 1m02s
waiting for pubchem.test: 12 queued (rate limit) and 2 more`},
		{"200", v, 200, ` 42% [=========================>                                  ]  4200/10000  4198 ok  2 failed  10 in flight  123/s  ETA 1m02s
waiting for pubchem.test: 12 queued (rate limit), fingertips.test:8080: 3 queued (all its slots taken) and 2 to be retried, slow.test: 1 to be retried`},
		{"40", v, 40, "4200/10000  2 failed  123/s  ETA 1m02s\nwaiting for pubchem.test: 12 queued ..."},
		{"8", v, 8, "4200...\nwait..."},
		{"no total", unknown, 80, "4200 done  4198 ok  2 failed  10 in flight  2.2/s"},
		{"many", many, 80, "9999999/10000000  9000000 ok  999990 failed  10 in flight  123/s  ETA 1m02s\nwaiting for pubchem.test: 12 queued (rate limit) and 2 more"},
		{"all", all, 66, "100% [========]  10/10  10 ok  0 failed  0 in flight  0/s  ETA 0s"},
		{"empty list", empty, 80, "100% [=========================]  0/0  0 ok  0 failed  0 in flight  0/s  ETA 0s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(tt.v.Lines(tt.width, usualHeight, false), "\n"); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestColorOnlyWhenAsked(t *testing.T) {
	v := view{List: &List{}, Stats: fetcher.Stats{Done: 5, Failed: 1, Hosts: []fetcher.HostStats{{Host: "a:80", Sleeping: 1}}}, total: 10, known: true}
	if got := strings.Join(v.Lines(80, usualHeight, false), ""); strings.Contains(got, "\x1b") {
		t.Errorf("colour that was not asked for: %q", got)
	}
	got := strings.Join(v.Lines(80, usualHeight, true), "")
	for _, want := range []string{units.Red + "1 failed" + units.Reset, units.Green, units.Yellow + "waiting for a"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

func TestHostNamesCannotSteerTheTerminal(t *testing.T) {
	v := view{List: &List{}, Stats: fetcher.Stats{Hosts: []fetcher.HostStats{{Host: "\x1b[2Jevil\u202e\n.test:80", Waiting: 1}}}}
	for _, text := range []string{strings.Join(v.Lines(200, usualHeight, false), ""), v.Plain()} {
		if !strings.Contains(text, `\x1b[2Jevil\u202e\n.test: 1 queued`) {
			t.Errorf("got %q", text)
		}
	}
}

func TestResizeLeavesNothing(t *testing.T) {
	for _, rewrap := range []bool{true, false} {
		bubble.Test(t, func(t *testing.T) {
			term, e := newTerminal(t, 120), newEngine(20)
			held := []fetcher.HostStats{{Host: "pubchem.test:80", Waiting: 12, RateLimited: true}, {Host: "another.one.test:80", Sleeping: 9}}
			e.held.Store(&held)
			io.WriteString(term, "before\n")
			l := Start(t.Context(), Options{Mode: Bar, Out: term, Size: term.size, Look: (&List{Stats: e.stats, Total: total(400)}).Look})
			for _, width := range []int{80, 33, 200, 50, 20} {
				time.Sleep(3 * barEvery / 2)
				synctest.Wait()
				term.resize(width, rewrap)
				time.Sleep(barEvery)
				synctest.Wait()
				if got := term.furthest(); got >= width {
					t.Errorf("column %d of %d was written to", got, width)
				}
				if got := strings.Count(term.text(), "\n"); got != 2 {
					t.Errorf("width %d, re-wrapping %v: %d lines\n%s", width, rewrap, got, term.text())
				}
			}
			term.resize(15, rewrap) // and stopped before it could redraw
			l.Stop()
			if got := term.text(); got != "before\n" {
				t.Errorf("re-wrapping %v, left on the terminal:\n%s", rewrap, got)
			}
		})
	}
}

func TestOthersWriteAboveTheBar(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		term, e := newTerminal(t, 80), newEngine(20)
		l := Start(t.Context(), Options{Mode: Bar, Out: term, Size: term.size, Look: (&List{Stats: e.stats, Total: total(400)}).Look})
		stderr, stdout := l.Writer(term), l.Writer(term)
		time.Sleep(barEvery * 3 / 2)
		fmt.Fprintln(stderr, "warning: one")
		if got := term.text(); !strings.HasPrefix(got, "warning: one\n") || !strings.Contains(got, "2/400") {
			t.Errorf("no bar below the warning:\n%s", got)
		}
		fmt.Fprint(stdout, "half a line")
		time.Sleep(barEvery * 3)
		synctest.Wait()
		if got := term.text(); got != "warning: one\nhalf a line" {
			t.Errorf("the bar does not keep away from an unfinished line:\n%s", got)
		}
		fmt.Fprint(stdout, ", the other half\n")
		if got := term.text(); !strings.HasPrefix(got, "warning: one\nhalf a line, the other half\n") || !strings.Contains(got, "/400") {
			t.Errorf("no bar below the finished line:\n%s", got)
		}
		var writers sync.WaitGroup
		for i := range 4 {
			writers.Go(func() {
				for range 25 {
					fmt.Fprintf(stderr, "writer %d\n", i)
					time.Sleep(7 * time.Millisecond)
				}
			})
		}
		writers.Wait()
		l.Stop()
		fmt.Fprintln(stderr, "after")
		lines := strings.Split(strings.TrimSuffix(term.text(), "\n"), "\n")
		if len(lines) != 2+4*25+1 || lines[len(lines)-1] != "after" {
			t.Fatalf("%d lines:\n%s", len(lines), term.text())
		}
		for _, line := range lines[2 : len(lines)-1] {
			if !strings.HasPrefix(line, "writer ") || len(line) != len("writer 0") {
				t.Errorf("line %q", line)
			}
		}
	})
}

func TestAnUnchangedBarIsNotSentAgain(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := Start(t.Context(), Options{Mode: Bar, Out: &out, Look: (&List{Stats: func() fetcher.Stats { return fetcher.Stats{InFlight: 1} }}).Look})
		time.Sleep(time.Minute)
		l.Stop()
		if got := strings.Count(out.String(), "in flight"); got != 1 {
			t.Errorf("sent %d times", got)
		}
	})
}

func TestPlain(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		e := newEngine(10)
		held := []fetcher.HostStats{{Host: "pubchem.test:80", Waiting: 12, RateLimited: true}}
		e.held.Store(&held)
		l := Start(t.Context(), Options{Mode: Plain, Out: &out, Look: (&List{Stats: e.stats, Total: total(300)}).Look})
		time.Sleep(22*time.Second + 500*time.Millisecond)
		l.Stop()
		want := `after 2s: 20/300 done, 18 ok, 2 failed, 5 in flight, 10/s, ETA 28s; waiting for pubchem.test: 12 queued (rate limit)
after 12s: 120/300 done, 108 ok, 12 failed, 5 in flight, 10/s, ETA 18s; waiting for pubchem.test: 12 queued (rate limit)
after 22s: 220/300 done, 198 ok, 22 failed, 5 in flight, 10/s, ETA 8s; waiting for pubchem.test: 12 queued (rate limit)
`
		if out.String() != want {
			t.Errorf("got\n%swant\n%s", out.String(), want)
		}
	})
}

func TestJSON(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		e := newEngine(10)
		held := []fetcher.HostStats{{Host: "pubchem.test:80", InFlight: 1, Waiting: 12, Sleeping: 3, RateLimited: true}}
		l := Start(t.Context(), Options{Mode: JSON, Out: &out, Look: (&List{Stats: e.stats, Total: func() (int64, bool) { return 40, e.held.Load() != nil }}).Look})
		time.Sleep(1500 * time.Millisecond)
		e.held.Store(&held)
		time.Sleep(time.Second)
		l.Stop()
		want := `{"v":1,"type":"progress","final":false,"elapsed_ms":1000,"done":10,"total":null,"ok":9,"failed":1,"canceled":0,"attempts":0,"hops":0,"bytes":0,"in_flight":5,"waiting":0,"sleeping":0,"rate_per_s":10,"eta_ms":null,"hosts":[]}
{"v":1,"type":"progress","final":false,"elapsed_ms":2000,"done":20,"total":40,"ok":18,"failed":2,"canceled":0,"attempts":0,"hops":0,"bytes":0,"in_flight":5,"waiting":0,"sleeping":0,"rate_per_s":10,"eta_ms":2000,"hosts":[{"host":"pubchem.test:80","in_flight":1,"waiting":12,"sleeping":3,"rate_limited":true}]}
{"v":1,"type":"progress","final":true,"elapsed_ms":2500,"done":25,"total":40,"ok":23,"failed":2,"canceled":0,"attempts":0,"hops":0,"bytes":0,"in_flight":5,"waiting":0,"sleeping":0,"rate_per_s":10,"eta_ms":1500,"hosts":[{"host":"pubchem.test:80","in_flight":1,"waiting":12,"sleeping":3,"rate_limited":true}]}
`
		if out.String() != want {
			t.Errorf("got\n%swant\n%s", out.String(), want)
		}
		for line := range strings.Lines(out.String()) {
			var e Event
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestNone(t *testing.T) {
	var out bytes.Buffer
	l := Start(t.Context(), Options{Mode: None, Out: &out})
	fmt.Fprint(l.Writer(&out), "as it is")
	l.Stop()
	if out.String() != "as it is" {
		t.Errorf("got %q", out.String())
	}
}

func TestAutoOffATerminalIsPlain(t *testing.T) {
	if got := pick(&bytes.Buffer{}); got != Plain {
		t.Errorf("got %s", got)
	}
}

// manyLines is a view of n lines that are as wide as they may be.
func manyLines(n int) func(int, int, bool) []string {
	return func(width, _ int, color bool) []string {
		var lines []string
		for i := range n {
			lines = append(lines, units.Painted(fmt.Sprintf("%0*d", width-1, i), units.Red, color))
		}
		return lines
	}
}

// another is a view of something else.
type another struct {
	lines func(int, int, bool) []string
	plain func() string
	event func(bool) any
}

func (a another) look() View { return a }

func (a another) Lines(width, height int, color bool) []string { return a.lines(width, height, color) }
func (a another) Plain() string                                { return a.plain() }
func (a another) Event(final bool) any                         { return a.event(final) }

func TestLinesOfAnotherView(t *testing.T) {
	for _, color := range []bool{false, true} {
		bubble.Test(t, func(t *testing.T) {
			term := newTerminal(t, 10)
			io.WriteString(term, "$ fetch load\n")
			var shown atomic.Int64
			lines := func(width, height int, color bool) []string {
				return manyLines(int(shown.Load()))(width, height, color)
			}
			l := Start(t.Context(), Options{
				Mode: Bar, Out: term, Size: func() (int, int) { return term.columns(), 5 }, Color: color, Look: another{lines: lines}.look,
			})
			for _, step := range []struct {
				lines int64
				want  string
			}{
				{3, "000000000\n000000001\n000000002"},
				{9, "000000000\n000000001\n000000002\n000000003"}, // five would push the first out of the screen
				{1, "000000000"},
				{0, ""},
				{2, "000000000\n000000001"},
			} {
				shown.Store(step.lines)
				time.Sleep(2 * barEvery)
				synctest.Wait()
				if got := term.text(); got != "$ fetch load\n"+step.want {
					t.Errorf("%d lines are shown as\n%s", step.lines, got)
				}
			}
			fmt.Fprintln(l.Writer(term), "a message")
			if got := term.text(); got != "$ fetch load\na message\n000000000\n000000001" {
				t.Errorf("a message beside it:\n%s", got)
			}
			l.Stop()
			if got := term.text(); got != "$ fetch load\na message\n" {
				t.Errorf("left on the terminal:\n%s", got)
			}
		})
	}
}

func TestLinesOnATerminalOfUnknownSize(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		term := newTerminal(t, 80)
		l := Start(t.Context(), Options{Mode: Bar, Out: term, Look: another{lines: manyLines(100)}.look})
		time.Sleep(2 * barEvery)
		synctest.Wait()
		if lines := strings.Split(term.text(), "\n"); len(lines) != 23 || len(lines[0]) != 79 {
			t.Errorf("%d lines of %d columns", len(lines), len(lines[0]))
		}
		l.Stop()
	})
}

func TestLinesOnATerminalThatIsResized(t *testing.T) {
	for _, width := range []int{4, 7, 15} {
		bubble.Test(t, func(t *testing.T) {
			term := newTerminal(t, 10)
			io.WriteString(term, "$\n")
			l := Start(t.Context(), Options{
				Mode: Bar, Out: term, Size: func() (int, int) { return term.columns(), 9 }, Look: another{lines: manyLines(4)}.look,
			})
			time.Sleep(barEvery + barEvery/2)
			synctest.Wait()
			term.resize(width, true)
			time.Sleep(barEvery)
			synctest.Wait()
			if got, want := term.text(), "$\n"+strings.Join(manyLines(4)(width, 0, false), "\n"); got != want {
				t.Errorf("at %d columns:\n%s", width, got)
			}
			l.Stop()
			if got := term.text(); got != "$\n" {
				t.Errorf("left on the terminal:\n%s", got)
			}
		})
	}
}

func TestPlainOfAnotherView(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		n := 0
		l := Start(t.Context(), Options{Mode: Plain, Out: &out, Look: another{plain: func() string { n++; return fmt.Sprint("view ", n) }}.look})
		time.Sleep(plainFirst + plainEvery + time.Second)
		l.Stop()
		if out.String() != "view 1\nview 2\n" {
			t.Errorf("got %q", out.String())
		}
	})
}

func TestEventsOfAnotherView(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := Start(t.Context(), Options{Mode: JSON, Out: &out, Look: another{event: func(final bool) any { return final }}.look})
		time.Sleep(lineEvery + lineEvery/2)
		l.Stop()
		if out.String() != "false\ntrue\n" {
			t.Errorf("got %q", out.String())
		}
	})
}

func TestEndOfContextErasesTheBar(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		term, e := newTerminal(t, 80), newEngine(20)
		l := Start(ctx, Options{Mode: Bar, Out: term, Look: (&List{Stats: e.stats}).Look})
		time.Sleep(time.Second)
		cancel()
		synctest.Wait()
		asked := e.asked.Load()
		time.Sleep(time.Second)
		if got := term.text(); got != "" || e.asked.Load() != asked {
			t.Errorf("still shown: %q", got)
		}
		l.Stop()
	})
}

func TestATerminalThatIsGoneDoesNoHarm(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		l := Start(t.Context(), Options{Mode: Bar, Out: broken{}, Look: (&List{Stats: newEngine(1).stats}).Look})
		time.Sleep(time.Second)
		if _, err := l.Writer(broken{}).Write([]byte("x\n")); err == nil {
			t.Error("the error of the writer is lost")
		}
		l.Stop()
	})
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestRateAndETA(t *testing.T) {
	at := time.Unix(0, 0)
	var p pace
	p.start(at, 0)
	if _, ok := p.eta(at, 10); ok || p.rate() != 0 {
		t.Error("something is foretold from nothing")
	}
	run := func(d time.Duration, perS float64) {
		from, done := at, p.done
		for at.Sub(from) < d {
			at = at.Add(barEvery)
			p.add(at, done+int64(at.Sub(from).Seconds()*perS+1e-6))
		}
	}
	near := func(got, want, by float64) bool { return math.Abs(got-want) <= by*want }
	run(time.Second, 100)
	if !near(p.rate(), 100, 0.02) {
		t.Errorf("after a second at 100/s the rate is %v", p.rate())
	}
	run(time.Minute, 100)
	run(15*time.Second, 10)
	if !near(p.rate(), 10, 0.5) {
		t.Errorf("15 s after it fell from 100/s to 10/s the rate is still %v", p.rate())
	}
	run(2*time.Minute, 10)
	if eta, ok := p.eta(at, 100); !ok || !near(eta.Seconds(), 10, 0.2) {
		t.Errorf("100 left at 10/s: %v, %v", eta, ok)
	}
	run(5*time.Second, 0)
	if _, ok := p.eta(at, 100); !ok {
		t.Error("a short silence ends the forecast")
	}
	if eta, ok := p.eta(at, 1); ok {
		t.Errorf("the last one is foretold to take %v after a silence of 5 s", eta)
	}
	run(26*time.Second, 0)
	if eta, ok := p.eta(at, 100); ok || p.rate() > 0.1 {
		t.Errorf("after a long silence: %v left at %v/s", eta, p.rate())
	}
	run(time.Second, 5)
	if _, ok := p.eta(at, math.MaxInt64); ok {
		t.Error("an absurd forecast is shown")
	}
}

func TestMorePagesThanAnnounced(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		term, e := newTerminal(t, 80), newEngine(20)
		l := Start(t.Context(), Options{Mode: Bar, Out: term, Look: (&List{Stats: e.stats, Total: total(3)}).Look})
		time.Sleep(time.Second + barEvery/2)
		if got := term.text(); !strings.HasPrefix(got, "20 done  ") || strings.Contains(got, "ETA") {
			t.Errorf("got %q", got)
		}
		l.Stop()
	})
}

func TestParseMode(t *testing.T) {
	for name, want := range map[string]Mode{"": Auto, "auto": Auto, "bar": Bar, "plain": Plain, "json": JSON, "none": None} {
		if got, err := ParseMode(name); got != want || err != nil {
			t.Errorf("%q: %v, %v", name, got, err)
		}
	}
	if _, err := ParseMode("bars\x1b"); err == nil || err.Error() != `no progress mode "bars\x1b": write auto, bar, plain, json or none` {
		t.Errorf("got %v", err)
	}
}

func TestShortDurations(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 1499 * time.Millisecond: "1s", 59600 * time.Millisecond: "1m00s", 65 * time.Second: "1m05s",
		127 * time.Minute: "2h07m", 76 * time.Hour: "3d04h",
	} {
		if got := short(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
