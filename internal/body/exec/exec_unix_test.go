//go:build unix

package exec

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.com/fetch/fetcher"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bodies writes a file for each text and gives results that stand for them, numbered from 1.
func bodies(t testing.TB, texts ...string) ([]*fetcher.Result, func(*fetcher.Result) (string, bool)) {
	t.Helper()
	dir := t.TempDir()
	var results []*fetcher.Result
	for i, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(i+1)), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		results = append(results, &fetcher.Result{Seq: int64(i + 1), Request: &fetcher.Request{Name: "n" + strconv.Itoa(i+1)}})
	}
	return results, func(r *fetcher.Result) (string, bool) {
		return filepath.Join(dir, strconv.FormatInt(r.Seq, 10)), r.Seq > 0
	}
}

func sequence(results []*fetcher.Result, last error) iter.Seq2[*fetcher.Result, error] {
	return func(yield func(*fetcher.Result, error) bool) {
		for _, r := range results {
			if !yield(r, nil) {
				return
			}
		}
		if last != nil {
			yield(nil, last)
		}
	}
}

// keep is the done that most tests use: the output becomes the value.
func keep(r *fetcher.Result, output []byte, err error) {
	if r.Err = err; err == nil {
		r.Value = string(output)
	}
}

// run runs one program over one body.
func run(t *testing.T, p *Pool, body string) (string, error) {
	t.Helper()
	results, path := bodies(t, body)
	for r, err := range p.Run(t.Context(), sequence(results, nil), false, path, keep) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Err != nil {
			return "", r.Err
		}
		return r.Value.(string), nil
	}
	t.Fatal("no result")
	return "", nil
}

func TestProgram(t *testing.T) {
	t.Setenv("FETCH_TEST_KEPT", "kept")
	t.Setenv("FETCH_TEST_SECRET", "canary")
	env := func(r *fetcher.Result) []string { return []string{"FETCH_NAME=$(touch x) 'a'\t\r\n\x1b"} }
	zero := func(r *fetcher.Result) []string { return []string{"FETCH_NAME=a\x00b"} }
	for _, test := range []struct {
		name string
		pool Pool
		body string
		want string // output
		err  string
	}{
		{"reads the body", Pool{Command: "tr a-z A-Z"}, "abc\n", "ABC\n", ""},
		{"counts tags", Pool{Command: `tr -cd '<>' | wc -c | tr -d ' '`}, "<p>x</p>", "4\n", ""},
		{"reads a part only", Pool{Command: "head -c 2"}, strings.Repeat("x", 1<<20), "xx", ""},
		{"reads nothing", Pool{Command: "true"}, strings.Repeat("x", 1<<20), "", ""},
		{"fails", Pool{Command: "echo one >&2; echo ' two' >&2; echo >&2; exit 3"}, "", "", "expect: exit status 3: two"},
		{"fails silently", Pool{Command: "exit 1"}, "", "", "expect: exit status 1"},
		{"is killed", Pool{Command: "kill -9 $$"}, "", "", "expect: signal: killed"},
		{"does not exist", Pool{Command: "no-such-program-here 2>/dev/null"}, "", "", "expect: exit status 127"},
		{"prints too much", Pool{Command: "yes", MaxOutput: 1000}, "", "", "expect: the program printed more than 1000 bytes"},
		{"prints all it may", Pool{Command: "cat", MaxOutput: 3}, "abc", "abc", ""},
		{"ignores that nobody reads", Pool{Command: "trap '' PIPE; while :; do echo x; done 2>/dev/null", MaxOutput: 10}, "", "", "expect: the program printed more than 10 bytes"},
		{"takes too long", Pool{Command: "sleep 60", Timeout: 50 * time.Millisecond}, "", "", "expect: the program took longer than 50ms (--exec-timeout)"},
		{"has its environment", Pool{Command: `printf %s "$FETCH_NAME" "$FETCH_TEST_KEPT" "$FETCH_TEST_SECRET"`, Env: env, Without: []string{"FETCH_TEST_SECRET"}}, "", "$(touch x) 'a'\t\r\n\x1bkept", ""},
		{"cannot have a zero byte in it", Pool{Command: "cat", Env: zero}, "abc", "", "expect: FETCH_NAME would contain a zero byte, which is not allowed in environment variables"},
		{"complains at length", Pool{Command: "head -c 5000 /dev/zero | tr '\\0' x >&2; exit 1"}, "", "", "expect: exit status 1: …" + strings.Repeat("x", maxMessage-len("…")) + "…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := run(t, &test.pool, test.body)
			if message := fmt.Sprint(err); got != test.want || test.err != "" && message != test.err || test.err == "" && err != nil {
				t.Errorf("got %q, %v; want %q, %v", got, err, test.want, test.err)
			}
		})
	}
}

func TestNoShell(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := run(t, &Pool{Command: "true"}, "")
	if !errors.Is(err, fetcher.KindExpect) || !strings.Contains(err.Error(), "cannot be started") || !strings.Contains(err.Error(), "sh") {
		t.Errorf("got %v", err)
	}
}

