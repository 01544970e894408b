package fetcher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/fetch/internal/bubble"
	"example.com/fetch/internal/sane"
	"example.com/fetch/internal/transport"
)

// failing is a transport whose first so many answers have the status, and whose later ones are 200.
func failing(times int, status int, fields ...string) transportFunc {
	var n atomic.Int64
	return func(req *http.Request) (*http.Response, error) {
		if n.Add(1) <= int64(times) {
			return answer(req, status, "no", fields...), nil
		}
		return answer(req, 200, "yes"), nil
	}
}

// TestRetryAfter: go-retryablehttp sleeps an hour for 3600 whatever its bound, not at all for 9223372037, for ever for a
// date in 2100, and reads RFC 1123 dates only.
func TestRetryAfter(t *testing.T) {
	const base, most = 100 * time.Millisecond, time.Minute
	for _, row := range []struct {
		value string
		date  string        // of the answer
		least time.Duration // less than 0: not tried again
		given bool          // else the ordinary back-off
	}{
		{"0", "", 0, true},
		{"2", "", 2 * time.Second, true},
		{"1.5", "", 1500 * time.Millisecond, true},
		{"60", "", time.Minute, true},
		{"61", "", -1, true},
		{"3600", "", -1, true},
		{"9223372037", "", -1, true},
		{"99999999999999999999999999", "", -1, true},
		{"Inf", "", 0, false},
		{"NaN", "", 0, false},
		{"-5", "", 0, true},
		{"-9223372037", "", 0, true},
		{"soon", "", 0, false},
		{"Sat, 01 Jan 2000 00:00:07 GMT", "", 7 * time.Second, true}, // RFC 1123; the bubble's clock starts at 2000-01-01
		{"Saturday, 01-Jan-00 00:00:07 GMT", "", 7 * time.Second, true},
		{"Sat Jan  1 00:00:07 2000", "", 7 * time.Second, true},
		{"Fri, 31 Dec 1999 23:59:00 GMT", "", 0, true},
		{"Fri, 01 Jan 2100 00:00:00 GMT", "", -1, true},
		{"Fri, 31 Dec 9999 23:59:59 GMT", "", -1, true},
		{"Wed, 21 Oct 2015 07:28:05 GMT", "Wed, 21 Oct 2015 07:28:00 GMT", 5 * time.Second, true}, // a clock that is off
	} {
		t.Run(row.value, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				fields := []string{"Retry-After", row.value}
				if row.date != "" {
					fields = append(fields, "Date", row.date)
				}
				f := &Fetcher{Transport: failing(1, 503, fields...), Retry: Retry{MinWait: base, MaxWait: most}}
				r := f.Do(t.Context(), &Request{URL: "http://host/"})
				if row.least < 0 {
					check(t, r, KindRateLimited, 1)
					if !slices.Contains(r.Notes, NoteRetryAfter) || r.Response != 0 {
						t.Errorf("notes are %q after %v", r.Notes, r.Response)
					}
					return
				}
				check(t, r, KindNone, 2)
				if b := r.Backoff; b < row.least || b > row.least+base {
					t.Errorf("slept %v, want %v to %v more", b, row.least, base)
				}
			})
		})
	}
}

// TestRetryAfterOfSuccess: a fine status has nothing to say on when to try again after its body broke off.
func TestRetryAfterOfSuccess(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := inMemoryRaw(t, says("HTTP/1.1 200 OK\r\nRetry-After: 30\r\nContent-Length: 9\r\n\r\n12"))
		r := f.Do(t.Context(), &Request{URL: "http://host/"})
		check(t, r, KindBodyTruncated, 4)
		if r.Backoff > 10*time.Second {
			t.Errorf("slept %v", r.Backoff)
		}
	})
}

