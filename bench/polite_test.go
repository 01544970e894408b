package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"example.com/fetch/testserver"
)

func TestScenesAreWhole(t *testing.T) {
	names := map[string]bool{}
	for _, s := range scenes() {
		if names[s.name] || s.name == "" || s.about == "" || s.n < 1 || s.entry("", 2, 0) == "" {
			t.Errorf("%+v", s)
		}
		names[s.name] = true
		if direct := s.entry("http://127.0.0.1:1", 2, 0); s.loop != "" && !strings.HasPrefix(direct, "http://127.0.0.1:1/") {
			t.Errorf("%s: the loop cannot reach %s", s.name, direct)
		}
	}
}

func TestFollowed(t *testing.T) {
	sent := []int32{40, 40, 39, 24, 30, 24, 20, 19}
	few := func(second int) bool { return sent[second] <= 24 }
	for _, c := range []struct {
		from, to int
		want     string
	}{{2, 8, "3"}, {0, 6, "never"}, {6, 99, "0"}, {8, 9, "never"}} {
		if got := fromLeastToMost([]float64{followed(sent, c.from, c.to, few)}); got != c.want {
			t.Errorf("%d to %d: %s, want %s", c.from, c.to, got, c.want)
		}
	}
}

func TestWindowLook(t *testing.T) {
	for _, c := range []struct {
		requests, refused []int32
		want              string
	}{
		{[]int32{10, 3, 5, 4, 7}, []int32{2, 1, 0, 0, 4}, "4 refused in a window, 95 % of the quota"}, // the last window is not over
		{[]int32{3}, []int32{0}, "0 refused in a window"},
		{nil, nil, "0 refused in a window"},
	} {
		o := outcome{each: testserver.LimitCount{EachRequests: c.requests, EachRefused: c.refused}}
		if got := remarks([]outcome{{look: windowLook(10, 2)(&o)}}); got != c.want {
			t.Errorf("%v: %q, want %q", c.requests, got, c.want)
		}
	}
}

func TestPoliteTable(t *testing.T) {
	s := scene{name: "a", about: "a server", n: 10, floor: 2 * time.Second}
	look := func(v float64) remark { return remark{"# good", []float64{v}} }
	got := politeTables([]*played{
		{scene: s, tool: "fetch", runs: []outcome{
			{wall: 2 * time.Second, refused: 1, look: look(1)}, {wall: 123456 * time.Millisecond, refused: 1, look: look(math.NaN())}, {err: errors.New("gone")},
		}},
		{scene: s, tool: "loop", runs: []outcome{{wall: 1234 * time.Microsecond, failed: 3}, {look: remark{text: "bad"}}}},
	})
	if want := "| a server | fetch | 10 | 2–123 | 2 | 1–61.7 | 0 | 1 | 10 % | 1–never good (gone) |\n" +
		"| a server | loop | 10 | 0–0.00123 | 2 |  | 0–3 | 0 | 0 % | bad |\n"; !strings.HasSuffix(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The plot is well-formed, and a bar is there for each second that has something.
func TestPlot(t *testing.T) {
	for _, c := range []struct {
		count testserver.LimitCount
		bars  int
	}{
		{testserver.LimitCount{EachRequests: []int32{40, 0, 70}, EachRefused: []int32{0, 0, 30}}, 3},
		{testserver.LimitCount{}, 0},
	} {
		text := plotHalving(c.count)
		bars := strings.Count(text, `" fill="#4a7fb5"/>`) + strings.Count(text, `" fill="#c0392b"/>`) - 2 // of the key
		if bars != c.bars || strings.Contains(text, "NaN") {
			t.Errorf("%d bars, want %d: %s", bars, c.bars, text)
		}
		for d := xml.NewDecoder(strings.NewReader(text)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
}
