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
	late    time.Duration // or so much over the best wall
	refused float64       // in 100 requests after the first burst, at most
	failed  int           // beside those that nobody could get served, at most
	down    time.Duration // until a step is followed, at most; 0: whatever
	up      time.Duration
	loop    float64 // wall over that of the semaphore loop, at most; 0: whatever
	fair    float64 // the wall of the client that was first over that of the last, at least
}

// limit is a wall of at most 1.3 times the best, and 5 refusals in 100 requests: what is asked of the plain rate of 5 a second.
var limit = floor{share: 1 / 1.3, refused: 5.5}

// floors are by the name of the model, or by model/reply, which goes before. But for limit, fair and loop they are what was
// reached, with a little to spare: a change that takes something away shows here. docs/politeness-lab.md says which are low.
var floors = map[string]floor{
	"willing": {share: 0.96},

	"strict-5":                        limit,
	"strict-5/503+1s":                 {share: 1 / 1.3, refused: 7},
	"strict-50":                       {share: 0.68, refused: 14},
	"strict-50/429+1s":                {share: 0.58, refused: 5},
	"strict-5-long":                   {share: 0.9, refused: 2},
	"strict-5-in-parts":               {share: 1 / 1.15, refused: 7},
	"strict-5-on-all":                 {share: 0.6, refused: 10},
	"strict-5-and-100-in-1m":          {share: 0.64, refused: 10},
	"strict-5-and-100-in-1m/429+true": {share: 0.85, refused: 8},
	"strict-5-punishing":              limit,
	"bucket-5-burst-1":                {share: 0.73, refused: 10},
	"bucket-5-burst-1/429+1s":         {share: 0.48, refused: 7},
	"bucket-5-burst-20":               {share: 0.8, refused: 28},
	"bucket-50-burst-1":               {share: 0.28, refused: 5},
	"bucket-50-burst-1/429+1s":        {share: 0.2, refused: 5},
	"bucket-50-burst-20":              {share: 0.6, refused: 5},
	"window-5-in-1s":                  {share: 0.72, refused: 9},
	"window-50-in-1s":                 {share: 0.7, refused: 9},
	"window-50-in-1s/429+1s":          {share: 0.5, refused: 5},
	"window-50-in-1s/429+true":        {share: 0.5, refused: 5},
	"window-60-in-1m":                 {share: 0.85, refused: 42},
	"window-60-in-1m/429+true":        {share: 0.84, refused: 9},

	"concurrent-4":           {share: 0.6, late: time.Second, refused: 6},
	"concurrent-4/503+1s":    {share: 0.64, late: 2 * time.Second, refused: 6},
	"concurrent-4/429+1s":    {share: 0.6, late: 3 * time.Second, refused: 6},
	"concurrent-20":          {share: 0.75, late: 3 * time.Second, refused: 5},
	"concurrent-20/429+1s":   {share: 0.5, late: 3 * time.Second, refused: 5},
	"closing-4":              {share: 0.6},
	"queue-4-and-4":          {share: 0.75, late: time.Second, refused: 6.5},
	"queue-4-and-4/503+1s":   {share: 0.75, late: 2 * time.Second, refused: 6.5},
	"queue-10-and-20":        {share: 0.75, late: 2 * time.Second, refused: 5},
	"queue-10-and-20/503+1s": {share: 0.75, late: 3 * time.Second, refused: 5},
	"queue-4-for-1s":         {share: 0.9, refused: 9},
	"overloaded-2":           {share: 0.8},

	"noise-1%":         {share: 0.9, late: 2 * time.Second, refused: 1.5, loop: 1.25},
	"noise-5%":         {share: 0.84, late: 4 * time.Second, refused: 6.5, loop: 1.25},
	"noise-5%/reset":   {share: 0.85, late: 2 * time.Second, refused: 6.5, failed: 1},
	"noise-5%/503+1s":  {share: 0.85, late: 12 * time.Second, refused: 6.5},
	"noise-20%":        {share: 0.7, late: 12 * time.Second, refused: 27},
	"noise-20%/503+1s": {share: 0.7, late: 70 * time.Second, refused: 27},

	"warm-up":        {share: 0.7, refused: 5},
	"warm-up/503+1s": {share: 0.39, refused: 5},
	"step-rate":      {share: 0.72, refused: 5, down: 8500 * ms, up: 20 * time.Second},
	"step-places":    {share: 0.69, refused: 6, down: 5 * time.Second, up: 75 * time.Second},

	"daily-quota-500":        {share: 0.9, refused: 17},
	"daily-quota-500/429+1h": {share: 0.91, late: 100 * ms, refused: 1},

	"shared-10":        {share: 0.68, refused: 8, fair: 0.5},
	"shared-10/429+1s": {share: 0.5, refused: 8, fair: 0.4},
	"shared-50":        {share: 0.65, refused: 8, fair: 0.55},
	"shared-50/429+1s": {share: 0.5, refused: 8, fair: 0.5},

	// When nothing but requests that are refused is left, nobody can tell whether that is about them or about their host.
	"failing-2%-always":        {late: 30 * time.Second, refused: 24},
	"failing-2%-always/503+1s": {late: 140 * time.Second, refused: 24},
	"failing-1%-always":        {late: 30 * time.Second, refused: 12},
	"failing-5%-once":          {share: 0.8, late: 4 * time.Second, refused: 6.5, loop: 1.25},
	"failing-100%-once":        {share: 0.5, late: 70 * time.Second, refused: 110},
	"failing-2%-hang":          {share: 0.8, late: 11 * time.Second, loop: 1.25},
	"failing-mixed":            {share: 0.6, late: 11 * time.Second, refused: 6.5, loop: 1.25},

	"dead-500":       {late: 4 * time.Second, refused: 2.5},
	"dead-500/hangs": {late: 20 * time.Second},
	"dead-1":         {late: 3 * time.Second, refused: 400},

	"starting-300ms":   {share: 0.9, late: 2 * time.Second, refused: 3, failed: 2},
	"restarting-300ms": {share: 0.9, late: 2 * time.Second, refused: 5},
	"restarting-1s":    {share: 0.9, late: 2 * time.Second, refused: 5},
	"restarting-3s":    {share: 0.9, late: 3 * time.Second, refused: 5},

	"stated-60-in-1m":                {share: 0.9, refused: 2},
	"stated-60-in-1m/no-window":      {share: 0.68, refused: 5},
	"stated-60-in-1m/left-and-reset": {share: 0.68, refused: 5},
	"stated-60-in-1m/no-reset":       {share: 0.85, refused: 42}, // it does not say when it begins anew
	"stated-60-in-1m/left":           {share: 0.85, refused: 42},
	"stated-100-in-10s":              {share: 0.9, refused: 2},
	"stated-100-in-10s/no-reset":     {share: 0.9, refused: 25},
	"stated-100-in-10s/left":         {share: 0.9, refused: 25},
	"stated-5-and-100-in-1m":         {share: 0.9, refused: 2},
	"stated-concurrent-4":            {share: 0.9, late: time.Second, refused: 2},
}