// TestRetryAfterOfWhatIsAskedAgain: a status that is fine says when the job that it means is done. It delays the request that
// is asked again, and neither its host nor others.
func TestRetryAfterOfWhatIsAskedAgain(t *testing.T) {
	for _, status := range []int{200, 202} {
		for _, accepted := range []bool{true, false} {
			bubble.Test(t, func(t *testing.T) {
				const base, wait = 100 * time.Millisecond, 7 * time.Second
				var polls atomic.Int64
				f := &Fetcher{Retry: Retry{MinWait: base}, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
					if req.URL.Path == "/job" && polls.Add(1) < 3 {
						return answer(req, status, "not yet", "Retry-After", "7"), nil
					}
					time.Sleep(10 * time.Millisecond)
					return answer(req, 204, ""), nil
				})}
				if !accepted {
					f.Accept = func(got int) bool { return got == 204 }
				}
				f.Retry.Policy = func(r *Result) bool { return r.Status == status }
				f.Event = func(e HostEvent) { t.Errorf("%+v", e) }
				_, results := outcomes(t, f, append([]string{"http://a.test/job"}, many(500, "a.test")...)...)
				for _, r := range results {
					if r.Request.URL != "http://a.test/job" {
						if r.Err != nil || r.End() > time.Second {
							t.Errorf("%d, accepted %v: request %d: %v at %v", status, accepted, r.Seq, r.Err, r.End())
						}
						continue
					}
					if r.Err != nil || len(r.Attempts) != 3 || r.Attempts[0].RetryAfter != wait || r.Backoff < 2*wait || r.Backoff > 2*wait+3*base {
						t.Errorf("%d, accepted %v: %v, slept %v for %+v", status, accepted, r.Err, r.Backoff, r.Attempts)
					}
				}
			})
		}
	}
	bubble.Test(t, func(t *testing.T) { // nobody waits longer than asked to, for this either
		f := &Fetcher{Transport: failing(1, 202, "Retry-After", "61")}
		f.Retry.Policy = func(r *Result) bool { return r.Status == 202 }
		r := f.Do(t.Context(), &Request{URL: "http://host/"})
		check(t, r, KindNone, 1)
		if !slices.Contains(r.Notes, NoteRetryAfter) || r.Response != 0 {
			t.Errorf("notes are %q after %v", r.Notes, r.Response)
		}
	})
}

// TestBackoffIsFullJitter: each wait is anywhere between nothing and the doubled base, within the bound. The default of
// go-retryablehttp has no jitter, so that those who failed together come back together.
func TestBackoffIsFullJitter(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		const base, most, requests = 100 * time.Millisecond, 500 * time.Millisecond, 400
		f := &Fetcher{
			Workers:   requests,
			Transport: failing(math.MaxInt, 500),
			Retry:     Retry{Max: 4, MinWait: base, MaxWait: most, Budget: -1},
			Advanced:  Advanced{NoAdapt: true}, // it would be given up
		}
		waits := make([][]time.Duration, 4)
		for r, err := range f.Run(t.Context(), URLs(slices.Repeat([]string{"http://host/"}, requests)...)) {
			if err != nil {
				t.Fatal(err)
			}
			check(t, r, KindHTTP5xx, 5)
			for i := range waits {
				waits[i] = append(waits[i], r.Attempts[i].Backoff)
			}
		}
		for i, high := range []time.Duration{base, 2 * base, 4 * base, most} {
			low, top := slices.Min(waits[i]), slices.Max(waits[i])
			if top > high || top < high*9/10 || low > high/10 {
				t.Errorf("retry %d slept %v to %v, want 0 to %v", i+1, low, top, high)
			}
		}
	})
}

// TestBackoffDoesNotOverflow: the longest waits that there may be are waits, and do not panic.
func TestBackoffDoesNotOverflow(t *testing.T) {
	for _, base := range []time.Duration{1, sane.Longest} {
		bubble.Test(t, func(t *testing.T) {
			f := &Fetcher{Transport: failing(math.MaxInt, 500), Retry: Retry{Max: 200, MinWait: base, MaxWait: sane.Longest, Budget: -1}}
			ctx, cancel := context.WithTimeout(t.Context(), 200*365*24*time.Hour)
			defer cancel()
			r := f.Do(ctx, &Request{URL: "http://host/"})
			kind := kindIn(r.Err) // the deadline comes in a wait, or the next wait would be cut off by it
			if n := len(r.Attempts); kind != KindHTTP5xx && kind != KindDeadline || n > 100 || r.Backoff <= 0 {
				t.Errorf("%v after %d attempts and %v", r.Err, n, r.Backoff)
			}
		})
	}
}

