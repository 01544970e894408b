package main

import (
	"crypto/tls"
	"encoding/csv"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCommands are what scripts can do besides testscript's own:
//
//	exits CODE PROGRAM ARGS…        run a program, which must end with this code
//	took < 2s                       how long the last exits took
//	serve [FLAGS…]                  start fetch serve on a free port, stopped at the end of the script;
//	                                sets ADDR (host:port), PORT, SERVER (http://ADDR), with --tls SECURE_ADDR and SECURE_PORT
//	truth PATH OP VALUE             check what the server of the script saw (/__truth), as json does
//	forget                          have the server forget what it saw
//	dies N                          kill the server when it has seen N requests
//	certificate FILE                save the certificate of the server
//	answers FILE [hold]             start a server that answers everything with these bytes, \-escapes read, and hangs up,
//	                                or waits for the client to do so; sets RAW
//	witness                         start a server that answers 200 to everything, but redirects /to?url=…&code=302, tells of a
//	                                page after /page?url=…, and remembers what it was sent; sets WITNESS to its address
//	[!] seen PATH [OP VALUE]        check what the witness was sent, as json does: an array of {method, host, url, header, body}
//	[!] json FILE [PATH [OP VALUE]] check a JSON file: valid, and that a value in it is there, or is so
//	[!] ndjson FILE …               the same for one value a line, taken as an array
//	busiest FILE OP N               check the most requests that left in any half-open second, by a JSON report
//	table csv|tsv|markdown FILE N   check a table: valid, a heading, N rows, each as long as the heading
//	lines FILE N TEXT               make a list of N lines; {} in TEXT becomes the number
//	nginx N                         start nginx, with the files /files/1.json to /files/N.json and what nginxConfig tells of;
//	                                sets NGINX to its address; the script begins with [!exec:nginx] skip 'nginx is not there'
//	httpbin                         start go-httpbin; sets HTTPBIN to its address
//	says                            start a server of the files in the folder www, byte for byte, with the header fields that the
//	                                query of the URL gives and no others, and cut=N bytes of them at the end left out; sets SAYS
//
// FILE may be stdout or stderr. PATH is as in JSON Pointer, without the slash it begins with; count is a length, and
// key=value the first element of an array that has this. OP is one of == != < <= > >= and ~ (contains).
var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"exits":       scriptExits,
	"took":        scriptTook,
	"serve":       scriptServe,
	"truth":       scriptTruth,
	"forget":      scriptForget,
	"dies":        scriptDies,
	"certificate": scriptCertificate,
	"answers":     scriptAnswers,
	"witness":     scriptWitness,
	"seen":        scriptSeen,
	"json":        scriptJSON,
	"ndjson":      scriptNDJSON,
	"busiest":     scriptBusiest,
	"table":       scriptTable,
	"lines":       scriptLines,
	"nginx":       scriptNginx,
	"httpbin":     scriptHTTPBin,
	"says":        scriptSays,
}

// scriptState is what the commands of one script share.
type scriptState struct {
	t       *testing.T // of all scripts
	took    time.Duration
	server  *serverProcess
	witness *witness
}

func stateOf(ts *testscript.TestScript) *scriptState { return ts.Value(scriptState{}).(*scriptState) }

func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, -1)
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	start := time.Now()
	err = ts.Exec(args[1], args[2:]...)
	stateOf(ts).took = time.Since(start)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func scriptTook(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, 2)
	limit, err := time.ParseDuration(args[1])
	ts.Check(err)
	took := stateOf(ts).took
	if !compares(took.Seconds(), args[0], strconv.FormatFloat(limit.Seconds(), 'f', -1, 64)) {
		ts.Fatalf("it took %v, want %s %v", took, args[0], limit)
	}
}

func scriptServe(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 0, -1)
	server, err := startServer(args...)
	ts.Check(err)
	ts.Defer(func() {
		if err := server.stop(); err != nil {
			stateOf(ts).t.Errorf("%s: %v", ts.Name(), err) // Fatalf would not do while the script ends
		}
	})
	stateOf(ts).server = server
	ts.Setenv("ADDR", server.addr)
	ts.Setenv("SERVER", "http://"+server.addr)
	ts.Setenv("SECURE_ADDR", server.secure)
	_, port, _ := net.SplitHostPort(server.addr)
	_, securePort, _ := net.SplitHostPort(server.secure)
	ts.Setenv("PORT", port)
	ts.Setenv("SECURE_PORT", securePort)
}

func scriptTruth(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, 3)
	text, err := stateOf(ts).server.truth("")
	ts.Check(err)
	checkJSON(ts, neg, text, args)
}

func scriptForget(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 0, 0)
	resp, err := http.Post("http://"+stateOf(ts).server.addr+"/__truth/reset", "", nil)
	ts.Check(err)
	resp.Body.Close()
}

