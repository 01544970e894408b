//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/fetch/testserver"
)

// The journal is written at most 10 ms after a record was given to it. Late is what may come on top of that, on a machine
// with more to do than it has processors for: until the answer has been read and its file is written, and until whoever
// writes the journal has its turn. Usually it is less.
const (
	batch       = 10 * time.Millisecond
	late        = 100 * time.Millisecond
	usuallyLate = 15 * time.Millisecond
)

// numberFrom is a number from the environment: `make soak` sets FETCH_KILLS, and who wants to see something again FETCH_SEED.
func numberFrom(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(name, err)
	}
	return n
}

// killing is a kind of run that is killed.
type killing struct {
	requests int64
	list     func(n int64) []string
	args     []string // beside the list, -c, -j
	kills    int64
	prepare  func(t *testing.T, folder string) // what is there before
	code     int                               // with which it ends
	table    bool                              // what it prints is compared, too
}

// TestKilledAndResumed kills a run at random moments, has it resumed each time, and compares what comes of it with what comes
// of the same run when nobody kills it: the same files, the same records. By the server's own account nothing that stood in
// the journal was asked for again, and of the rest little.
func TestKilledAndResumed(t *testing.T) {
	kills := int64(numberFrom(t, "FETCH_KILLS", 10))
	fewer := max(kills/4, 2)
	seed := numberFrom(t, "FETCH_SEED", rand.Uint64())
	t.Logf("%d kills; FETCH_SEED=%d has the same moments, as far as the machine does", kills, seed)
	for name, k := range map[string]killing{
		"files":   {requests: 2000, list: mixed, args: []string{"-o", "data/", "--sha256"}, kills: kills, prepare: foreign, code: 3},
		"ordered": {requests: 500, list: mixed, args: []string{"-o", "data/", "--ordered"}, kills: fewer, prepare: foreign, code: 3},
		"sync":    {requests: 300, list: mixed, args: []string{"-o", "data/", "--sync", "always"}, kills: fewer, prepare: foreign, code: 3},
		"pages":   {requests: 200, list: paged, args: []string{"-o", "data/", "--follow-pages"}, kills: fewer},
		"table": {requests: 600, list: func(int64) []string { return []string{"http://a.test/0.01{id}"} }, kills: fewer, prepare: rows(600),
			args: []string{"-f", "csv", "--rows", "rows.csv", "--select", "{took: .time_elapsed, twice: (.time_elapsed * 2)}"}, table: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k.test(t, rand.New(rand.NewPCG(seed, uint64(len(name)))))
		})
	}
}

// mixed are requests of all kinds: short and long bodies, quick and slow ones, names that clash, also in their case only, names
// that somebody else's files have, some that fail, for good or at first. No two ask for the same.
func mixed(n int64) []string {
	lines := make([]string, n)
	for i := range n {
		switch {
		case i%50 == 7:
			lines[i] = fmt.Sprintf("twin http://a.test/bytes/%d", 10_000+i)
		case i%50 == 8:
			lines[i] = fmt.Sprintf("TWIN http://a.test/bytes/%d", 10_000+i)
		case i%50 == 9:
			lines[i] = fmt.Sprintf("twin-2 http://a.test/0.01%04d", i)
		case i%50 == 10:
			lines[i] = fmt.Sprintf("http://h%d.test/bytes/%d", i%7, 20_000+i)
		case i%100 == 13:
			lines[i] = fmt.Sprintf("gone%d http://gone%[1]d.test/status/404", i)
		case i%100 == 33:
			lines[i] = fmt.Sprintf("flaky%d http://flaky.test/flaky/k%[1]d/1", i)
		case i%100 == 57:
			lines[i] = fmt.Sprintf("long%d http://b.test/bytes/%d", i, 200_000+i)
		case i%4 == 0:
			lines[i] = fmt.Sprintf("slow%d http://c.test/0.04%04[1]d", i)
		default:
			lines[i] = fmt.Sprintf("folder%d/f%d http://b.test/bytes/%d", i%5, i, 500+i)
		}
	}
	return lines
}