func TestKinds(t *testing.T) {
	results, path := bodies(t, "a", "b")
	gone, _ := path(results[1])
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	p := &Pool{Command: "exit 1"}
	for r := range p.Run(t.Context(), sequence(results, nil), true, path, keep) {
		want := fetcher.KindExpect
		if r.Seq == 2 {
			want = fetcher.KindWrite // what was kept is lost
		}
		if !errors.Is(r.Err, want) {
			t.Errorf("%d: %v, not %v", r.Seq, r.Err, want)
		}
		if strings.Contains(r.Err.Error(), gone) {
			t.Errorf("the path of a temporary file is told: %v", r.Err)
		}
	}
}

// pids are the processes that a command has written to a file, one a line.
func pids(t *testing.T, file string) []int {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for field := range strings.FieldsSeq(string(text)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pid)
	}
	return all
}

// alive reports whether a process runs. One that has ended and waits to be reaped by init does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if errors.Is(err, os.ErrNotExist) && runtime.GOOS == "linux" {
		return false
	}
	if err == nil {
		_, rest, _ := strings.Cut(string(stat), ") ")
		return !strings.HasPrefix(rest, "Z")
	}
	return syscall.Kill(pid, 0) == nil
}

// mustEnd waits for the end of processes that were sent a signal.
func mustEnd(t *testing.T, all []int) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for _, pid := range all {
		for alive(pid) {
			if time.Now().After(deadline) {
				t.Fatalf("process %d is still there", pid)
			}
			runtime.Gosched()
		}
	}
}

func TestTimeoutEndsAllThatWasStarted(t *testing.T) {
	for _, test := range []struct{ name, trap string }{{"asked", ""}, {"killed", "trap '' TERM; "}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "pids")
			p := &Pool{
				Command: test.trap + `sleep 60 & echo $! $$ > "$PIDS"; (sleep 60); sleep 60`,
				Env:     func(*fetcher.Result) []string { return []string{"PIDS=" + file} },
				Timeout: time.Second, // for the shell to write the file in
			}
			begun := time.Now()
			if _, err := run(t, p, ""); !errors.Is(err, fetcher.KindExpect) {
				t.Errorf("got %v", err)
			}
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
			mustEnd(t, pids(t, file))
		})
	}
}

func TestChildThatHoldsTheOutput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pids")
	p := &Pool{
		Command: `sleep 60 & echo $! > "$PIDS"; echo early`,
		Env:     func(*fetcher.Result) []string { return []string{"PIDS=" + file} },
	}
	_, err := run(t, p, "")
	if err == nil || !strings.Contains(err.Error(), "still holds its output") {
		t.Errorf("got %v", err)
	}
	mustEnd(t, pids(t, file))
}

func TestPassedOn(t *testing.T) {
	results, path := bodies(t, "a", "b", "c", "d")
	failed := errors.New("failed")
	results[1].Err = failed
	results[2].Seq = -1 // path says that it has no body
	last := errors.New("the run failed")
	for _, ordered := range []bool{false, true} {
		var seqs []int64
		var end error
		p := &Pool{Command: "cat", Jobs: 2}
		done := func(r *fetcher.Result, output []byte, err error) {
			if r == results[1] || r == results[2] {
				t.Errorf("a program ran for %d", r.Seq)
			}
			keep(r, output, err)
		}
		for r, err := range p.Run(t.Context(), sequence(results, last), ordered, path, done) {
			if err != nil {
				end = err
				continue
			}
			if end != nil {
				t.Error("a result after the error")
			}
			seqs = append(seqs, r.Seq)
		}
		if end != last {
			t.Errorf("ended with %v", end)
		}
		if want := []int64{1, 2, -1, 4}; ordered && !slices.Equal(seqs, want) || len(seqs) != 4 {
			t.Errorf("ordered %v: %v", ordered, seqs)
		}
		if results[1].Err != failed || results[2].Value != nil || results[0].Value != "a" || results[3].Value != "d" {
			t.Error("what became of them is wrong")
		}
	}
}

// TestOrder has the first program wait for the last one.
func TestOrder(t *testing.T) {
	for _, ordered := range []bool{false, true} {
		results, path := bodies(t, "1", "2", "3", "4", "5")
		file := filepath.Join(t.TempDir(), "pipe")
		if err := syscall.Mkfifo(file, 0o600); err != nil {
			t.Fatal(err)
		}
		p := &Pool{
			Command: `case $(cat) in 1) cat "$PIPE";; 5) echo 5 > "$PIPE";; esac`, Jobs: 2,
			Env: func(*fetcher.Result) []string { return []string{"PIPE=" + file} },
		}
		var seqs []int64
		for r := range p.Run(t.Context(), sequence(results, nil), ordered, path, keep) {
			if r.Err != nil {
				t.Error(r.Err)
			}
			seqs = append(seqs, r.Seq)
		}
		if slices.IsSorted(seqs) != ordered || len(seqs) != 5 {
			t.Errorf("ordered %v: %v", ordered, seqs)
		}
	}
}

