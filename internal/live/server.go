package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// Serve serves metrics for Prometheus: it listens at addr, such as ":9090" or "127.0.0.1:0", gives where that is, and answers GET
// /metrics with what metrics returns, which is called once a second at the most, by one goroutine at a time. It goes on until
// stop is called, which the caller must do: ctx bounds the beginning only, so that the end of a broken-off test can be seen, too.
// Stop lets answers end that are under way, for a second at the most, and waits until the server has ended. Further calls do
// nothing.
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
		IdleTimeout:       2 * time.Minute, // Prometheus asks again within it
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // what clients do wrong is no news
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

// onceASecond gives what a function makes, which is made anew when it is a second old: however often it is asked for, the
// test is not disturbed.
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
