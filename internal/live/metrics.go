package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

// Metrics returns the view in Prometheus's text exposition format, version 0.0.4. All values are in base units,
// and leave out the warm-up unless stated otherwise.
func (v *Load) Metrics() string {
	l := v.Snapshot()
	f := frame{Load: v, live: &l, elapsed: l.At.Duration()}
	e := exposition{prefix: "fetch_load_"}
	e.ended(&l.Interval)
	e.count("sent_total", "Requests that were sent, warm-up included.", l.Sent)
	e.count("warm_up_requests_total", "Requests that ended and were due in the warm-up, so that nothing else counts them.", l.WarmUp.Requests)

	e.gauge("in_flight", "Requests in flight.", float64(l.InFlight))
	e.gauge("waiting", "Requests that are due and not yet sent.", float64(l.Waiting))
	e.gauge("elapsed_seconds", "Time since the beginning of the run, warm-up included.", f.elapsed.Seconds())
	if v.Asked.Model == measure.ModelClosed {
		e.gauge("asked_users", "Planned users; 0 if unknown.", f.target())
	} else {
		e.gauge("asked_rate", "Planned requests per second; 0 if unknown.", f.target())
	}

	e.times("response_seconds", "Time of successes from when they were due until their end.", &l.Response)
	e.times("failed_response_seconds", "Time of failures from when they were due until their end.", &l.FailedResponse)
	e.times("schedule_lag_seconds", "How late this client itself was with a request; a part of its response time.", &l.Lag)
	e.spent(&l.Interval)
	return e.String()
}

// Metrics returns the same for a run of a list.
func (l *List) Metrics() string {
	i, s := l.Figures(), l.Stats()
	e := exposition{prefix: "fetch_run_"}
	e.ended(&i)
	e.count("sent_total", "Requests that were sent.", s.Sent)
	e.count("attempts_total", "Attempts that ended, those that were tried again included.", s.Attempts)

	e.gauge("in_flight", "Round trips in flight.", float64(s.InFlight))
	e.gauge("waiting", "Round trips that are held back by a limit.", float64(s.Waiting))
	e.gauge("sleeping", "Requests between two attempts.", float64(s.Sleeping))
	e.gauge("elapsed_seconds", "Time since the beginning of the run.", s.Elapsed.Seconds())
	e.spent(&i)
	return e.String()
}

// ended counts requests by outcome.
func (e *exposition) ended(i *measure.Interval) {
	e.counts("requests_total", "Requests that ended.", "outcome",
		measure.Counts{"ok": i.OK, "failed": i.Failed, "canceled": i.Canceled})
	e.counts("failures_total", "Requests that failed, by class of error.", "class", everyClass(i.Classes))
	e.counts("responses_total", "Responses, by HTTP status; those of attempts that were tried again included.", "status", i.Statuses)
	e.counts("retried_total", "Attempts that failed and were tried again, by class of error; by the transport itself, too.", "class", everyClass(i.Retried))
	e.counts("notes_total", "Results that carry a note, such as out_of_files.", "note", i.Notes)
}

// spent writes the usage of servers and the network.
func (e *exposition) spent(i *measure.Interval) {
	e.times("service_seconds", "Time of successes that the server and the network took.", &i.Service)
	e.times("failed_service_seconds", "Time of failures that the server and the network took.", &i.FailedService)
	e.count("received_bytes_total", "Bytes of bodies, as they came.", i.Wire)
	e.count("decoded_bytes_total", "Bytes of bodies, decoded.", i.Bytes)
	e.counts("connections_total", "Connections opened, and requests on a connection that had served before.", "state",
		measure.Counts{"opened": i.Opened, "reused": i.Reused})
}

// everyClass adds all classes of failures, because a series that begins with its first failure has no rate at
// that time.
func everyClass(classes measure.Counts) measure.Counts {
	all := measure.Counts{}
	for _, kind := range fetcher.Kinds() {
		if kind != fetcher.KindCanceled && kind != fetcher.KindDeadline { // those are not failures
			all[kind.String()] = 0
		}
	}
	maps.Copy(all, classes)
	return all
}

// exposition is text in the format of Prometheus, with metrics that share a prefix.
type exposition struct {
	strings.Builder
	prefix string
}

