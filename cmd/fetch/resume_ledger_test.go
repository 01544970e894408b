//go:build unix

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/fetch/testserver"
)

// longest is how long a run of a test may take, on a slow machine that has other things to do.
const longest = time.Minute

// startIn starts the program in a folder. It is killed at the end of the test, if it still runs.
func startIn(t *testing.T, folder string, stdin io.Reader, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: command(args...), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = folder, stdin, &p.out, &p.err
	p.begin()
	return p
}

// shellIn is startIn for a command line, as it would be typed.
func shellIn(t *testing.T, folder, line string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command("sh", "-c", line), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), "GORACE="+raceOptions())
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = folder, &p.out, &p.err
	p.begin()
	return p
}

func (p *process) begin() {
	p.t.Helper()
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		p.cmd.Wait()
	}()
	p.t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.done
	})
}

// runIn runs the program in a folder to its end, which must be with a code.
func runIn(t *testing.T, folder string, code int, args ...string) *process {
	t.Helper()
	p := startIn(t, folder, nil, args...)
	p.wantExit(code, longest)
	return p
}

// askedFor is what a URL asks for, by which requests are told apart in the server's account: the host and the path.
func askedFor(t *testing.T, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host + u.Path
}

// forget has the server begin its account anew, and all that depends on what was asked before.
func (s *serverProcess) forget() error {
	resp, err := http.Post("http://"+s.addr+"/__truth/reset", "", nil)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// settled is what the server saw, when nothing is in flight any more: what a client that was killed had sent is read to its end.
func (s *serverProcess) settled() (*testserver.Truth, error) {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	limit := time.After(20 * time.Second)
	calm := 0
	for seen := int64(-1); ; {
		text, err := s.truth("?hops=0")
		if err != nil {
			return nil, err
		}
		var now testserver.Truth
		if err := json.Unmarshal(text, &now); err != nil {
			return nil, err
		}
		if calm++; now.Total.InFlight > 0 || now.Total.Hops != seen {
			calm = 0
		}
		if seen = now.Total.Hops; calm >= 2 {
			if text, err = s.truth(""); err != nil {
				return nil, err
			}
			all := &testserver.Truth{}
			return all, json.Unmarshal(text, all)
		}
		select {
		case <-ticker.C:
		case <-limit:
			return nil, fmt.Errorf("%d requests are still in flight", now.Total.InFlight)
		}
	}
}

// line is what a line of a journal says of a result. This is read here without the help of the package that wrote it.
type line struct {
	Type  string
	Seq   int64
	Page  int
	URL   string
	Class string
	More  bool
	File  string
	Bytes int64
}

// standing is what a journal holds: of each request the results of the last leg that had any.
type standing struct {
	legs    int
	records int // all of them
	latest  map[int64][]line
	leg     map[int64]int // whose those are
}

// readStanding reads the whole lines of a journal.
func readStanding(t *testing.T, name string) *standing {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	st := &standing{latest: map[int64][]line{}, leg: map[int64]int{}}
	for text := range bytes.Lines(text[:bytes.LastIndexByte(text, '\n')+1]) {
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			t.Fatalf("%s: %v in %q", name, err, text)
		}
		switch l.Type {
		case "run", "resume":
			st.legs++
		case "":
			st.records++
			if st.leg[l.Seq] != st.legs {
				st.leg[l.Seq], st.latest[l.Seq] = st.legs, nil
			}
			st.latest[l.Seq] = append(st.latest[l.Seq], l)
		}
	}
	return st
}

// undone are the classes of results which say nothing of what was asked for: it is to be asked for again.
var undone = []string{"canceled", "deadline", "write"}

// done reports whether a request need not be sent again.
func (st *standing) done(seq int64) bool {
	all := st.latest[seq]
	return len(all) > 0 && !slices.ContainsFunc(all, func(l line) bool { return slices.Contains(undone, l.Class) }) && !all[len(all)-1].More
}

// ledger compares what a journal holds at the end of each leg with what the server saw until then, and in the end.
type ledger struct {
	t       *testing.T
	server  *serverProcess
	folder  string // where the run is
	journal string // in that folder

	now    *standing
	sent   map[string]int64 // how often each thing was asked for, when the leg ended
	before map[string]int64 // the same for the leg before
	done   map[string]int64 // what was done, and how often it had been asked for by then
}

// look is to be called when a leg has ended, in whatever way. The files of what is done must be there, whole.
func (l *ledger) look() *testserver.Truth {
	l.t.Helper()
	truth, err := l.server.settled()
	if err != nil {
		l.t.Fatal(err)
	}
	l.before, l.sent = l.sent, map[string]int64{}
	for _, hop := range truth.Hops {
		l.sent[hop.Host+hop.Path]++
	}
	l.now = readStanding(l.t, filepath.Join(l.folder, l.journal))
	if l.done == nil {
		l.done = map[string]int64{}
	}
	for seq, all := range l.now.latest {
		if !l.now.done(seq) {
			continue
		}
		for _, r := range all {
			key := askedFor(l.t, r.URL)
			if _, known := l.done[key]; known {
				continue
			}
			l.done[key] = l.sent[key]
			if r.File == "" {
				continue
			}
			if info, err := os.Stat(filepath.Join(l.folder, r.File)); err != nil || info.Size() != r.Bytes {
				l.t.Errorf("request %d is in the journal with %d bytes, and its file is not there: %v", seq, r.Bytes, err)
			}
		}
	}
	return truth
}