// floor is that of a case.
func (m *model) floor(reply string) (f floor, ok bool) {
	if f, ok = floors[m.name+"/"+reply]; !ok {
		f, ok = floors[m.name]
	}
	return f, ok
}

// The figures that a floor is set to.
const (
	figureShare = iota
	figureRefused
	figureFailed
	figureStep
	figureFair
	figureSense
)

// misses calls yield with each figure of a run that is below the floor.
func (f floor) misses(m *model, r *result, yield func(figure int, text string)) {
	tell := func(missed bool, figure int, format string, args ...any) {
		if missed {
			yield(figure, fmt.Sprintf(format, args...))
		}
	}
	tell(r.stuck != "", figureSense, "%s", r.stuck)
	tell(r.share() < max(f.share, 1e-9) && (f.late == 0 || r.wall > r.best+f.late) || f.share == 0 && r.wall > r.best+f.late, figureShare,
		"share %.2f (%.2f s, best %.2f s), less than %.2f", r.share(), r.wall.Seconds(), r.best.Seconds(), f.share)
	tell(r.later() > f.refused, figureRefused, "%.1f in 100 refused, and %d in the first burst, more than %.1f", r.later(), r.burst, f.refused)
	tell(r.failed > r.doomed+f.failed, figureFailed, "%d of %d failed, more than %d", r.failed, r.rows, r.doomed+f.failed)
	tell(f.down > 0 && r.down > f.down, figureStep, "followed the step down after %.1f s, more than %v", r.down.Seconds(), f.down)
	tell(f.up > 0 && r.up > f.up, figureStep, "followed the step up after %.1f s, more than %v", r.up.Seconds(), f.up)
	tell(r.fair < f.fair, figureFair, "one client was over after %.2f of the time of the other, less than %.2f", r.fair, f.fair)
	tell(r.failed == 0 && !m.overfill && r.wall < r.best-10*ms, figureSense,
		"over after %.3f s, and the best possible is %.3f s: one of them is wrong", r.wall.Seconds(), r.best.Seconds())
}