// foreign makes files that are not ours: names that requests of mixed wish for, others, and a temporary of another run.
func foreign(t *testing.T, folder string) {
	t.Helper()
	data := filepath.Join(folder, "data")
	if err := os.MkdirAll(data, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"slow4.json", "slow64.json", "long157.bin", "flaky33.json", "gone13.json", "notes.txt", ".fetch-another-5.part"} {
		if err := os.WriteFile(filepath.Join(data, name), []byte("not ours: "+name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// paged are requests that have three pages each.
func paged(n int64) []string {
	lines := make([]string, n)
	for i := range n {
		lines[i] = fmt.Sprintf("p%d http://h%[1]d.test/page/1?pages=3&size=%[1]d", i)
	}
	return lines
}

// rows makes a table of rows.
func rows(n int) func(*testing.T, string) {
	return func(t *testing.T, folder string) {
		t.Helper()
		text := "id,name\n" + strings.Join(repeat(n, "%04[1]d,\"row %[1]d, with a comma\""), "\n") + "\n"
		if err := os.WriteFile(filepath.Join(folder, "rows.csv"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

const (
	killedJournal = "run.jsonl"
	killedSlots   = 10
)

// TestKilledTwiceBetweenPages: the first leg had two pages of a request, and the second one was killed after the first of them,
// so that the journal has no record of page 2 that counts. Its file is nobody else's all the same, and is replaced.
func TestKilledTwiceBetweenPages(t *testing.T) {
	t.Parallel()
	s := server(t)
	folder := t.TempDir()
	runIn(t, folder, 0, "--testserver="+s.addr, "-q", "-o", "data/", "-j", killedJournal, "--follow-pages", list(t, paged(1)...))
	whole := tree(t, filepath.Join(folder, "data"))
	journal := filepath.Join(folder, killedJournal)
	text, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	run, pages := lines[0], lines[1:4]
	resumed := strings.Replace(run, `"type":"run"`, `"type":"resume"`, 1)
	if resumed == run || !strings.Contains(pages[2], `"page":3`) || len(whole) != 3 {
		t.Fatalf("%d files; the journal: %s", len(whole), text)
	}
	if err := os.WriteFile(journal, []byte(run+pages[0]+pages[1]+resumed+pages[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(folder, "data", "p0-page-3.json")); err != nil {
		t.Fatal(err)
	}
	runIn(t, folder, 0, "resume", killedJournal)
	checkSameTree(t, whole, tree(t, filepath.Join(folder, "data")))
}

// folder makes a folder with what the run needs, and gives its name and the arguments of the run.
func (k *killing) folder(t *testing.T, s *serverProcess) (string, []string) {
	t.Helper()
	folder := t.TempDir()
	text := strings.Join(k.list(k.requests), "\n") + "\n"
	if err := os.WriteFile(filepath.Join(folder, "list.txt"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if k.prepare != nil {
		k.prepare(t, folder)
	}
	args := append([]string{"--testserver=" + s.addr, "-c", strconv.Itoa(killedSlots), "-j", killedJournal, "--retry-max-wait", "0.1", "--progress", "none"}, k.args...)
	return folder, append(args, "list.txt")
}

func (k *killing) test(t *testing.T, random *rand.Rand) {
	s := server(t)
	whole, args := k.folder(t, s)
	uncut := runIn(t, whole, k.code, args...)
	if err := s.forget(); err != nil {
		t.Fatal(err)
	}

	cut, args := k.folder(t, s)
	ledger := &ledger{t: t, server: s, folder: cut, journal: killedJournal}
	var said []string
	var windows []time.Duration
	for n := range k.kills {
		p := startIn(t, cut, nil, args...)
		args = []string{"resume", killedJournal}
		killed := k.kill(p, ledger, random, n)
		truth := ledger.look()
		lost, window := ledger.lost(killed, truth)
		windows = append(windows, window)
		said = append(said, fmt.Sprintf("%d/%d/%.1fms", ledger.now.records, lost, window.Seconds()*1000))
		if window > batch+late {
			t.Errorf("kill %d: %d requests that had been sent were not in the journal, more than the %d in flight and those of the last %v: it takes the last %v",
				n, lost, killedSlots, batch+late, window)
		}
	}
	slices.Sort(windows)
	if middle := windows[len(windows)/2]; len(windows) >= 10 && middle > batch+usuallyLate {
		t.Errorf("in half of the kills those of the last %v were lost, and more", middle)
	}
	t.Logf("records in the journal / requests lost / time that the lost ones beyond %d take: %s", killedSlots, strings.Join(said, " "))

	resumed := runIn(t, cut, k.code, "resume", killedJournal)
	ledger.look()
	ledger.check()
	if got := ledger.doneRequests(); got != k.requests || ledger.now.legs > int(k.kills)+1 {
		t.Errorf("%d requests are done in %d legs, want %d in %d at most", got, ledger.now.legs, k.requests, k.kills+1)
	}
	output := "data"
	if k.table {
		output = ""
	}
	checkSame(t, whole, cut, killedJournal, output)
	if k.table && resumed.out.String() != uncut.out.String() {
		t.Errorf("the table is not the same: %d bytes, want %d", resumed.out.Len(), uncut.out.Len())
	}
	if info, err := os.Stat(filepath.Join(cut, killedJournal)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: a journal is its owner's alone", info.Mode(), err)
	}

	hops, err := s.hops()
	if err != nil {
		t.Fatal(err)
	}
	again := runIn(t, cut, k.code, "resume", killedJournal)
	if now, err := s.hops(); now != hops || err != nil || !strings.Contains(again.err.String(), "nothing is left to do") {
		t.Errorf("resumed when all was done: %d requests were sent, %v; standard error: %s", now-hops, err, again.err.String())
	}
	if k.table && again.out.String() != uncut.out.String() {
		t.Error("the table is not the same when all was done")
	}
}

// kill kills a leg, the n-th, at some moment, so that about as much is left to each of the others. It gives the moment. One
// in five is killed at any time after it was started, whatever it does: reading the journal, say.
func (k *killing) kill(p *process, l *ledger, random *rand.Rand, n int64) time.Time {
	p.t.Helper()
	var sent, done int64
	if l.now != nil {
		done = l.doneRequests()
		for _, times := range l.sent {
			sent += times
		}
	}
	within := longest
	if n > 0 && random.IntN(5) == 0 {
		within = time.Duration(random.Int64N(int64(300 * time.Millisecond)))
	}
	left := k.requests - done
	p.waitForHops(l.server, sent+1+random.Int64N(max(1, left*3/2/(k.kills-n+1))), within)
	killed := time.Now() // what happens after it and before the signal is counted as if it had been within the last 10 ms
	p.cmd.Process.Kill()
	<-p.done
	if status := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() {
		p.t.Fatalf("it had ended before: %v; standard error: %s", p.cmd.ProcessState, p.err.String())
	}
	return killed
}

// waitForHops waits until the server has seen n requests, the process has ended, or the time is up.
func (p *process) waitForHops(s *serverProcess, n int64, within time.Duration) {
	p.t.Helper()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	limit := time.After(within)
	for {
		select {
		case <-ticker.C:
		case <-p.done:
			return
		case <-limit:
			if within == longest {
				p.t.Fatalf("the requests have not come; standard error: %s", p.err.String())
			}
			return
		}
		if seen, err := s.hops(); err != nil {
			p.t.Fatal(err)
		} else if seen >= n {
			return
		}
	}
}

// lost is how many requests were sent in the leg that was killed and are not in the journal, by the server's account.
//
// How many may be? One that is not in the journal was given to it in the last 10 ms before the kill, or not at all. So 10 ms
// before the kill it was in flight, as -c at most can be, or it was sent after that. That makes -c and those that reached the
// server in the last 10 ms at most. Window is what would have to stand in the place of these 10 ms so that the number of lost
// ones is within this bound; 0: -c alone is enough.
//
// What sleeps between two attempts holds no slot; it is not counted.
func (l *ledger) lost(killed time.Time, truth *testserver.Truth) (n int, window time.Duration) {
	recorded := map[string]bool{}
	for _, all := range l.now.latest {
		for _, r := range all {
			recorded[askedFor(l.t, r.URL)] = true
		}
	}
	for key, times := range l.sent {
		if times > l.before[key] && !recorded[key] && !strings.Contains(key, "/flaky/") {
			n++
		}
	}
	beyond := n - killedSlots
	if beyond <= 0 {
		return n, 0
	}
	moment := float64(killed.Sub(truth.Start)) / float64(time.Millisecond)
	arrivals := make([]float64, len(truth.Hops))
	for i, hop := range truth.Hops {
		arrivals[i] = hop.ArrivalMS
	}
	slices.Sort(arrivals)
	return n, max(0, time.Duration((moment-arrivals[len(arrivals)-beyond])*float64(time.Millisecond)))
}
