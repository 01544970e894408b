package hostfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/bubble"
	"example.com/fetch/internal/file"
	"example.com/fetch/internal/hostfile"
)

// hold takes the lock of a file.
func hold(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if got, err := file.Lock(f); !got || err != nil {
		t.Fatal(got, err)
	}
	return f
}

// opened is a folder as another run has it, and what it notes.
func opened(base, standIn string) (*hostfile.Folder, *[]string) {
	d, notes := hostfile.In(base, standIn, nil), new([]string)
	d.Note = func(text string) { *notes = append(*notes, text) }
	return d, notes
}

const host = "api.example.com:443"

// TestKept: what is kept is recalled, as old as it is, by others, and by those of the same stand-in only.
func TestKept(t *testing.T) {
	base := t.TempDir()
	d, notes := opened(base, "")
	now := time.Now()
	d.Keep(map[string]fetcher.Known{
		host:              {Pace: 5.12345, Slots: 3, Concurrency: 7, Age: 3*time.Hour + time.Minute, Wait: time.Minute},
		"nothing.test:80": {},
	}, now)
	other, _ := opened(base, "")
	got := other.Recall(host)
	if got == nil || got.Pace != 5.12 || got.Slots != 3 || got.Concurrency != 7 || got.Why != "kept from a run 3 h ago" ||
		got.Wait > time.Minute || got.Wait < 50*time.Second || got.Age < 3*time.Hour || got.Age > 4*time.Hour {
		t.Errorf("%+v", got)
	}
	if rows := other.Describe(host); len(rows) != 4 || rows[0] != (hostfile.Row{What: "pace", Value: "5.1/s", From: "kept from a run 3 h ago"}) {
		t.Errorf("%q", rows)
	}
	if again := *other.Recall(host); again.Wait > got.Wait || got.Wait-again.Wait > 10*time.Second || cmp.Diff(*got, again, cmpopts.IgnoreFields(again, "Wait")) != "" {
		t.Error("it does not always answer the same")
	}
	if other.Recall("nothing.test:80") != nil || other.Recall("other.test:80") != nil {
		t.Error("something was learned of nothing")
	}
	apart, _ := opened(base, "127.0.0.1:8000")
	if apart.Recall(host) != nil {
		t.Error("a stand-in is taken for the host")
	}
	files, err := os.ReadDir(base)
	if err != nil || len(files) != 1 || files[0].Name() != "api.example.com+443.json" {
		t.Error(files, err)
	}
	d.Keep(map[string]fetcher.Known{host: {Age: time.Hour}}, now) // it does not hold any more
	if late, _ := opened(base, ""); late.Recall(host) != nil {
		t.Error("it is still kept")
	}
	if len(*notes) > 0 {
		t.Errorf("%q", *notes)
	}
}

// TestUnchanged: nothing is written when nothing is new.
func TestUnchanged(t *testing.T) {
	base := t.TempDir()
	d, _ := opened(base, "")
	now := time.Now()
	name := filepath.Join(base, "api.example.com+443.json")
	d.Keep(map[string]fetcher.Known{host: {Pace: 5, Age: time.Hour}}, now)
	next, _ := opened(base, "")
	next.Recall(host)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	next.Keep(map[string]fetcher.Known{host: {Pace: 5, Age: time.Hour + time.Minute}}, now.Add(time.Minute))
	if _, err := os.Stat(name); err == nil {
		t.Error("it was written again")
	}
	next.Keep(map[string]fetcher.Known{host: {Pace: 5}}, now.Add(time.Minute))
	if _, err := os.Stat(name); err != nil {
		t.Error("that it is known anew was not written:", err)
	}
}

// TestForget: what was kept goes with the first question.
func TestForget(t *testing.T) {
	base := t.TempDir()
	d, _ := opened(base, "")
	d.Keep(map[string]fetcher.Known{host: {Pace: 5}, "other.test:80": {Pace: 3}}, time.Now())
	forgets, _ := opened(base, "")
	forgets.Forget = true
	for range 2 {
		if forgets.Recall(host) != nil {
			t.Error("it is recalled")
		}
	}
	late, _ := opened(base, "")
	if late.Recall(host) != nil || late.Recall("other.test:80") == nil {
		t.Error("the wrong one was forgotten")
	}
}