// hold fails the test if a run is below its floor.
func (m *model) hold(t *testing.T, l *lab, r *result) {
	t.Helper()
	f, ok := m.floor(r.reply)
	if !ok {
		t.Fatalf("%s has no floor", m.name)
	}
	if f.loop > 0 {
		if loop := l.run(aLoop); r.wall > seconds(f.loop*loop.wall.Seconds()) {
			t.Errorf("%s/%s/%s: %.2f s, more than %.2f times the %.2f s of a loop", m.name, r.reply, r.setting,
				r.wall.Seconds(), f.loop, loop.wall.Seconds())
		}
	}
	f.misses(m, r, func(_ int, text string) { t.Errorf("%s/%s/%s: %s", m.name, r.reply, r.setting, text) })
}

// tableRow has the runs of a model with one way to refuse.
type tableRow struct {
	model           *model
	reply           string
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
		w.fair = min(w.fair, r.fair)
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

// printTable prints what the runs were like; what is below its floor has a mark.
func printTable(rows []tableRow) {
	fmt.Println()
	columns := "| model | refuses with | share | wall, best (s) | in | refused in 100 | in all | failed | followed a step |"
	if labEnv("LAB_ONLY_LAW", 0) == 0 {
		columns += " loop: share | refused | failed | AIMD: share | refused | failed |"
	}
	fmt.Println(columns)
	fmt.Println("|" + strings.Repeat("---|", strings.Count(columns, "|")-1))
	if labEnv("LAB_SHORT", 0) > 0 {
		rows = short(rows)
	}
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

// short has one row for each model.
func short(rows []tableRow) (all []tableRow) {
	for _, row := range rows {
		last := len(all) - 1
		if last < 0 || all[last].model != row.model {
			all = append(all, row)
			continue
		}
		all[last].reply += ", " + row.reply
		all[last].law = append(all[last].law, row.law...)
		all[last].loop = append(all[last].loop, row.loop...)
		all[last].aimd = append(all[last].aimd, row.aimd...)
	}
	return all
}

func printRow(row tableRow) {
	w, later, inAll := worst(row.law)
	below := map[int]string{} // with a mark
	for _, r := range row.law {
		if f, ok := row.model.floor(r.reply); ok {
			f.misses(row.model, r, func(figure int, _ string) { below[figure] = "!" })
		}
	}
	step := ""
	if w.down > 0 {
		step = fmt.Sprintf("%.1f s, %.1f s%s", w.down.Seconds(), w.up.Seconds(), below[figureStep])
	}
	if w.fair < 1 {
		step = fmt.Sprintf("(fair %.2f%s)", w.fair, below[figureFair])
	}
	failed := func(w result) string {
		if w.doomed > 0 {
			return fmt.Sprintf("%d of %d", w.failed, w.doomed)
		}
		return fmt.Sprint(w.failed)
	}
	fmt.Printf("| %s | %s | %.2f%s%s | %.2f, %.2f | %s | %.1f%s | %.1f | %s%s | %s |", row.model.name, row.reply,
		w.share(), below[figureShare], strings.Repeat(" stuck", len(below[figureSense])), w.wall.Seconds(), w.best.Seconds(), w.setting,
		later, below[figureRefused], inAll, failed(w), below[figureFailed], step)
	for _, rs := range [][]*result{row.loop, row.aimd} {
		if len(rs) > 0 {
			w, _, inAll := worst(rs)
			fmt.Printf(" %.2f | %.1f | %s |", w.share(), inAll, failed(w))
		}
	}
	fmt.Println()
}