// TestHandleRuns: once in each attempt whose status is not tried again, and once on the last answer, which
// go-retryablehttp does not show to its response handler.
func TestHandleRuns(t *testing.T) {
	const cut, whole = "cut", "whole"
	for _, row := range []struct {
		name    string
		answers []any // statuses, cut: a body that breaks off
		handled []string
		class   Kind
		refuse  bool // Handle's own error
	}{
		{"success", []any{200}, []string{"200"}, KindNone, false},
		{"two retries", []any{503, 500, 200}, []string{"200"}, KindNone, false},
		{"the last retryable answer", []any{503, 500, 502}, []string{"502"}, KindHTTP5xx, false},
		{"final status", []any{404}, []string{"404"}, KindHTTP4xx, false},
		{"body cut twice", []any{cut, cut, 200}, []string{"200", "200", "200"}, KindNone, false},
		{"body cut always", []any{cut, cut, cut}, []string{"200", "200", "200"}, KindBodyTruncated, false},
		{"a mixture", []any{cut, 503, 200}, []string{"200", "200"}, KindNone, false},
		{"refused", []any{200}, []string{"200"}, KindExpect, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			n := 0
			var handled []string
			f := &Fetcher{
				Retry: tries(),
				Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
					a := row.answers[n]
					n++
					if a == cut {
						resp := answer(req, 200, whole)
						resp.Body = io.NopCloser(io.MultiReader(strings.NewReader("who"), transport.Failing{Err: io.ErrUnexpectedEOF}))
						return resp, nil
					}
					return answer(req, a.(int), whole), nil
				}),
			}
			f.Handle = func(r *Result, resp *http.Response) error {
				handled = append(handled, fmt.Sprint(resp.StatusCode))
				if r.Value != nil || len(r.Notes) > 0 || r.Status != resp.StatusCode {
					t.Errorf("an earlier attempt left %v, %q, %d behind", r.Value, r.Notes, r.Status)
				}
				b, err := io.ReadAll(resp.Body)
				r.Value, r.Notes = string(b), append(r.Notes, "seen")
				if row.refuse {
					return errors.New("not what I want")
				}
				return err
			}
			f.HandleFailure = f.Handle
			r := f.Do(t.Context(), &Request{URL: "http://host/"})
			check(t, r, row.class, len(row.answers))
			if !slices.Equal(handled, row.handled) {
				t.Errorf("handled %q, want %q", handled, row.handled)
			}
			if want := map[bool]string{false: whole, true: "who"}[row.class == KindBodyTruncated]; r.Value != want {
				t.Errorf("value is %v, want %q", r.Value, want)
			}
		})
	}
}

// TestValueIsClearedForGood: what an attempt left does not survive a later one that has no answer.
func TestValueIsClearedForGood(t *testing.T) {
	n := 0
	f := &Fetcher{Retry: Retry{Max: 1, MinWait: 1}, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
		if n++; n > 1 {
			return nil, syscall.ECONNRESET
		}
		resp := answer(req, 200, "")
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader("who"), transport.Failing{Err: io.ErrUnexpectedEOF}))
		return resp, nil
	})}
	f.Handle = func(r *Result, resp *http.Response) error {
		r.Value, r.Notes = "half", []string{"half"}
		_, err := io.ReadAll(resp.Body)
		return err
	}
	r := f.Do(t.Context(), &Request{URL: "http://host/"})
	check(t, r, KindConnReset, 2)
	if r.Value != nil || r.Notes != nil || r.Status != 0 || r.Header != nil || r.Bytes != 0 || r.WireBytes != 0 {
		t.Errorf("%v %q %d %v %d %d", r.Value, r.Notes, r.Status, r.Header, r.Bytes, r.WireBytes)
	}
}

