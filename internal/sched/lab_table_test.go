package sched_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// floor is what a model must come to, in each of its cases.
type floor struct {
	share   float64       // best wall over wall, at least
	refused float64       // in 100 requests after the first burst, at most
	failed  int           // at most
	wall    time.Duration // at most; 0: whatever
	down    time.Duration // until a step is followed, at most; 0: whatever
	up      time.Duration
}

// floors are by the name of the model, or by model/reply, which goes before.
var floors = map[string]floor{
	"willing":          {share: 0.97},
	"strict-5":         {share: 1 / 1.3, refused: 5},
	"strict-50":        {share: 1 / 1.3, refused: 5},
	"bucket-5-burst-1": {share: 1 / 1.3, refused: 5}, "bucket-5-burst-20": {share: 1 / 1.3, refused: 5},
	"bucket-50-burst-1": {share: 1 / 1.3, refused: 5}, "bucket-50-burst-20": {share: 1 / 1.3, refused: 5},
	"window-5-in-1s":    {share: 1 / 1.3, refused: 5},
	"window-50-in-1s":   {share: 1 / 1.3, refused: 5},
	"window-60-in-1m0s": {share: 0.7, refused: 10},
	"concurrent-4":      {share: 0.75, refused: 5},
	"concurrent-20":     {share: 0.75, refused: 5},
	"queue-4-and-4":     {share: 0.75, refused: 5},
	"queue-10-and-20":   {share: 0.75, refused: 5},
	"noise-1%":          {share: 0.85, refused: 2},
	"noise-5%":          {share: 0.8, refused: 7},
	"noise-20%":         {share: 0.6, refused: 28},
}

// hold fails the test if a run is below its floor.
func (m *model) hold(t *testing.T, r *result) {
	t.Helper()
	if r.stuck != "" {
		t.Errorf("%s", r.stuck)
	}
	f, ok := floors[m.name+"/"+r.reply]
	if !ok {
		if f, ok = floors[m.name]; !ok {
			t.Fatalf("no floor")
		}
	}
	if r.share() < f.share {
		t.Errorf("share %.3f (%.2f s, best %.2f s), less than %.3f", r.share(), r.wall.Seconds(), r.best.Seconds(), f.share)
	}
	if r.later() > f.refused {
		t.Errorf("%.1f in 100 refused, and %d in the first burst, more than %.1f", r.later(), r.burst, f.refused)
	}
	if r.failed > f.failed {
		t.Errorf("%d of %d failed, more than %d", r.failed, r.rows, f.failed)
	}
	if f.wall > 0 && r.wall > f.wall {
		t.Errorf("over after %.2f s, more than %.2f s", r.wall.Seconds(), f.wall.Seconds())
	}
	if f.down > 0 && r.down > f.down {
		t.Errorf("followed the step down after %.1f s, more than %.1f s", r.down.Seconds(), f.down.Seconds())
	}
	if f.up > 0 && r.up > f.up {
		t.Errorf("followed the step up after %.1f s, more than %.1f s", r.up.Seconds(), f.up.Seconds())
	}
}

// tableRow has the runs of a model with one way to refuse.
type tableRow struct {
	model, reply    string
	law, loop, aimd []*result
}

// worst is the worst of several runs in each figure by itself.
func worst(rs []*result) (w result, later, inAll float64) {
	w = *rs[0]
	for _, r := range rs {
		if r.share() < w.share() {
			w.best, w.wall, w.setting, w.ok, w.doomed = r.best, r.wall, r.setting, r.ok, r.doomed
		}
		w.failed = max(w.failed, r.failed)
		w.down = max(w.down, r.down)
		w.up = max(w.up, r.up)
		later = max(later, r.later())
		inAll = max(inAll, r.inAll())
		if r.stuck != "" {
			w.stuck = r.stuck
		}
	}
	return w, later, inAll
}

func printTable(rows []tableRow) {
	fmt.Println()
	fmt.Println("| model | refuses with | share | worst in | refused in 100 | in all | failed | followed a step | loop: share | refused | failed | AIMD: share | refused | failed |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, row := range rows {
		if len(row.law) == 0 {
			continue
		}
		if labEnv("LAB_ALL", 0) == 0 {
			printRow(row)
			continue
		}
		for i := range row.law {
			one := tableRow{model: row.model, reply: row.reply, law: row.law[i : i+1]}
			if len(row.loop) > 0 {
				one.loop, one.aimd = row.loop[i:i+1], row.aimd[i:i+1]
			}
			printRow(one)
		}
	}
}

func printRow(row tableRow) {
	w, later, inAll := worst(row.law)
	step, mark := "", ""
	if w.down > 0 {
		step = fmt.Sprintf("%.1f s, %.1f s", w.down.Seconds(), w.up.Seconds())
	}
	if w.stuck != "" {
		mark = " STUCK"
	}
	fmt.Printf("| %s | %s | %.2f%s | %s | %.1f | %.1f | %d | %s |", row.model, row.reply, w.share(), mark, w.setting, later, inAll, w.failed, step)
	for _, rs := range [][]*result{row.loop, row.aimd} {
		if len(rs) == 0 {
			fmt.Print(strings.Repeat("  |", 3))
			continue
		}
		w, _, inAll := worst(rs)
		fmt.Printf(" %.2f | %.1f | %d |", w.share(), inAll, w.failed)
	}
	fmt.Println()
}