// TestGarbage: what cannot be read, or cannot be, is not there, and is said once.
func TestGarbage(t *testing.T) {
	base := t.TempDir()
	name := filepath.Join(base, "api.example.com+443.json")
	for _, text := range []string{
		"", "\x00\x00", "{", "[]", `{"v":2,"host":"api.example.com:443","pace_per_s":5}`, `{"v":1,"host":"other:443","pace_per_s":5}`,
		`{"v":1,"host":"api.example.com:443","pace_per_s":-5}`, `{"v":1,"host":"api.example.com:443","pace_per_s":9e-10}`, `{"v":1,"host":"api.example.com:443","pace_per_s":1e300}`,
		`{"v":1,"host":"api.example.com:443","pace_per_s":5,"found":"2999-01-01T00:00:00Z"}`, strings.Repeat(" ", 1<<20),
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d, notes := opened(base, "")
		if k := d.Recall(host); k != nil {
			t.Errorf("%.60q: %+v", text, k)
		}
		if len(*notes) != 1 || !strings.Contains((*notes)[0], name) {
			t.Errorf("%.60q: %q", text, *notes)
		}
		d.Keep(map[string]fetcher.Known{host: {Pace: 5}}, time.Now())
		if late, notes := opened(base, ""); late.Recall(host) == nil || len(*notes) > 0 {
			t.Errorf("%.60q was not replaced", text)
		}
	}
}

// TestNames: no name leads out of the folder, and no two hosts have one.
func TestNames(t *testing.T) {
	base := t.TempDir()
	hosts := []string{"a.test:80", "a.test:8", "[::1]:80", "[::1]:81", "a_test:80", "..:80", ".:80", strings.Repeat("a.", 120) + "test:80", strings.Repeat("a.", 121) + "test:80",
		"con:80", "a/../b:80", "a\\b:80", "a%2fb:80", "xn--bcher-kva.example:443"}
	d, notes := opened(base, "")
	for i, host := range hosts {
		d.Keep(map[string]fetcher.Known{host: {Pace: float64(i + 1)}}, time.Now())
	}
	late, _ := opened(base, "")
	for i, host := range hosts {
		if k := late.Recall(host); k == nil || k.Pace != float64(i+1) {
			t.Errorf("%s: %+v", host, k)
		}
	}
	files, err := os.ReadDir(base)
	if err != nil || len(files) != len(hosts) || len(*notes) > 0 {
		t.Error(files, err, *notes)
	}
	for _, f := range files {
		if strings.Trim(f.Name(), "abcdefghijklmnopqrstuvwxyz0123456789+-_.") != "" || len(f.Name()) > 140 {
			t.Error(f.Name())
		}
	}
}

// TestNoFolder: without a folder, and with one that cannot be written, everything goes on, and it is said once.
func TestNoFolder(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	missing, said := hostfile.In("fetch/hosts", "", errors.New("there is no HOME")), []string{}
	missing.Note = func(text string) { said = append(said, text) }
	blocked, notes := opened(filepath.Join(taken, "hosts"), "")
	for _, d := range []*hostfile.Folder{missing, blocked} {
		d.Recall(host)
		for range 2 {
			d.Keep(map[string]fetcher.Known{host: {Pace: 5}}, time.Now())
			if _, err := d.Lease(host, testsRates, hostfile.Running{})(t.Context(), 1, 0); err == nil {
				t.Error("it was leased")
			}
		}
		d.Pause(host, time.Second)
		d.Follow(func() map[string]fetcher.Known { return nil })()
		if rows := d.Describe(host); len(rows) > 0 {
			t.Error(rows)
		}
	}
	for _, notes := range [][]string{*notes, said} {
		if n := len(notes); n < 3 || n > 4 {
			t.Errorf("%q", notes)
		}
	}
	if _, err := os.Stat("fetch"); err == nil {
		t.Error("a folder was made where we are")
	}
}