// TestHandlers: Handle sees what was accepted, HandleFailure the rest; without them bodies are counted.
func TestHandlers(t *testing.T) {
	for status, want := range map[int]string{200: "Handle: whole", 404: "HandleFailure: whole", 503: "HandleFailure: whole"} {
		seen := func(by string) Handler {
			return func(r *Result, resp *http.Response) error {
				body, err := io.ReadAll(resp.Body)
				r.Value = by + ": " + string(body)
				return err
			}
		}
		none := &Fetcher{
			Retry:     tries(),
			Transport: transportFunc(func(req *http.Request) (*http.Response, error) { return answer(req, status, "whole"), nil }),
		}
		both := &Fetcher{Retry: tries(), Transport: none.Transport, Handle: seen("Handle"), HandleFailure: seen("HandleFailure")}
		r := both.Do(t.Context(), &Request{URL: "http://a.test/"})
		if got := ValueOf[string](r); got != want || r.Bytes != 5 {
			t.Errorf("%d: read %q, want %q; %d bytes", status, got, want, r.Bytes)
		}
		if r := none.Do(t.Context(), &Request{URL: "http://a.test/"}); r.Value != nil || r.Bytes != 5 {
			t.Errorf("%d: %v, %d bytes", status, r.Value, r.Bytes)
		}
	}
}

// TestHandleErrors: the kind of a Handler's error is kept, and reports whether to try again.
func TestHandleErrors(t *testing.T) {
	for _, row := range []struct {
		err      error
		class    Kind
		attempts int
	}{
		{errors.New("no"), KindExpect, once},
		{&Error{Kind: KindExpect, Err: errors.New("no")}, KindExpect, once},
		{&Error{Kind: KindBodyTruncated, Err: errors.New("no")}, KindBodyTruncated, often},
		{fmt.Errorf("wrapped: %w", &Error{Kind: KindDecode, Err: errors.New("no")}), KindDecode, once},
		{&Error{Err: errors.New("no")}, KindExpect, once},
	} {
		f := &Fetcher{Retry: tries(), Transport: failing(0, 0), Handle: func(*Result, *http.Response) error { return row.err }}
		check(t, f.Do(t.Context(), &Request{URL: "http://host/"}), row.class, row.attempts)
	}
}

// TestWriteErrorEndsTheRun, and is not tried again whatever the policy says.
func TestWriteErrorEndsTheRun(t *testing.T) {
	full := &Error{Kind: KindWrite, Err: syscall.ENOSPC}
	f := &Fetcher{
		Workers: 1, LookAhead: 2,
		Retry:     Retry{MinWait: 1, Policy: func(r *Result) bool { return r.Attempts[len(r.Attempts)-1].Err != nil }},
		Transport: failing(0, 0),
		Handle: func(r *Result, _ *http.Response) error {
			if r.Seq == 3 {
				return full
			}
			return nil
		},
	}
	var seqs []int64
	var failure error
	for r, err := range f.Run(t.Context(), URLs(slices.Repeat([]string{"http://host/"}, 50)...)) {
		if err != nil {
			failure = err
			continue
		}
		seqs = append(seqs, r.Seq)
		if r.Seq == 3 {
			check(t, r, KindWrite, 1)
		}
	}
	if !errors.Is(failure, KindWrite) || !errors.Is(failure, syscall.ENOSPC) {
		t.Errorf("the run ended with %v", failure)
	}
	slices.Sort(seqs) // a slot is free when the body is closed, so that the next may end before a result is handed over
	if !slices.Equal(seqs, []int64{1, 2, 3}) {
		t.Errorf("results of %v", seqs)
	}
}

// countedBody counts how often a body is opened, and how many of its readers were closed.
type countedBody struct{ opened, closed atomic.Int64 }

func (b *countedBody) open() (io.ReadCloser, error) {
	b.opened.Add(1)
	var once sync.Once
	return struct {
		io.Reader
		io.Closer
	}{strings.NewReader("content"), closerFunc(func() error { once.Do(func() { b.closed.Add(1) }); return nil })}, nil
}

type closerFunc func() error

func (f closerFunc) Close() error { return f() }

