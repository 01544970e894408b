package fetcher

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/textproto"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// mishap is what a chaotic server does with one request, and the class of the attempt that it ends.
type mishap struct {
	name  string
	class Kind
	often int // weight
	do    func(c net.Conn, in *bufio.Reader, id int) (more bool)
}

const (
	chaosHosts  = 20
	chaosBody   = "plausible data, in full"
	chaosBound  = 1 << 16 // MaxBody
	chaosSilent = 2 * time.Second
)

// mishaps are drawn for each request that arrives.
var mishaps = func() []mishap {
	const ok, gz = "HTTP/1.1 200 OK\r\n", "Content-Encoding: gzip\r\n"
	whole := zipped(strings.Repeat(chaosBody, 100))
	corrupt := []byte(whole)
	corrupt[len(corrupt)-6] ^= 0xff
	chunked := ok + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n"
	stays := func(response string) func(net.Conn, *bufio.Reader, int) bool {
		return func(c net.Conn, _ *bufio.Reader, _ int) bool {
			_, err := io.WriteString(c, response)
			return err == nil
		}
	}
	leaves := func(response string) func(net.Conn, *bufio.Reader, int) bool {
		return func(c net.Conn, in *bufio.Reader, _ int) bool {
			io.WriteString(c, response)
			hangUp(c, in)
			return false
		}
	}
	breaks := func(response string) func(net.Conn, *bufio.Reader, int) bool {
		return func(c net.Conn, in *bufio.Reader, _ int) bool {
			io.WriteString(c, response)
			c.SetReadDeadline(time.Now().Add(20 * time.Millisecond)) // else the RST overtakes the response
			in.ReadByte()
			c.(*net.TCPConn).SetLinger(0)
			return false
		}
	}
	waits := func(response string) func(net.Conn, *bufio.Reader, int) bool {
		return func(c net.Conn, in *bufio.Reader, _ int) bool {
			io.WriteString(c, response)
			c.SetReadDeadline(time.Now().Add(time.Minute))
			io.Copy(io.Discard, in)
			return false
		}
	}
	head := withLength("200 OK", chaosBody)
	return []mishap{
		{"ok", KindNone, 80, stays(head)},
		{"ok, chunked", KindNone, 10, stays(chunked + "0\r\n\r\n")},
		{"ok, gzip", KindNone, 10, stays(withLength("200 OK", whole, strings.TrimSpace(gz)))},
		{"ok, after a while", KindNone, 10, func(c net.Conn, in *bufio.Reader, id int) bool {
			<-time.After(time.Duration(id%40) * time.Millisecond)
			return stays(head)(c, in, id)
		}},
		{"ok, and closes", KindNone, 5, leaves(withLength("200 OK", chaosBody, "Connection: close"))},
		{"ends before the head", KindConnReset, 3, leaves("")},
		{"RST before the head", KindConnReset, 3, breaks("")},
		{"ends within the head", KindConnReset, 3, func(c net.Conn, in *bufio.Reader, id int) bool {
			return leaves(head[:1+id%(strings.Index(head, "\r\n\r\n")+3)])(c, in, id)
		}},
		{"RST within the head", KindConnReset, 3, func(c net.Conn, in *bufio.Reader, id int) bool {
			return breaks(head[:1+id%(strings.Index(head, "\r\n\r\n")+3)])(c, in, id)
		}},
		{"RST in the body", KindConnReset, 3, breaks(ok + "Content-Length: 50\r\n\r\n12345")},
		{"body cut", KindBodyTruncated, 3, leaves(ok + "Content-Length: 50\r\n\r\n12345")},
		{"chunked body cut", KindBodyTruncated, 3, func(c net.Conn, in *bufio.Reader, id int) bool {
			end := chunked + "0\r\n\r\n"
			return leaves(end[:len(chunked)-5+id%8])(c, in, id)
		}},
		{"gzip cut", KindBodyTruncated, 2, stays(withLength("200 OK", whole[:len(whole)/2], gz[:len(gz)-2]))},
		{"gzip with a bad checksum", KindDecode, 2, stays(withLength("200 OK", string(corrupt), gz[:len(gz)-2]))},
		{"bad chunk size", KindProtocol, 2, leaves(ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n12345")},
		{"an SSH banner", KindProtocol, 1, leaves("SSH-2.0-OpenSSH_9.6\r\n")},
		{"two lengths", KindProtocol, 1, leaves(ok + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n1234")},
		{"500", KindHTTP5xx, 3, stays(withLength("500 Internal Server Error", "no"))},
		{"501", KindHTTP5xx, 1, stays(withLength("501 Not Implemented", "no"))},
		{"404", KindHTTP4xx, 3, stays(withLength("404 Not Found", "no"))},
		{"429", KindRateLimited, 3, stays(withLength("429 Too Many Requests", "no", "Retry-After: 0"))},
		{"503", KindRateLimited, 3, stays(withLength("503 Service Unavailable", "no"))},
		{"302 to nowhere", KindRedirect, 1, stays(withLength("302 Found", ""))},
		{"body over the bound", KindBodyTooLarge, 1, leaves(ok + "Content-Length: 100000\r\n\r\n" + strings.Repeat("x", 100000))},
		{"never says anything", KindTimeoutFirstByte, 1, waits("")},
		{"stalls", KindTimeoutStall, 1, waits(ok + "Content-Length: 50\r\n\r\n12345")},
	}
}()

// chaos is a number of servers that commit mishaps, and their record of it.
type chaos struct {
	mu       sync.Mutex
	draw     *rand.Rand
	sum      int
	mishaps  map[int][]*mishap // of each request, in the order in which they were committed
	arrivals [chaosHosts][]time.Time
	busy     [chaosHosts]int // requests that are read, and of whose response the last byte is not yet written
	peak     [chaosHosts]int
	unknown  int
}

// commit draws what becomes of a request that has arrived.
func (s *chaos) commit(host, id int) *mishap {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.draw.IntN(s.sum)
	for i := range mishaps {
		if n -= mishaps[i].often; n < 0 {
			s.mishaps[id] = append(s.mishaps[id], &mishaps[i])
			s.arrivals[host] = append(s.arrivals[host], time.Now())
			s.busy[host]++
			s.peak[host] = max(s.peak[host], s.busy[host])
			return &mishaps[i]
		}
	}
	panic("unreachable")
}

// serve carries out the requests of a connection to one of the hosts.
func (s *chaos) serve(host int) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, in *bufio.Reader) {
		for {
			r := textproto.NewReader(in)
			line, err := r.ReadLine()
			if err != nil {
				return
			}
			if _, err := r.ReadMIMEHeader(); err != nil {
				return
			}
			id, err := strconv.Atoi(strings.TrimPrefix(strings.Fields(line)[1], "/"))
			if err != nil {
				s.mu.Lock()
				s.unknown++
				s.mu.Unlock()
				return
			}
			m := s.commit(host, id)
			s.mu.Lock()
			s.busy[host]-- // before the response: as soon as that has come, the client may send another
			s.mu.Unlock()
			if !m.do(c, in, id) {
				return
			}
		}
	}
}

// TestChaos: whatever mix of faults, limits and retries, each request is accounted for once, its classes are those of the
// faults that the servers committed, and no limit is passed. FETCH_CHAOS=2m tries 5,000 requests with one seed after
// another for that long; FETCH_CHAOS_SEED begins with another than the first.
func TestChaos(t *testing.T) {
	requests, until := 400, time.Now()
	if long, err := time.ParseDuration(os.Getenv("FETCH_CHAOS")); err == nil {
		requests, until = 5000, until.Add(long)
	}
	first, _ := strconv.ParseUint(os.Getenv("FETCH_CHAOS_SEED"), 10, 64)
	for seed := first; ; seed++ {
		if !t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { testChaos(t, seed, requests) }) || !time.Now().Before(until) {
			return
		}
	}
}

func testChaos(t *testing.T, seed uint64, requests int) {
	draw := rand.New(rand.NewPCG(seed, 1))
	s := &chaos{draw: rand.New(rand.NewPCG(seed, 2)), mishaps: make(map[int][]*mishap)}
	for i := range mishaps {
		s.sum += mishaps[i].often
	}
	hosts := make(map[string]int, chaosHosts)
	limits := make([]Limit, chaosHosts)
	var addrs []string
	for h := range chaosHosts {
		server := serveRaw(t, s.serve(h))
		defer server.stop()
		hosts[server.addr], addrs = h, append(addrs, server.addr)
		if limits[h].InFlight = draw.IntN(6); h%4 == 0 {
			limits[h].Rates = []Rate{{Events: float64(20 + draw.IntN(200)), Per: time.Second, Burst: 1 + draw.IntN(5)}}
		}
	}
	f := &Fetcher{
		Workers:   2 + draw.IntN(60),
		LookAhead: []int{0, 50, 500}[draw.IntN(3)],
		InOrder:   draw.IntN(2) == 0,
		Advanced:  Advanced{NoAdapt: draw.IntN(3) == 0},
		MaxBody:   chaosBound,
		Timeout:   Timeouts{Attempt: time.Minute, Connect: 10 * time.Second, FirstByte: chaosSilent, Stall: chaosSilent},
		Retry:     Retry{Max: []int{-1, 1, 3}[draw.IntN(3)], MinWait: time.Millisecond, MaxWait: 50 * time.Millisecond},
		Limits:    Limits{Host: func(host string) (Limit, bool) { return limits[hosts[host]], true }},
	}
	source := func(yield func(*Request, error) bool) {
		for id := range requests {
			if !yield(&Request{URL: fmt.Sprintf("http://%s/%d", addrs[draw.IntN(chaosHosts)], id), Tag: id}, nil) {
				return
			}
		}
	}
	var memory runtime.MemStats
	var heap uint64
	results := make(map[int]*Result, requests)
	for r, err := range f.Run(within(t, 5*time.Minute), source) {
		if err != nil {
			t.Fatalf("the run failed: %v", err)
		}
		id := r.Request.Tag.(int)
		if results[id] != nil {
			t.Errorf("request %d has two results", id)
		}
		results[id] = r
		if len(results)%200 == 0 {
			runtime.ReadMemStats(&memory)
			heap = max(heap, memory.HeapAlloc)
		}
	}
	f.Close()
	if len(results) != requests {
		t.Errorf("%d results of %d requests", len(results), requests)
	}
	if heap > 256<<20 {
		t.Errorf("%d MB of memory", heap>>20)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unknown > 0 {
		t.Errorf("the servers got %d requests that are not in the list", s.unknown)
	}
	classes := make(map[Kind]int)
	hops, resent := make([][]*Hop, chaosHosts), make(map[*Hop]bool)
	for id, r := range results {
		s.account(t, id, r)
		for i := range r.Attempts {
			for j := range r.Attempts[i].Hops {
				hop := &r.Attempts[i].Hops[j]
				hops[hosts[hop.Host]] = append(hops[hosts[hop.Host]], hop)
				resent[hop] = j > 0 && hop.URL == r.Attempts[i].Hops[j-1].URL && hop.Queue+hop.Limiter == 0
			}
		}
		kind := KindNone
		if r.Err != nil {
			kind = r.Err.(*Error).Kind
		}
		classes[kind]++
	}
	for h, limit := range limits {
		checkChaosLimit(t, limit, hops[h], resent, s.arrivals[h], s.peak[h])
	}
	if peak := mostAtOnce(slices.Concat(hops...)); peak > f.Workers {
		t.Errorf("%d in flight at once, and %d are allowed", peak, f.Workers)
	}
	t.Logf("%d workers, look-ahead %d, in order %v, no adapt %v, %d retries: %v; heap %d MB", f.Workers, f.LookAhead, f.InOrder, f.NoAdapt, f.Retry.Max, classes, heap>>20)
}

// account compares a result with what the servers did to its request.
func (s *chaos) account(t *testing.T, id int, r *Result) {
	committed := s.mishaps[id]
	var story []string
	for _, m := range committed {
		story = append(story, m.name)
	}
	fault := func(format string, args ...any) {
		t.Errorf("request %d: %s; the servers committed %q, the attempts were %+v", id, fmt.Sprintf(format, args...), story, r.Attempts)
	}
	for i := range r.Attempts {
		a := &r.Attempts[i]
		n := len(a.Hops)
		kind := KindNone
		if a.Err != nil {
			kind = a.Err.Kind
		}
		if n == 0 {
			if kind != KindCircuit {
				fault("attempt %d sent nothing and is %q", i+1, kind)
			}
			continue
		}
		if n > len(committed) {
			fault("attempt %d has more hops than the servers saw requests", i+1)
			return
		}
		if want := committed[n-1].class; kind != want {
			fault("attempt %d is %q, and should be %q", i+1, kind, want)
		}
		committed = committed[n:]
	}
	if len(committed) > 0 {
		fault("%d more requests came than there were hops", len(committed))
	}
}

// checkChaosLimit holds what was sent to a host to its limit, by the stamps of the gate and by the server's record. What the
// transport sent again by itself did not wait at the gate, but those after it did for the token that it took.
func checkChaosLimit(t *testing.T, limit Limit, hops []*Hop, resent map[*Hop]bool, arrivals []time.Time, peak int) {
	if n := mostAtOnce(hops); limit.InFlight > 0 && max(n, peak) > limit.InFlight {
		t.Errorf("%d in flight at once, %d by the server; %d are allowed", n, peak, limit.InFlight)
	}
	for _, rate := range limit.Rates {
		var starts []time.Duration
		for _, h := range hops {
			if !resent[h] {
				starts = append(starts, h.Start)
			}
		}
		slices.Sort(starts)
		most := int(rate.Events) + rate.Burst
		for i := most; i < len(starts); i++ {
			if d := starts[i] - starts[i-most]; d < time.Second {
				t.Errorf("%d hops left within %v, and %v with bursts of %d are allowed", most+1, d, rate.Events, rate.Burst)
				break
			}
		}
		if n := len(arrivals); n > 1 {
			span := arrivals[n-1].Sub(arrivals[0]) + 100*time.Millisecond // the first may have come late
			if allowed := float64(rate.Burst) + rate.Events*span.Seconds(); float64(n) > allowed+1 {
				t.Errorf("%d requests came within %v, where at most %.0f may", n, span, allowed)
			}
		}
	}
}

// mostAtOnce is how many of the hops were in flight at one time.
func mostAtOnce(hops []*Hop) int {
	type edge struct {
		at    time.Duration
		delta int
	}
	var edges []edge
	for _, h := range hops {
		edges = append(edges, edge{h.Start, 1}, edge{h.Start + h.Time(), -1})
	}
	slices.SortFunc(edges, func(a, b edge) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return a.delta - b.delta // a slot that is given back may be taken in the same instant
	})
	now, most := 0, 0
	for _, e := range edges {
		now += e.delta
		most = max(most, now)
	}
	return most
}