// TestFollow: what was learned is written at the end, and what nobody has used for long goes.
func TestFollow(t *testing.T) {
	base := t.TempDir()
	d, _ := opened(base, "127.0.0.1:8000")
	d.Keep(map[string]fetcher.Known{"old.test:80": {Pace: 5}}, time.Now())
	long := time.Now().Add(-31 * 24 * time.Hour)
	old := filepath.Join(base, "at+127.0.0.1+8000", "old.test+80.json")
	part := filepath.Join(base, "at+127.0.0.1+8000", "ABC.part")
	if err := os.WriteFile(part, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{old, part} {
		if err := os.Chtimes(name, long, long); err != nil {
			t.Fatal(err)
		}
	}
	next, _ := opened(base, "")
	next.Follow(func() map[string]fetcher.Known { return map[string]fetcher.Known{host: {Pace: 5}} })()
	var names []string
	filepath.Walk(base, func(path string, _ os.FileInfo, _ error) error {
		names = append(names, strings.TrimPrefix(path, base))
		return nil
	})
	if diff := cmp.Diff([]string{"", "/api.example.com+443.json", "/pruned"}, names); diff != "" {
		t.Error(diff)
	}
}

// TestPauseIsShared: others begin when the pause is over, those that wait for less before.
func TestPauseIsShared(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		base := t.TempDir()
		d, _ := opened(base, "")
		if _, err := d.Lease(host, testsRates, hostfile.Running{})(t.Context(), 3, 0); err != nil {
			t.Fatal(err)
		}
		d.Pause(host, 30*time.Second)
		d.Pause(host, time.Second)
		rows := d.Describe(host)
		began := time.Now()
		for _, tt := range []struct{ longest, want time.Duration }{{10 * time.Second, 10 * time.Second}, {0, 30 * time.Second}} {
			longest, want := tt.longest, tt.want
			other, _ := opened(base, "")
			other.MaxFor = longest
			at, err := other.Lease(host, testsRates, hostfile.Running{})(t.Context(), 1, 0)
			if wait := at[0].Sub(began); err != nil || longest == 0 && (wait < want-time.Second || wait > want+time.Second) {
				t.Error(wait, err)
			}
		}
		if len(rows) != 3 || rows[0] != (hostfile.Row{What: "shared", Value: "4.9/s", From: "last asked for a moment ago"}) || rows[2].Value != "for 30s" {
			t.Errorf("%q", rows)
		}
	})
}

// TestRatesOfOthers: the stricter of two rates holds for both as long as somebody asks for it, and no longer.
func TestRatesOfOthers(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		base := t.TempDir()
		d, _ := opened(base, "")
		strict := d.Lease(host, []fetcher.Rate{{Events: 2, Per: time.Second}}, hostfile.Running{})
		loose := d.Lease(host, []fetcher.Rate{{Events: 10, Per: time.Second}}, hostfile.Running{})
		var all []time.Time
		for range 3 {
			for _, lease := range []func() ([]time.Time, error){
				func() ([]time.Time, error) { return strict(t.Context(), 1, 0) },
				func() ([]time.Time, error) { return loose(t.Context(), 2, 0) },
			} {
				at, err := lease()
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, at...)
			}
		}
		for i := 1; i < len(all); i++ {
			if apart := all[i].Sub(all[i-1]); apart < 499*time.Millisecond {
				t.Error(apart)
			}
		}
		name := filepath.Join(base, "api.example.com+443.lease")
		soon := time.Now().Add(30 * time.Second).UnixNano()
		for _, text := range []string{"garbage", fmt.Sprintf(`{"v":1,"written_ns":%d,"rates":[{"Events":10,"Per":1000000000,"full_ns":%d,"asked_ns":%d}]}`, soon, soon, time.Now().UnixNano()), `{"v":1,"written_ns":9000000000000000000}`, `{"v":1,"rates":[{"Events":1,"Per":1000000000,"full_ns":9000000000000000000}]}`} {
			if err := os.WriteFile(name, []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if at, err := loose(t.Context(), 1, 0); err != nil || time.Until(at[0]) > time.Second {
				t.Error(text, at, err)
			}
			if text, err := os.ReadFile(name); err != nil || !bytes.HasPrefix(text, []byte(`{"v":1,"written_ns":94668`)) {
				t.Errorf("%q %v", text, err)
			}
		}
	})
}