// TestBodyIsOpened once for each attempt and each 307 or 308, and each reader is closed.
func TestBodyIsOpened(t *testing.T) {
	for _, row := range []struct {
		name   string
		paths  map[string]string // path to Location, or to a status
		opened int64
	}{
		{"one attempt", nil, 1},
		{"307", map[string]string{"/": "307 /b"}, 2},
		{"308 twice", map[string]string{"/": "308 /b", "/b": "308 /c"}, 3},
		{"303 drops it", map[string]string{"/": "303 /b"}, 1},
		{"three attempts", map[string]string{"/": "503"}, 3},
		{"three attempts of two hops", map[string]string{"/": "307 /b", "/b": "500"}, 6},
	} {
		t.Run(row.name, func(t *testing.T) {
			bubble.Test(t, func(t *testing.T) {
				f := inMemory(t, func(w http.ResponseWriter, r *http.Request) {
					b, _ := io.ReadAll(r.Body)
					if want := map[bool]string{true: "content"}[r.Method == "POST"]; string(b) != want || r.ContentLength != int64(len(want)) {
						t.Errorf("%s %s has the body %q of length %d", r.Method, r.URL, b, r.ContentLength)
					}
					status, location, _ := strings.Cut(row.paths[r.URL.Path], " ")
					code := 200
					fmt.Sscan(status, &code)
					if location != "" {
						w.Header().Set("Location", location)
					}
					w.WriteHeader(code)
				})
				f.Retry = tries()
				f.Retry.Unsafe = true
				var body countedBody
				f.Do(t.Context(), &Request{Method: "POST", URL: "http://host/", Body: body.open, Length: 7})
				synctest.Wait()
				if o, c := body.opened.Load(), body.closed.Load(); o != row.opened || c != o {
					t.Errorf("opened %d times, closed %d times, want %d", o, c, row.opened)
				}
			})
		})
	}
}

// TestBodyThatCannotBeOpened fails the request, in a class that says whose fault it is.
func TestBodyThatCannotBeOpened(t *testing.T) {
	for _, redirects := range []int{0, 1} {
		w := &routes{status: 307, to: map[string]string{"http://a/": "/2"}}
		f := &Fetcher{Retry: tries(), Transport: w}
		opened := 0
		r := f.Do(t.Context(), &Request{Method: "PUT", URL: "http://a/", Length: 3, Body: func() (io.ReadCloser, error) {
			if opened++; opened > redirects {
				return nil, os.ErrNotExist
			}
			return io.NopCloser(strings.NewReader("abc")), nil
		}})
		check(t, r, KindInput, once)
		if !errors.Is(r.Err, os.ErrNotExist) || len(w.sent) != redirects || f.Stats().InFlight != 0 {
			t.Errorf("%v after %d hops, %d in flight", r.Err, len(w.sent), f.Stats().InFlight)
		}
	}
}

// TestUnsafeMethods: go-retryablehttp sends a POST again whatever became of the first. Here only what cannot have
// reached the server is, unless Unsafe says otherwise; see also TestFaultsOfConnecting.
func TestUnsafeMethods(t *testing.T) {
	for _, row := range []struct {
		method   string
		unsafe   bool
		attempts int
	}{
		{"GET", false, often}, {"HEAD", false, often}, {"PUT", false, often}, {"DELETE", false, often}, {"OPTIONS", false, often},
		{"POST", false, once}, {"PATCH", false, once}, {"get", false, once}, {"BREW", false, once},
		{"POST", true, often}, {"PATCH", true, often},
	} {
		for name, transport := range map[string]transportFunc{
			"503":   failing(often, 503),
			"reset": func(*http.Request) (*http.Response, error) { return nil, syscall.ECONNRESET },
		} {
			t.Run(fmt.Sprintf("%s unsafe=%v %s", row.method, row.unsafe, name), func(t *testing.T) {
				f := &Fetcher{Transport: transport, Retry: tries()}
				f.Retry.Unsafe = row.unsafe
				r := f.Do(t.Context(), &Request{Method: row.method, URL: "http://host/"})
				if len(r.Attempts) != row.attempts {
					t.Errorf("%d attempts, want %d: %v", len(r.Attempts), row.attempts, r.Err)
				}
			})
		}
	}
}

