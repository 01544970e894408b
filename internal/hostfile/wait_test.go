package hostfile_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
	"example.com/fetch/internal/hostfile"
)

func every(per time.Duration) []fetcher.Rate { return []fetcher.Rate{{Events: 1, Per: per}} }

// leaseOf takes leases as another process does.
func leaseOf(base string, rates []fetcher.Rate) func(context.Context, int, time.Duration) ([]time.Time, error) {
	return hostfile.In(base, "", nil).Lease(host, rates, hostfile.Running{})
}

// leased takes one instant, which must be near, and waits for it.
func leased(t *testing.T, lease func(context.Context, int, time.Duration) ([]time.Time, error)) time.Time {
	t.Helper()
	at, err := lease(t.Context(), 1, 0)
	if err != nil || len(at) != 1 || time.Until(at[0]) > 250*time.Millisecond {
		t.Fatal(at, err)
	}
	time.Sleep(time.Until(at[0]))
	return at[0]
}

// TestCutOff: those who are cut off while they wait take nothing along, however slow the rate is, and end at once.
func TestCutOff(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		base := t.TempDir()
		first := leased(t, leaseOf(base, every(10*time.Second)))
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			began := time.Now()
			at, err := leaseOf(base, every(10*time.Second))(ctx, 1, 0)
			if len(at) > 0 || !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
				t.Errorf("%v, %v after %v", at, err, time.Since(began))
			}
			cancel()
		}
		if next := leased(t, leaseOf(base, every(10*time.Second))); next.Sub(first).Round(time.Millisecond) != 10*time.Second {
			t.Errorf("%v after the first", next.Sub(first))
		}
	})
}

// TestStricterIsGone: a stricter rate holds for those who have another for as long as somebody is there who has it.
func TestStricterIsGone(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		base := t.TempDir()
		first := leased(t, leaseOf(base, every(time.Minute)))
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		var waiting sync.WaitGroup
		waiting.Go(func() { leaseOf(base, every(time.Minute))(ctx, 1, 0) })
		fast := leaseOf(base, every(50*time.Millisecond))
		next := leased(t, fast)
		if after := next.Sub(first); after < 38*time.Second || after > 42*time.Second {
			t.Errorf("%v after the first of the stricter, who was there for 30 s", after)
		}
		for range 20 {
			leased(t, fast)
		}
		if took := time.Since(next); took > 1010*time.Millisecond {
			t.Errorf("20 more took %v", took)
		}
		waiting.Wait()
		if again := leased(t, leaseOf(base, every(time.Minute))).Sub(first); again < 59*time.Second || again > 61*time.Second {
			t.Errorf("the next of the stricter is %v after its first", again)
		}
	})
}

// TestFairWaiting: those who wait have their turns, at slow and fast rates, nothing is leased far ahead, and nothing is lost.
func TestFairWaiting(t *testing.T) {
	for name, tt := range map[string]struct {
		rate  fetcher.Rate
		n     int
		batch int
		for_  time.Duration
	}{
		"one in 10 s":   {fetcher.Rate{Events: 1, Per: 10 * time.Second}, 3, 1, 10 * time.Minute},
		"5/s":           {fetcher.Rate{Events: 4.9, Per: time.Second}, 3, 1, 20 * time.Second},
		"5/s of twenty": {fetcher.Rate{Events: 4.9, Per: time.Second}, 20, 1, 80 * time.Second},
		"196/s":         {fetcher.Rate{Events: 196, Per: time.Second}, 3, 49, 10 * time.Second},
		"196/s alone":   {fetcher.Rate{Events: 196, Per: time.Second}, 1, 49, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				base := t.TempDir()
				ctx, cancel := context.WithTimeout(t.Context(), tt.for_)
				defer cancel()
				var all sync.WaitGroup
				counts := make([]int, tt.n)
				for i := range counts {
					all.Go(func() {
						lease := leaseOf(base, []fetcher.Rate{tt.rate})
						for {
							at, err := lease(ctx, tt.batch, 0)
							if err != nil {
								return
							}
							if ahead := time.Until(at[len(at)-1]); ahead > 250*time.Millisecond {
								t.Errorf("%v ahead", ahead)
							}
							counts[i] += len(at)
							time.Sleep(time.Until(at[len(at)-1]) - 20*time.Millisecond) // as the scheduler does
						}
					})
				}
				all.Wait()
				sum := 0
				for _, n := range counts {
					sum += n
				}
				due := tt.rate.Events * tt.for_.Seconds() / tt.rate.Per.Seconds()
				if float64(sum) < 0.97*due-1 || float64(sum) > due+0.3*tt.rate.Events/tt.rate.Per.Seconds()+2 {
					t.Errorf("%d of %.0f", sum, due)
				}
				fair := float64(sum) / float64(tt.n)
				if least, most := float64(slices.Min(counts)), float64(slices.Max(counts)); least < 0.75*fair-1 || most > 1.26*fair+1 {
					t.Errorf("shares %v", counts)
				}
			})
		})
	}
}

// TestSpentOnce: hop times are told once, however long one waits, and not lost when nobody can be told.
func TestSpentOnce(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		base := t.TempDir()
		running := hostfile.Running{Time: 10 * time.Second, Per: time.Minute} // one second in six
		rates := []fetcher.Rate{{Events: 1000, Per: time.Second}}
		d := hostfile.In(base, "", nil)
		lease := d.Lease(host, rates, running)
		leased(t, lease)
		holding := hold(t, filepath.Join(base, "api.example.com+443.lease"))
		if _, err := lease(t.Context(), 1, 12*time.Second); err == nil {
			t.Error("it was leased all the same")
		}
		holding.Close()
		began := time.Now()
		for range 2 { // 2 s too much
			leased(t, lease)
			if took := time.Since(began); took < 11*time.Second || took > 13*time.Second {
				t.Errorf("it waited %v", took)
			}
		}
	})
}

// TestLinks: what a link leads to is not written to.
func TestLinks(t *testing.T) {
	base := t.TempDir()
	for _, name := range []string{"api.example.com+443.lease", "api.example.com+443.json", "pruned"} {
		if err := os.WriteFile(filepath.Join(base, "mine"), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		os.Remove(filepath.Join(base, "pruned"))
		if err := os.Symlink("mine", filepath.Join(base, name)); err != nil {
			t.Skip(err)
		}
		d, notes := opened(base, "")
		d.Recall(host)
		_, err := d.Lease(host, testsRates, hostfile.Running{})(t.Context(), 1, 0)
		if (err != nil) != (name == "api.example.com+443.lease") || name != "pruned" && len(*notes) != 1 {
			t.Error(name, err, *notes)
		}
		d.Follow(func() map[string]fetcher.Known { return nil })()
		if text, err := os.ReadFile(filepath.Join(base, "mine")); string(text) != "mine" {
			t.Errorf("%s: %q %v", name, text, err)
		}
		if err := os.Remove(filepath.Join(base, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRelative: a folder that depends on where we are is none.
func TestRelative(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "foo")
	t.Setenv("LocalAppData", "foo")
	d, notes := hostfile.Open(""), []string{}
	d.Note = func(text string) { notes = append(notes, text) }
	d.Keep(map[string]fetcher.Known{host: {Pace: 5}}, time.Now())
	if _, err := d.Lease(host, testsRates, hostfile.Running{})(t.Context(), 1, 0); err == nil || len(notes) != 2 {
		t.Error(err, notes)
	}
	if files, err := os.ReadDir("."); err != nil || len(files) > 0 {
		t.Error(files, err)
	}
}