// TestBounds: no more processes at once than Jobs, and no more results held than five for each.
func TestBounds(t *testing.T) {
	const jobs, n = 3, 60
	for _, ordered := range []bool{false, true} {
		results, path := bodies(t, make([]string, n)...)
		var taken, yielded atomic.Int64
		counted := func(yield func(*fetcher.Result, error) bool) {
			for _, r := range results {
				// The one that is just being offered waits in the reader's hand.
				if held := taken.Add(1) - yielded.Load(); held > jobs*waitingPerJob+2 {
					t.Errorf("%d results are held", held)
				}
				if !yield(r, nil) {
					return
				}
			}
		}
		folder := t.TempDir()
		p := &Pool{
			Jobs: jobs, Env: func(*fetcher.Result) []string { return []string{"FOLDER=" + folder} },
			Command: `cd "$FOLDER" && mkdir run.$$ && ls -d run.* | wc -l && rmdir run.$$`,
		}
		for r := range p.Run(t.Context(), counted, ordered, path, keep) {
			yielded.Add(1)
			if r.Err != nil {
				continue // ls saw a folder that went meanwhile
			}
			if atOnce, err := strconv.Atoi(strings.TrimSpace(r.Value.(string))); err != nil || atOnce > jobs {
				t.Errorf("%d at once, %v", atOnce, err)
			}
		}
		if yielded.Load() != n {
			t.Errorf("%d results", yielded.Load())
		}
	}
}

// blocked is a sequence that gives the results and then waits for a server that does not answer, until stopped.
func blocked(results []*fetcher.Result, stop <-chan struct{}) iter.Seq2[*fetcher.Result, error] {
	return func(yield func(*fetcher.Result, error) bool) {
		for _, r := range results {
			if !yield(r, nil) {
				return
			}
		}
		<-stop
	}
}

func TestBreak(t *testing.T) {
	for _, ordered := range []bool{false, true} {
		results, path := bodies(t, "quick", "slow", "slow", "slow")
		file := filepath.Join(t.TempDir(), "pids")
		stop := make(chan struct{})
		p := &Pool{
			Command: `[ "$(cat)" = quick ] || { echo $$ >> "$PIDS"; exec sleep 60; }`, Jobs: 2,
			Env:    func(*fetcher.Result) []string { return []string{"PIDS=" + file} },
			Cancel: sync.OnceFunc(func() { close(stop) }),
		}
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		for r, err := range p.Run(t.Context(), blocked(results, stop), ordered, path, keep) {
			if err != nil || r.Seq != 1 || r.Err != nil {
				t.Errorf("%v, %v", r, err)
			}
			break
		}
		mustEnd(t, pids(t, file)) // and goleak sees the rest
	}
}

func TestContextEnds(t *testing.T) {
	for _, test := range []struct {
		cause error
		kind  fetcher.Kind
	}{{errors.New("interrupted"), fetcher.KindCanceled}, {fetcher.KindDeadline, fetcher.KindDeadline}, {context.DeadlineExceeded, fetcher.KindDeadline}} {
		results, path := bodies(t, "quick", "slow", "slow", "slow", "slow", "slow")
		ctx, cancel := context.WithCancelCause(t.Context())
		p := &Pool{Command: `[ "$(cat)" = quick ] || exec sleep 60`, Jobs: 2}
		n := 0
		for r, err := range p.Run(ctx, sequence(results, nil), true, path, keep) {
			n++
			switch {
			case err != nil:
				t.Error(err)
			case r.Seq == 1:
				if r.Err != nil {
					t.Error(r.Err)
				}
				cancel(test.cause)
			case !errors.Is(r.Err, test.kind):
				t.Errorf("%d: %v, not %v", r.Seq, r.Err, test.kind)
			}
		}
		if n != len(results) {
			t.Errorf("%d results of %d", n, len(results))
		}
		cancel(nil)
	}
}

// BenchmarkProgram is what a body costs, most of it the system's starting a shell.
func BenchmarkProgram(b *testing.B) {
	results, path := bodies(b, "abc")
	p := &Pool{Command: "true"}
	endless := func(yield func(*fetcher.Result, error) bool) {
		for b.Loop() {
			if !yield(&fetcher.Result{Seq: results[0].Seq}, nil) {
				return
			}
		}
	}
	for r, err := range p.Run(b.Context(), endless, false, path, keep) {
		if err != nil || r.Err != nil {
			b.Fatal(err, r.Err)
		}
	}
}

// A program is started, and the body read again, as soon as there is a file descriptor for it.
func TestOutOfFiles(t *testing.T) {
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	results, path := bodies(t, "a body")
	few := before
	few.Cur = 3 // the standard streams
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
		t.Skip(err)
	}
	again := time.AfterFunc(100*time.Millisecond, func() { syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before) })
	defer again.Stop()
	for r, err := range (&Pool{Command: "cat"}).Run(t.Context(), sequence(results, nil), false, path, keep) {
		if err != nil || r.Err != nil || r.Value != "a body" {
			t.Error(err, r.Err, r.Value)
		}
	}
	syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before)
}