// TestUnsafeMethodAfterRedirect: a POST whose redirect cannot be followed has reached the first server.
func TestUnsafeMethodAfterRedirect(t *testing.T) {
	f := &Fetcher{Retry: tries(), Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
		if req.URL.Path == "/b" {
			return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		}
		return answer(req, 307, "", "Location", "/b"), nil
	})}
	check(t, f.Do(t.Context(), &Request{Method: "POST", URL: "http://host/"}), KindConnect, once)
}

// TestSleeperHoldsNoSlot: the sleep of go-retryablehttp happens inside its Do, so whoever holds a slot around that
// starves the other hosts.
func TestSleeperHoldsNoSlot(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &Fetcher{Workers: 1, Transport: transportFunc(func() func(*http.Request) (*http.Response, error) {
			n := 0
			return func(req *http.Request) (*http.Response, error) {
				if n++; n == 1 {
					return answer(req, 503, "", "Retry-After", "30"), nil
				}
				return answer(req, 200, ""), nil
			}
		}())}
		var order []int64
		for r := range f.Run(t.Context(), URLs("http://slow/", "http://fast/1", "http://fast/2")) {
			order = append(order, r.Seq)
			if r.Seq > 1 && r.Response > time.Second {
				t.Errorf("request %d took %v", r.Seq, r.Response)
			}
		}
		if len(order) != 3 || order[2] != 1 { // the other two may overtake one another once they have ended
			t.Errorf("order is %v", order)
		}
	})
}

// TestLimiterSeesRetriesAndHops: outside go-retryablehttp a limiter of 10/s let 65/s through.
func TestLimiterSeesRetriesAndHops(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		var sent []time.Time
		asked := map[string]int{}
		f := &Fetcher{
			Workers: 1,
			Limits: Limits{
				Total: Limit{Rates: []Rate{{Events: 10, Per: time.Second}}},
				Host: func(host string) (Limit, bool) {
					return Limit{Rates: []Rate{{Events: 2, Per: time.Second}}}, host == "other:80"
				},
			},
			Retry: Retry{MinWait: 1, Budget: -1},
			Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
				sent = append(sent, time.Now())
				asked[req.URL.Path]++
				switch {
				case req.URL.Host == "other":
					return answer(req, 200, ""), nil
				case asked[req.URL.Path] == 1:
					return answer(req, 503, ""), nil
				}
				return answer(req, 302, "", "Location", "http://other/"), nil
			}),
		}
		var urls []string
		for i := range 20 {
			urls = append(urls, fmt.Sprintf("http://host/%d", i))
		}
		for r := range f.Run(t.Context(), URLs(urls...)) {
			check(t, r, KindNone, 2)
			if hops := r.Attempts[1].Hops; len(hops) != 2 || hops[1].Host != "other:80" {
				t.Errorf("%+v", hops)
			}
		}
		for i := range sent {
			in := 0
			for _, at := range sent[i:] {
				if at.Sub(sent[i]) < time.Second {
					in++
				}
			}
			if in > 11 { // burst 1: a full bucket of the rate's size would send 20 in the first second
				t.Errorf("%d hops in one second", in)
			}
		}
		if len(sent) != 60 || sent[59].Sub(sent[0]) < 9500*time.Millisecond { // 20 at 2/s
			t.Errorf("%d hops in %v", len(sent), sent[len(sent)-1].Sub(sent[0]))
		}
	})
}

// TestTokenBeyondTheDeadline: rate.Limiter.Wait returns at once, with an error that is not DeadlineExceeded. Here the
// request waits for as long as it may, and fails in the class of its time-out.
func TestTokenBeyondTheDeadline(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &Fetcher{
			Transport: failing(1, 503),
			Timeout:   Timeouts{Request: 10 * time.Second},
			Limits:    Limits{Total: Limit{Rates: []Rate{{Events: 1, Per: time.Hour}}}},
			Retry:     Retry{MinWait: 1},
		}
		r := f.Do(t.Context(), &Request{URL: "http://host/"})
		if kindIn(r.Err) != KindTimeoutTotal || r.Response != 10*time.Second {
			t.Errorf("%v after %v", r.Err, r.Response)
		}
	})
}