func scriptDies(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, 1)
	hops, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	server := stateOf(ts).server
	var watching sync.WaitGroup
	watching.Go(func() {
		if server.waitForHops(hops) == nil {
			server.kill()
		}
	})
	ts.Defer(watching.Wait)
}

func scriptCertificate(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, 1)
	conn, err := tls.Dial("tcp", ts.Getenv("SECURE_ADDR"), &tls.Config{InsecureSkipVerify: true})
	ts.Check(err)
	defer conn.Close()
	block := &pem.Block{Type: "CERTIFICATE", Bytes: conn.ConnectionState().PeerCertificates[0].Raw}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), pem.EncodeToMemory(block), 0o666))
}

func scriptAnswers(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, 2)
	text := strings.ReplaceAll(ts.ReadFile(args[0]), "\n", `\r\n`)
	answer, err := strconv.Unquote(`"` + text + `"`)
	ts.Check(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(10 * time.Second))
				if _, err := http.ReadRequest(newReader(conn)); err == nil {
					io.WriteString(conn, answer)
					if len(args) > 1 {
						io.Copy(io.Discard, conn)
					}
				}
			})
		}
	})
	ts.Defer(func() {
		listener.Close()
		serving.Wait()
	})
	ts.Setenv("RAW", "http://"+listener.Addr().String())
}

func scriptWitness(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 0, 0)
	w := &witness{seen: []sent{}}
	server := httptest.NewServer(w)
	ts.Defer(server.Close)
	stateOf(ts).witness = w
	ts.Setenv("WITNESS", server.Listener.Addr().String())
}

func scriptSeen(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, false, args, 1, 3)
	checkJSON(ts, neg, stateOf(ts).witness.json(), args)
}

func scriptJSON(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, false, args, 1, 4)
	checkJSON(ts, neg, []byte(ts.ReadFile(args[0])), args[1:])
}

func scriptNDJSON(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, false, args, 1, 4)
	text := ts.ReadFile(args[0])
	if text != "" && !strings.HasSuffix(text, "\n") {
		ts.Fatalf("the last line is not ended")
	}
	var values []json.RawMessage
	for line := range strings.Lines(text) {
		if !json.Valid([]byte(line)) {
			ts.Fatalf("no JSON: %q", line)
		}
		values = append(values, json.RawMessage(line))
	}
	whole, err := json.Marshal(values)
	ts.Check(err)
	checkJSON(ts, neg, whole, args[1:])
}

func scriptBusiest(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, 3)
	var report struct {
		Results []struct {
			Attempts []struct {
				Hops []struct {
					StartMS float64 `json:"start_ms"`
				}
			}
		}
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &report))
	var starts []float64
	for _, r := range report.Results {
		for _, a := range r.Attempts {
			for _, h := range a.Hops {
				starts = append(starts, h.StartMS)
			}
		}
	}
	slices.Sort(starts)
	most, first := 0, 0
	for i, start := range starts {
		for start-starts[first] >= 1000 {
			first++
		}
		most = max(most, i-first+1)
	}
	if !compares(most, args[1], args[2]) {
		ts.Fatalf("%d requests left in one second, want %s %s", most, args[1], args[2])
	}
}

func scriptTable(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, 3)
	text := ts.ReadFile(args[1])
	var rows [][]string
	switch args[0] {
	case "csv":
		var err error
		rows, err = csv.NewReader(strings.NewReader(text)).ReadAll() // which checks the lengths
		ts.Check(err)
	case "tsv":
		for line := range strings.Lines(text) {
			rows = append(rows, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
		}
	case "markdown":
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "|") {
				rows = append(rows, strings.Split(strings.ReplaceAll(strings.TrimSpace(line), `\|`, ""), "|"))
			} else if len(rows) > 0 {
				break // what follows is the summary
			}
		}
		if len(rows) < 2 || strings.Trim(strings.Join(rows[1], ""), "-: ") != "" {
			ts.Fatalf("no table: the line under the heading is missing")
		}
		rows = append(rows[:1], rows[2:]...)
	}
	if want := args[2]; strconv.Itoa(len(rows)-1) != want {
		ts.Fatalf("%d rows under the heading, want %s", len(rows)-1, want)
	}
	for _, row := range rows {
		if len(row) != len(rows[0]) {
			ts.Fatalf("%d cells under %d headings: %q", len(row), len(rows[0]), row)
		}
	}
}

func scriptLines(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, 3)
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, strings.ReplaceAll(args[2], "{}", strconv.Itoa(i+1)))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o666))
}

// need checks how a command is used; most of none means any number.
func need(ts *testscript.TestScript, neg bool, args []string, least, most int) {
	if neg {
		ts.Fatalf("! is not supported here")
	}
	if len(args) < least || most >= 0 && len(args) > most {
		ts.Fatalf("wrong number of arguments: see scriptCommands")
	}
}
