package load_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/internal/load"
)

func TestParseStages(t *testing.T) {
	for _, c := range []struct {
		text string
		want []load.Stage
		rate bool
	}{
		{"10s:100/s,30s:1000/s,10s:0", []load.Stage{{10 * time.Second, 100}, {30 * time.Second, 1000}, {10 * time.Second, 0}}, true},
		{"10s:50,1m:50", []load.Stage{{10 * time.Second, 50}, {time.Minute, 50}}, false},
		{" 0s : 100 / s , 1.5:6000/m", []load.Stage{{0, 100}, {1500 * time.Millisecond, 100}}, true},
		{"1m:500/10s,1m:36000/h,1h:0/s", []load.Stage{{time.Minute, 50}, {time.Minute, 10}, {time.Hour, 0}}, true},
		{"0:0,5:1", []load.Stage{{0, 0}, {5 * time.Second, 1}}, false},
	} {
		got, rate, err := load.ParseStages(c.text)
		if err != nil || rate != c.rate || !cmp.Equal(got, c.want) {
			t.Errorf("%q: %v, rate %v, %v", c.text, got, rate, err)
		}
	}
}

func TestBadStages(t *testing.T) {
	for text, want := range map[string]string{
		"":                    `stage 1, "": a time and a target are needed; write 30s:1000/s`,
		"10s:100/s,":          `stage 2, "": a time and a target are needed`,
		"10s":                 `stage 1, "10s": a time and a target are needed`,
		"10s:100/s,30s=9/s":   `stage 2, "30s=9/s": a time and a target are needed`,
		"soon:5":              `"soon" is not a time; write how long the stage lasts, like 30s`,
		"-3s:5":               `a stage cannot last -3s; write 0s for a jump`,
		"NaN:5":               `is not a time`,
		"1e300:5":             `is not a time`,
		"10s:many":            `"many" is not a number; write a rate like 1000/s, or a number of users like 50`,
		"10s:5/s/s":           `a rate is so many in a time`,
		"10s:5/":              `a rate is so many in a time; write it like 1000/s`,
		"10s:5/0s":            `a rate is so many in a time`,
		"10s:-5/s":            `the target is -5; write 0 or more`,
		"10s:NaN":             `the target is NaN`,
		"10s:1e7/s":           `1e+07 requests a second are more than any client can send; write 1000000 at most`,
		"10s:1000001":         `users are too many; write 1000000 at most`,
		"10s:2.5":             `2.5 users cannot be: write a whole number, or a rate like 2.5/s`,
		"10s:100/s,10s:50":    `stage 2, "10s:50": stages are all rates or all users; write each target like 100/s, or each like 100`,
		"10s:100,10s:0,1:2/s": `stage 3, "1:2/s": stages are all rates or all users`,
	} {
		if _, _, err := load.ParseStages(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", text, err, want)
		}
	}
}

// Whatever is read is a plan, or Check says why not; and its arrivals are in order.
func FuzzParseStages(f *testing.F) {
	for _, text := range []string{"10s:100/s,30s:1000/s,10s:0", "10s:50,1m:50", "0s:100/s", "1.5:6000/m", "1ns:1e6/s,2562047h:0", "10s:5/"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		stages, rate, err := load.ParseStages(text)
		if err != nil {
			return
		}
		p := load.Plan{Stages: stages, Open: rate, Count: 100, WarmUp: time.Microsecond}
		if p.Check() != nil {
			return
		}
		end, bounded := p.End()
		before, n := time.Duration(0), 0
		for due := range p.Arrivals() {
			if due < before || bounded && due >= end {
				t.Fatalf("%q: arrival %d at %v, after one at %v; the plan ends at %v", text, n, due, before, end)
			}
			before = due
			if n++; n == 1000 {
				break
			}
		}
	})
}