// doneRequests is how many requests need not be sent again.
func (l *ledger) doneRequests() (n int64) {
	for seq := range l.now.latest {
		if l.now.done(seq) {
			n++
		}
	}
	return n
}

// check is to be called after the last look: nothing that was done has been asked for again.
func (l *ledger) check() {
	l.t.Helper()
	again := 0
	for key, n := range l.done {
		if l.sent[key] != n {
			if again++; again <= 5 {
				l.t.Errorf("%s was in the journal, and was asked for again: %d times before, %d in all", key, n, l.sent[key])
			}
		}
	}
	if again > 5 {
		l.t.Errorf("and %d others", again-5)
	}
}

// tree is what is below a folder: names and a digest of what they hold.
func tree(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(folder, path)
		text, err := os.ReadFile(path)
		sum := sha256.Sum256(visits(text))
		all[name] = fmt.Sprintf("%d bytes, %s", len(text), hex.EncodeToString(sum[:6]))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// visits takes out of an answer of /flaky how often that was asked for, which is more often when a run was killed meanwhile.
func visits(text []byte) []byte {
	if rest, ok := bytes.CutPrefix(text, []byte(`{"visit": `)); ok {
		_, rest, _ = bytes.Cut(rest, []byte(","))
		return rest
	}
	return text
}

// records are the records of a report, in the order of the list and without what differs from one run to the next: times,
// addresses, the use of connections; and how many attempts something took that fails at first and is asked for again.
func records(t *testing.T, folder, journal string) []string {
	t.Helper()
	p := runIn(t, folder, 0, "report", journal, "-f", "ndjson", "-q")
	type numbered struct {
		seq, page float64
		text      string
	}
	var all []numbered
	for line := range bytes.Lines(p.out.Bytes()) {
		var r map[string]any
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		n := numbered{seq: r["seq"].(float64)}
		n.page, _ = r["page"].(float64)
		for _, key := range []string{"due_ms", "queue_ms", "limiter_ms", "service_ms", "backoff_ms", "response_ms", "earlier_attempts"} {
			delete(r, key)
		}
		attempts, _ := r["attempts"].([]any)
		for _, a := range attempts {
			a := a.(map[string]any)
			delete(a, "start_ms")
			delete(a, "backoff_ms")
			for _, h := range a["hops"].([]any) {
				h := h.(map[string]any)
				for _, key := range []string{"start_ms", "queue_ms", "limiter_ms", "remote", "reused", "phases_ms"} {
					delete(h, key)
				}
			}
		}
		if strings.Contains(r["url"].(string), "/flaky/") {
			delete(r, "attempts")
			delete(r, "sha256")
			delete(r, "digest")
		}
		text, err := json.Marshal(r) // with its keys in order
		if err != nil {
			t.Fatal(err)
		}
		n.text = string(text)
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b numbered) int {
		if a.seq != b.seq {
			return int(a.seq - b.seq)
		}
		return int(a.page - b.page)
	})
	texts := make([]string, len(all))
	for i := range all {
		texts[i] = all[i].text
	}
	return texts
}

// checkSame compares what a run that was broken off has left in a folder with what one that was not has left in another: the
// records, and the files in output if that is not empty.
func checkSame(t *testing.T, whole, cut, journal, output string) {
	t.Helper()
	if output != "" {
		checkSameTree(t, tree(t, filepath.Join(whole, output)), tree(t, filepath.Join(cut, output)))
	}
	checkSameRecords(t, records(t, whole, journal), records(t, cut, journal))
}

var seqField = regexp.MustCompile(`"seq":\d+,?`)

// checkSameButPlaces is checkSame where the list is another, so that a request that has no record gets a place behind all
// that have: one that was in flight at a kill stands after those that were sent later and had ended.
func checkSameButPlaces(t *testing.T, whole, cut, journal, output string) {
	t.Helper()
	checkSameTree(t, tree(t, filepath.Join(whole, output)), tree(t, filepath.Join(cut, output)))
	placeless := func(folder string) []string {
		all := records(t, folder, journal)
		for i := range all {
			all[i] = seqField.ReplaceAllString(all[i], "")
		}
		slices.Sort(all)
		return all
	}
	checkSameRecords(t, placeless(whole), placeless(cut))
}

func checkSameRecords(t *testing.T, want, got []string) {
	t.Helper()
	if len(want) == 0 || len(got) != len(want) {
		t.Errorf("%d records, want %d", len(got), len(want))
	}
	different := 0
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			if different++; different <= 3 {
				t.Errorf("a record is not what it was:\n%s\nwant\n%s", got[i], want[i])
			}
		}
	}
	if different > 3 {
		t.Errorf("%d records are not what they were", different)
	}
}

func checkSameTree(t *testing.T, want, got map[string]string) {
	t.Helper()
	different := 0
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			if different++; different <= 5 {
				t.Errorf("%s has %q, want %q", name, got[name], want[name])
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, there := want[name]; !there {
			if different++; different <= 10 {
				t.Errorf("%s is too much: %s", name, got[name])
			}
		}
	}
	if different > 0 {
		t.Errorf("%d files are not what they were, of %d", different, len(want))
	}
}
