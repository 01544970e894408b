package list

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/template"
)

var roundStart = time.Date(2026, 11, 3, 12, 0, 0, 123e6, time.FixedZone("", 3600))

// rounds gives "seq due url row" of the first requests.
func readRounds(l *List, every, length time.Duration, most int) (got []string, err error) {
	for req, err := range l.Rounds(context.Background(), roundStart, every, length) {
		if err != nil {
			return got, err
		}
		rows := req.Rows
		if rows == nil {
			rows = []fetcher.Row{req.Row}
		}
		got = append(got, fmt.Sprint(req.Seq, " ", req.Due, " ", req.URL, " ", rows))
		if len(got) == most {
			break
		}
	}
	return got, nil
}

func TestRounds(t *testing.T) {
	inDir(t, map[string]string{"c.csv": "s\nx\ny\n"})
	want := []string{
		"1 0s http://a/ [[{round 1} {time 2026-11-03T11:00:00.123Z}]]", "2 0s http://b/ [[{round 1} {time 2026-11-03T11:00:00.123Z}]]",
		"3 1.5s http://a/ [[{round 2} {time 2026-11-03T11:00:01.623Z}]]", "4 1.5s http://b/ [[{round 2} {time 2026-11-03T11:00:01.623Z}]]",
		"5 3s http://a/ [[{round 3} {time 2026-11-03T11:00:03.123Z}]]", "6 3s http://b/ [[{round 3} {time 2026-11-03T11:00:03.123Z}]]",
	}
	check := func(l *List, length time.Duration, most int, want ...string) {
		t.Helper()
		got, err := readRounds(l, 1500*time.Millisecond, length, most)
		if err != nil {
			t.Error(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
	files := mustOpen(t, nil, Options{}, "http://a/", "http://b/")
	check(files, 4500*time.Millisecond, 0, want...)
	check(files, 4500*time.Millisecond, 0, want...)
	check(files, 4501*time.Millisecond, 7, append(want, "7 4.5s http://a/ [[{round 4} {time 2026-11-03T11:00:04.623Z}]]")...)
	check(files, 0, 5, want[:5]...)
	check(mustOpen(t, strings.NewReader("http://a/\nhttp://b/\n"), Options{}, "-"), 4500*time.Millisecond, 0, want...)

	o := Options{Rows: "c.csv"}
	check(mustOpen(t, nil, o, "http://h/{s}"), time.Second, 0,
		"1 0s http://h/x [[{round 1} {time 2026-11-03T11:00:00.123Z} {s x}]]", "2 0s http://h/y [[{round 1} {time 2026-11-03T11:00:00.123Z} {s y}]]")
	o.Batch = template.Batch{Column: "s", Size: 9}
	check(mustOpen(t, nil, o, "http://h/{s}"), time.Second, 0,
		"1 0s http://h/x,y [[{round 1} {time 2026-11-03T11:00:00.123Z} {s x}] [{round 1} {time 2026-11-03T11:00:00.123Z} {s y}]]")
}

func TestRoundsThatCannotBe(t *testing.T) {
	l := mustOpen(t, nil, Options{Set: []string{"time=1"}}, "http://h/{time}")
	_, err := readRounds(l, time.Second, time.Minute, 0)
	wantError(t, err, "the table has a column time, which --every adds itself; rename it")
	_, err = readRounds(l, 0, time.Minute, 0)
	wantError(t, err, "--every: is not greater than zero; write it like 500ms")

	l = mustOpen(t, strings.NewReader(strings.Repeat("http://h/\n", maxHeld+1)), Options{}, "-")
	got, err := readRounds(l, time.Second, time.Minute, 0)
	wantError(t, err, "a list that is read from a pipe and sent again and again may have 100000 requests; put it into a file")
	if len(got) != maxHeld {
		t.Errorf("%d requests", len(got))
	}

	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	for _, err := range mustOpen(t, nil, Options{}, "http://h/").Rounds(ctx, roundStart, time.Second, 0) {
		if n++; n == 3 {
			cancel()
		} else if n > 3 && err != context.Canceled {
			t.Fatal(err)
		}
	}
	if n != 4 {
		t.Errorf("%d", n)
	}
	cancel()
}
