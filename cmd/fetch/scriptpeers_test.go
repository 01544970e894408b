package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"

	"github.com/mccutchen/go-httpbin/v2/httpbin"
	"github.com/rogpeppe/go-internal/testscript"
)

func scriptNginx(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, 1)
	files, err := strconv.Atoi(args[0])
	ts.Check(err)
	server, err := startNginx(ts.MkAbs("nginx"), files)
	ts.Check(err)
	ts.Defer(func() {
		if err := server.stop(); err != nil {
			stateOf(ts).t.Errorf("%s: %v", ts.Name(), err) // Fatalf would not do while the script ends
		}
	})
	ts.Setenv("NGINX", server.addr)
}

func scriptHTTPBin(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 0, 0)
	server := httptest.NewServer(httpbin.New())
	ts.Defer(server.Close)
	ts.Setenv("HTTPBIN", server.Listener.Addr().String())
}

func scriptSays(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 0, 0)
	folder := ts.MkAbs("www")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(r.URL.Path)))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header()["Content-Type"] = nil // it is not to be guessed
		for name, values := range r.URL.Query() {
			if name != "cut" {
				w.Header()[http.CanonicalHeaderKey(name)] = values
			}
		}
		cut, _ := strconv.Atoi(r.URL.Query().Get("cut"))
		etag := w.Header().Get("Etag")
		if etag != "" && r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Write(body[:len(body)-cut])
	}))
	ts.Defer(server.Close)
	ts.Setenv("SAYS", server.Listener.Addr().String())
}
