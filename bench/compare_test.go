package main

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestTable(t *testing.T) {
	tbl := &table{title: "work", columns: []column{cpuEach, wallTotal}, notes: []string{"a note"}, missing: []string{"wrk"}, rows: []*row{
		{tool: tool{name: "fetch"}, runs: []usage{
			{requests: 10, cpu: 300 * time.Microsecond, wall: 3 * time.Second},
			{requests: 10, cpu: 100 * time.Microsecond, wall: time.Second},
			{requests: 10, cpu: 200 * time.Microsecond, wall: 2 * time.Second},
		}},
		{tool: tool{name: "curl"}, runs: []usage{{requests: 10, cpu: 500 * time.Microsecond, wall: time.Second}}},
		{tool: tool{name: "hey"}, err: errors.New("broke")},
	}}
	want := `### work

| tool | runs | requests | CPU per request, µs | to ours | wall, s | to ours |
|---|---:|---:|---:|---:|---:|---:|
| fetch | 3 | 10 | 20.0 | 1.00x | 2.000 | 1.00x |
| curl | 1 | 10 | 50.0 | 2.50x | 1.000 | 0.50x |

- a note
- hey failed: broke
- not installed: wrk

`
	if got := tbl.markdown(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRatiosToAnotherTool(t *testing.T) {
	tbl := &table{against: "hey", columns: []column{perSecond}, rows: []*row{
		{tool: tool{name: "fetch"}, runs: []usage{{requests: 300, wall: time.Second}}},
		{tool: tool{name: "hey"}, runs: []usage{{requests: 200, wall: time.Second}}},
	}}
	if got := tbl.markdown(); !strings.Contains(got, "| to hey |") || !strings.Contains(got, "| fetch | 1 | 300 | 300 | 1.50x |") {
		t.Errorf("got\n%s", got)
	}
	tbl.rows = tbl.rows[:1]
	if got := tbl.markdown(); !strings.Contains(got, "| fetch | 1 | 300 | 300 | - |") {
		t.Errorf("without the other tool: got\n%s", got)
	}
}

func TestWithoutOursThereIsNoRatio(t *testing.T) {
	tbl := &table{columns: []column{wallTotal}, rows: []*row{
		{tool: tool{name: "fetch"}, err: errors.New("broke")},
		{tool: tool{name: "curl"}, runs: []usage{{requests: 1, wall: time.Second}}},
	}}
	if got := tbl.markdown(); !strings.Contains(got, "| curl | 1 | 1 | 1.000 | - |") {
		t.Errorf("got\n%s", got)
	}
}

func TestTimed(t *testing.T) {
	defer goleak.VerifyNone(t)
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no sh")
	}
	u, out, err := timed(t.Context(), []string{"sh", "-c", "echo said"}, t.TempDir())
	if err != nil || out != "said\n" || u.wall <= 0 {
		t.Errorf("got %+v, %q, %v", u, out, err)
	}
	if _, _, err := timed(t.Context(), []string{"sh", "-c", "echo why >&2; exit 3"}, t.TempDir()); err == nil || err.Error() != "exit status 3: why" {
		t.Errorf("got %v", err)
	}
}

// A small program started by us must not be shown with our own memory, which is what getrusage says.
func TestMemoryIsNotOurs(t *testing.T) {
	if peakOf("self") == 0 {
		t.Skip("no /proc to look at")
	}
	ballast := make([]byte, 64<<20)
	for i := range ballast {
		ballast[i] = 1
	}
	u, _, err := timed(t.Context(), []string{"sh", "-c", "sleep 0.2"}, t.TempDir())
	if err != nil || u.memory == 0 || u.memory > 20<<20 {
		t.Errorf("sh is said to take %d bytes, %v; we take %d", u.memory, err, peakOf("self"))
	}
	if ballast[len(ballast)-1] != 1 {
		t.Error("the ballast is gone")
	}
}
