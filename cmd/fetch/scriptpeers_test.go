package main

import (
	"net/http/httptest"
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
