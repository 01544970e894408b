package hostfile_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/hostfile"
	"example.com/fetch/testserver"
)

// A child is this test binary, with variables of the environment that say what it does.
const (
	asClient  = "FETCH_HOSTFILE_CLIENT" // the URL that it sends to for as long as it lives
	asLeaser  = "FETCH_HOSTFILE_LEASER" // the host of which it takes leases for as long as it lives
	inFolder  = "FETCH_HOSTFILE_FOLDER" // the folder of both
	testsHost = "shared.test:80"
)

var (
	testsRates   = []fetcher.Rate{{Events: 4.9, Per: time.Second}, {Events: 392, Per: time.Minute}}
	leasersRates = []fetcher.Rate{{Events: 100_000, Per: time.Second}}
)

func TestMain(m *testing.M) {
	folder := hostfile.In(os.Getenv(inFolder), "", nil)
	folder.Note = func(text string) { fmt.Fprintln(os.Stderr, text) }
	switch {
	case os.Getenv(asClient) != "":
		client(folder, os.Getenv(asClient))
	case os.Getenv(asLeaser) != "":
		for lease := folder.Lease(testsHost, leasersRates, hostfile.Running{}); ; {
			if at, err := lease(context.Background(), 1, 0); err == nil {
				fmt.Println(at[0].UnixNano())
			}
		}
	default:
		goleak.VerifyTestMain(m)
	}
}

// client sends requests without end, as fast as it may, and prints a line for each that was accepted.
func client(folder *hostfile.Folder, url string) {
	f := &fetcher.Fetcher{}
	f.Limits.Host = func(host string) (fetcher.Limit, bool) {
		return fetcher.Limit{Leased: testsRates, Lease: folder.Lease(testsHost, testsRates, hostfile.Running{})}, true
	}
	for result, err := range f.Run(context.Background(), endless(url)) {
		if err != nil || result.Err != nil {
			fmt.Println("failed", err, result)
		}
		fmt.Println("ok")
	}
}

func endless(url string) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		for i := 0; yield(&fetcher.Request{URL: fmt.Sprintf("%s/%d", url, i)}, nil); i++ {
		}
	}
}

// child is a process that was started, and how many lines it has printed.
type child struct {
	*exec.Cmd
	mu    sync.Mutex
	lines []string
	read  sync.WaitGroup
}

func start(t *testing.T, folder string, env ...string) *child {
	t.Helper()
	c := &child{Cmd: exec.Command(os.Args[0])}
	c.Env = append(os.Environ(), append(env, inFolder+"="+folder)...)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	c.read.Go(func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			c.mu.Lock()
			c.lines = append(c.lines, lines.Text())
			c.mu.Unlock()
		}
	})
	t.Cleanup(c.kill)
	return c
}

// kill ends the process as kill -9 does.
func (c *child) kill() {
	if c.ProcessState == nil {
		c.Process.Kill()
		c.read.Wait()
		c.Wait()
	}
}

func (c *child) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.lines)
}