// TestRunningTime: what the hops of one have spent holds up all, when it is more than the host has time for.
func TestRunningTime(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		base := t.TempDir()
		lease := func(spent time.Duration) time.Duration {
			d, _ := opened(base, "")
			began := time.Now()
			rates := []fetcher.Rate{{Events: 1000, Per: time.Second}}
			at, err := d.Lease(host, rates, hostfile.Running{Time: 300 * time.Second, Per: time.Minute})(t.Context(), 1, spent)
			if err != nil {
				t.Fatal(err)
			}
			return at[0].Sub(began)
		}
		for _, tt := range []struct{ spent, most, least time.Duration }{
			{spent: 299 * time.Second, most: time.Millisecond},
			{spent: 50 * time.Millisecond, most: time.Millisecond},
			{spent: 50 * time.Second, least: 9 * time.Second, most: 10 * time.Second}, // which come at 5 s a second
			{most: 150 * time.Millisecond},                                            // the end of that wait
		} {
			if wait := lease(tt.spent); wait < tt.least && tt.least > 0 || wait > tt.most {
				t.Errorf("after %v: in %v", tt.spent, wait)
			}
		}
	})
}

// TestLongAhead: instants far ahead, of a slow rate beside a fast one, or of many who share, are no reason to begin anew.
func TestLongAhead(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		base := t.TempDir()
		rates := []fetcher.Rate{{Events: 20, Per: time.Second}, {Events: 1, Per: time.Minute}}
		var last time.Time
		for i := range 5 {
			d, _ := opened(base, "")
			at, err := d.Lease(host, rates, hostfile.Running{})(t.Context(), 1, 0)
			if err != nil {
				t.Fatal(err)
			}
			if i > 0 && at[0].Sub(last) < time.Minute-time.Millisecond {
				t.Errorf("%d: %v after the one before", i, at[0].Sub(last))
			}
			last = at[0]
		}
	})
}

// TestMuchSpent: hops that took far more than the host has time for hold up others for as long as they are in the window, and
// neither for longer nor not at all. How long a pause is obeyed is another matter.
func TestMuchSpent(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		base := t.TempDir()
		lease := func(spent time.Duration) time.Duration {
			d, _ := opened(base, "")
			began := time.Now()
			d.MaxFor = time.Second
			rates := []fetcher.Rate{{Events: 1000, Per: time.Second}}
			at, err := d.Lease(host, rates, hostfile.Running{Time: 10 * time.Second, Per: time.Minute})(t.Context(), 1, spent)
			if err != nil {
				t.Fatal(err)
			}
			return at[0].Sub(began)
		}
		for i, spent := range []time.Duration{1500 * time.Second, 30 * time.Second} {
			if wait := lease(spent); wait < 58*time.Second || wait > 61*time.Second {
				t.Errorf("%d: in %v", i, wait)
			}
		}
	})
}

// TestLongGarbage: a file of leases that is too long is one only once.
func TestLongGarbage(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		base := t.TempDir()
		if err := os.WriteFile(filepath.Join(base, "api.example.com+443.lease"), bytes.Repeat([]byte("x"), 10_000), 0o600); err != nil {
			t.Fatal(err)
		}
		d, _ := opened(base, "")
		lease := d.Lease(host, []fetcher.Rate{{Events: 1, Per: time.Second}}, hostfile.Running{})
		var last time.Time
		for range 3 {
			at, err := lease(t.Context(), 1, 0)
			if err != nil || at[0].Sub(last) < 990*time.Millisecond {
				t.Error(at, last, err)
			}
			last = at[0]
		}
	})
}

// TestWhereverItIs: without a folder of the user's nothing is touched in the present one.
func TestWhereverItIs(t *testing.T) {
	t.Chdir(t.TempDir())
	const name = "api.example.com+443.json"
	if err := os.WriteFile(name, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := hostfile.In("", "", errors.New("there is none"))
	d.Forget = true
	d.Recall(host)
	d.Keep(map[string]fetcher.Known{host: {}}, time.Now())
	if text, err := os.ReadFile(name); string(text) != "mine" {
		t.Error(text, err)
	}
}

// TestPausePasses: of a pause as much is recalled as is left of it, however long ago its file was read.
func TestPausePasses(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		base := t.TempDir()
		d, _ := opened(base, "")
		d.Keep(map[string]fetcher.Known{host: {Pace: 5, Wait: time.Minute}}, time.Now())
		other, _ := opened(base, "")
		for _, want := range []time.Duration{time.Minute, 20 * time.Second, 0} {
			for _, folder := range []*hostfile.Folder{d, other} {
				if k := folder.Recall(host); k == nil || k.Pace != 5 || k.Wait != want {
					t.Errorf("%+v, want a pause of %v", k, want)
				}
			}
			time.Sleep(40 * time.Second)
		}
	})
}