// head begins a metric.
func (e *exposition) head(name, help, kind string) {
	fmt.Fprintf(e, "# HELP %s %s\n# TYPE %[1]s %[3]s\n", e.prefix+name, help, kind)
}

// sample writes one value. Labels are written unchanged: `{outcome="ok"}`, or empty.
func (e *exposition) sample(name, labels string, value float64) {
	fmt.Fprintf(e, "%s%s %s\n", e.prefix+name, labels, number(value))
}

func (e *exposition) gauge(name, help string, value float64) {
	e.head(name, help, "gauge")
	e.sample(name, "", value)
}

func (e *exposition) count(name, help string, n int64) {
	e.head(name, help, "counter")
	e.sample(name, "", float64(n))
}

var labelValue = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// counts writes a counter with a label.
func (e *exposition) counts(name, help, label string, counts measure.Counts) {
	e.head(name, help, "counter")
	for _, value := range slices.Sorted(maps.Keys(counts)) {
		text := labelValue.Replace(strings.ToValidUTF8(value, "\ufffd"))
		e.sample(name, "{"+label+`="`+text+`"}`, float64(counts[value]))
	}
}

// times writes a histogram. Times have three digits, so one may be counted in a bucket although it is up to 0.1 %
// beyond.
func (e *exposition) times(name, help string, times *measure.Distribution) {
	e.head(name, help, "histogram")
	below, i := int64(0), 0
	bucket := func(le string) { e.sample(name+"_bucket", `{le="`+le+`"}`, float64(below)) }
	for at, count := range times.All {
		for i < len(bounds) && at > bounds[i] {
			bucket(seconds(bounds[i]))
			i++
		}
		below += count
	}
	for ; i < len(bounds); i++ {
		bucket(seconds(bounds[i]))
	}
	bucket("+Inf")
	e.sample(name+"_sum", "", times.Sum().Duration().Seconds())
	e.sample(name+"_count", "", float64(below))
}

// bounds are those of all histograms: 0.1 ms to 100 s, each about 1.5 times the one before.
var bounds = func() (bounds []record.Micros) {
	for decade := record.Micros(100); decade < 100_000_000; decade *= 10 {
		for _, tenths := range []record.Micros{10, 15, 20, 30, 45, 70} {
			bounds = append(bounds, decade*tenths/10)
		}
	}
	return append(bounds, 100_000_000)
}()

// seconds returns a time in seconds.
func seconds(m record.Micros) string { return number(float64(m) / 1e6) }

// number formats a value with the necessary digits, without an exponent for counts.
func number(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// Serve serves metrics for Prometheus: it listens at addr, such as ":9090" or "127.0.0.1:0", returns its address,
// and answers GET /metrics with the result of metrics, which is called at most once per second, by one goroutine
// at a time. It serves until stop is called, which the caller must do: ctx limits only the start, so that the end
// of an interrupted test can be scraped, too. Stop waits up to a second for responses in progress, and until the
// server has ended. Further calls do nothing.
func Serve(ctx context.Context, addr string, metrics func() string) (at net.Addr, stop func(), err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, nil, fmt.Errorf("%w: another program listens there (Prometheus itself does at 9090); choose another port, or 0 for any that is free", err)
	case errors.Is(err, syscall.EACCES):
		return nil, nil, fmt.Errorf("%w: choose a port from 1024 on", err)
	case err != nil:
		return nil, nil, fmt.Errorf("%w: write a port, such as :9090, or an address of this machine with one, such as 127.0.0.1:9090", err)
	}
	s := &http.Server{
		Handler:           handler(metrics),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       2 * time.Minute, // longer than the scrape interval of Prometheus
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // errors of clients are not of interest
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.Serve(listener) }) // it ends by stop
	return listener.Addr(), func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if s.Shutdown(ctx) != nil {
			_ = s.Close()
		}
		serving.Wait()
	}, nil
}

func handler(metrics func() string) http.Handler {
	text := onceASecond(metrics)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = io.WriteString(w, text())
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "fetch is at work here. Its metrics, for Prometheus, are at /metrics.\n")
	})
	return mux
}

// onceASecond caches the result of a function for a second: frequent requests do not disturb the test.
func onceASecond(make func() string) func() string {
	var mu sync.Mutex
	var text string
	var made time.Time
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		if made.IsZero() || time.Since(made) >= time.Second {
			text, made = make(), time.Now()
		}
		return text
	}
}