// TestProcesses: three processes share the budget of a host fairly. When one is killed, the others take its share. By the
// server's own count there are never more than 5 in any second.
func TestProcesses(t *testing.T) {
	server, err := testserver.Start(t.Context(), testserver.Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	limiter := "http://" + server.Addr() + "/limit/shared"
	request(t, http.MethodPut, limiter+"?rate=5")
	folder := t.TempDir()
	var children [3]*child
	late := watch(t)
	began := time.Now()
	for i := range children {
		children[i] = start(t, folder, asClient+"="+fmt.Sprintf("%s/%d", limiter, i))
	}
	counts := func() (n [3]int) {
		for i, c := range children {
			n[i] = c.count()
		}
		return n
	}
	<-time.After(3 * time.Second)
	atKill := counts()
	children[0].kill()
	<-time.After(time.Second)
	taken := counts()
	<-time.After(2 * time.Second)
	atEnd := counts()
	took := time.Since(began)
	var count testserver.LimitCount
	if err := json.Unmarshal(request(t, http.MethodGet, limiter+"/count"), &count); err != nil {
		t.Fatal(err)
	}
	t.Logf("at the kill %v, a second later %v, at the end %v; served %d and refused %d in %v: %v", atKill, taken, atEnd, count.Served, count.Refused, took, count.EachRequests)
	if worst := late(); worst > 30*time.Millisecond {
		t.Skipf("the machine was too busy: a timer was %v late", worst)
	}
	if count.Refused > 0 {
		t.Errorf("the server had more than 5 in a second, %d times", count.Refused)
	}
	if all := 4.9 * took.Seconds(); float64(count.Served) < 0.9*all {
		t.Errorf("served %d of %.1f", count.Served, all)
	}
	for i, n := range atKill {
		if n < 4 || n > 6 {
			t.Errorf("process %d had %d of 15", i, n)
		}
	}
	for i := 1; i < 3; i++ {
		if n := atEnd[i] - taken[i]; n < 4 || n > 6 {
			t.Errorf("process %d had %d of 10 when one was killed", i, n)
		}
	}
}

// watch looks how late timers are until late is called, which says how late the worst was.
func watch(t *testing.T) (late func() time.Duration) {
	var worst time.Duration
	var watching sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	watching.Go(func() {
		for ctx.Err() == nil {
			before := time.Now()
			<-time.After(5 * time.Millisecond)
			worst = max(worst, time.Since(before)-5*time.Millisecond)
		}
	})
	return func() time.Duration {
		cancel()
		watching.Wait()
		return worst
	}
}

func request(t *testing.T, method, url string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		t.Fatal(resp.Status, err)
	}
	return body
}

// TestKilledWhileLeasing: whenever a process is killed, the next one goes on with the same timeline: no two instants are nearer
// to each other than the rate says, and the file can be read.
func TestKilledWhileLeasing(t *testing.T) {
	folder := t.TempDir()
	d := hostfile.In(folder, "", nil)
	lease := d.Lease(testsHost, leasersRates, hostfile.Running{})
	var all []int64
	for i := range 20 {
		c := start(t, folder, asLeaser+"=1")
		for deadline := time.Now().Add(5 * time.Second); c.count() == 0 && time.Now().Before(deadline); {
			<-time.After(time.Millisecond)
		}
		<-time.After(time.Duration(i) * 137 * time.Microsecond)
		c.kill()
		for _, line := range c.lines {
			at, err := strconv.ParseInt(line, 10, 64)
			if err != nil {
				break // cut off
			}
			all = append(all, at)
		}
		if rows := d.Describe(testsHost); len(rows) != 1 {
			t.Errorf("kill %d: %q", i, rows)
		}
		at, err := lease(t.Context(), 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, at[0].UnixNano())
	}
	t.Logf("%d leases", len(all))
	for i := 1; i < len(all); i++ {
		if apart := all[i] - all[i-1]; apart < 10_000 {
			t.Errorf("lease %d is %d ns after the one before", i, apart)
		}
	}
}

// TestStopped: a process that holds the lock and does not go on makes others wait for a while, and no longer.
func TestStopped(t *testing.T) {
	folder := t.TempDir()
	d := hostfile.In(folder, "", nil)
	var notes []string
	d.Note = func(text string) { notes = append(notes, text) }
	lease := d.Lease(testsHost, testsRates, hostfile.Running{})
	if _, err := lease(t.Context(), 1, 0); err != nil {
		t.Fatal(err)
	}
	holding := hold(t, filepath.Join(folder, "shared.test+80.lease"))
	began := time.Now()
	for range 2 {
		if _, err := lease(t.Context(), 1, 0); err == nil {
			t.Error("it was leased all the same")
		}
	}
	if took := time.Since(began); took < 3*time.Second || took > 6*time.Second {
		t.Errorf("it took %v", took)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "another process holds its lock") {
		t.Errorf("%q", notes)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := lease(ctx, 1, 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	holding.Close()
	if _, err := lease(t.Context(), 1, 0); err != nil {
		t.Error(err)
	}
}

func BenchmarkLease(b *testing.B) {
	d := hostfile.In(b.TempDir(), "", nil)
	lease := d.Lease(testsHost, []fetcher.Rate{{Events: 1e6, Per: time.Second}, {Events: 1e8, Per: time.Minute}}, hostfile.Running{})
	for b.Loop() {
		if _, err := lease(b.Context(), 1, 0); err != nil {
			b.Fatal(err)
		}
	}
}