// TestRetryWaitsInParts: until it is due is back-off, from then on it waits for its token like any other.
func TestRetryWaitsInParts(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &Fetcher{Transport: failing(1, 503, "Retry-After", "4"), Retry: Retry{MinWait: 1}, Limits: Limits{
			Total: Limit{Rates: []Rate{{Events: 1, Per: 10 * time.Second}}}}}
		r := f.Do(t.Context(), &Request{URL: "http://host/"})
		check(t, r, KindNone, 2)
		if sum := r.Backoff + r.Limiter; r.Backoff < 4*time.Second || r.Backoff > 4*time.Second+1 || sum != 10*time.Second || r.Queue != 0 {
			t.Errorf("back-off %v, limiter %v, queue %v", r.Backoff, r.Limiter, r.Queue)
		}
		if a := r.Attempts; a[0].Backoff != r.Backoff || a[1].Start != 10*time.Second || a[1].Hops[0].Limiter != r.Limiter {
			t.Errorf("%+v", a)
		}
	})
}

// TestCancelledAtTheGate: what ended the attempt before is not what ended this one.
func TestCancelledAtTheGate(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := inMemoryRaw(t, silent)
		f.Timeout.FirstByte = time.Second
		f.Limits.Total.Rates = []Rate{{Events: 1, Per: time.Hour}}
		f.Retry.MinWait = 1
		ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Second, errors.New("enough"))
		defer cancel()
		r := f.Do(ctx, &Request{URL: "http://host/"})
		if kindIn(r.Err) != KindCanceled || kindIn(r.Attempts[0].Err) != KindTimeoutFirstByte || len(r.Attempts) != 2 {
			t.Errorf("%v after %d attempts, the first %v", r.Err, len(r.Attempts), r.Attempts[0].Err)
		}
	})
}

// TestPolicy of the caller: asked about any status, held to Max.
func TestPolicy(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		f := &Fetcher{Transport: failing(2, 202), Retry: Retry{Policy: func(r *Result) bool { return r.Status == 202 }}}
		check2 := func(r *Result, status, attempts int) {
			t.Helper()
			if r.Err != nil || r.Status != status || len(r.Attempts) != attempts {
				t.Errorf("%v, status %d, %d attempts", r.Err, r.Status, len(r.Attempts))
			}
		}
		check2(f.Do(t.Context(), &Request{URL: "http://host/"}), 200, 3)
		f = &Fetcher{Transport: failing(9, 202), Retry: Retry{Max: 2, Policy: func(r *Result) bool { return true }}}
		check2(f.Do(t.Context(), &Request{URL: "http://host/"}), 202, 3)
		f = &Fetcher{Transport: failing(9, 500), Retry: Retry{Max: -1}}
		check(t, f.Do(t.Context(), &Request{URL: "http://host/"}), KindHTTP5xx, 1)
	})
}

// TestNothingIsPrinted: go-retryablehttp's default logger writes every request to stderr, secrets of the query included.
// It opens that before any test runs, so that a process of its own has to tell.
func TestNothingIsPrinted(t *testing.T) {
	const quiet = "FETCHER_TEST_QUIET"
	if os.Getenv(quiet) == "" {
		command := exec.Command(os.Args[0], "-test.run=^TestNothingIsPrinted$", "-test.v")
		command.Env = append(os.Environ(), quiet+"=1")
		var stdout, stderr strings.Builder
		command.Stdout, command.Stderr = &stdout, &stderr
		if err := command.Run(); err != nil || stderr.Len() > 0 || strings.Contains(stdout.String(), "canary") {
			t.Errorf("%v, printed %q, %q", err, stderr.String(), stdout.String())
		}
		return
	}
	f := &Fetcher{Transport: failing(2, 500), Retry: tries()}
	check(t, f.Do(t.Context(), &Request{URL: "http://host/?key=canary"}), KindNone, 3)
	f = &Fetcher{Transport: failing(9, 500), Retry: tries()}
	check(t, f.Do(t.Context(), &Request{URL: "http://host/?key=canary"}), KindHTTP5xx, 3)
}
