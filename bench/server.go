package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"example.com/fetch/testserver"
)

// server is what all tools are measured against: a process of its own, on loopback, on the first core.
type server struct {
	name  string
	url   string // http://127.0.0.1:port
	port  int
	small string // the path that answers 1 KB

	distinct string // the same for any number in the place of %d, with a last segment of its own where the server can
	template string // a path with the column {id} that answers JSON
	query    string // the value to select from that

	cmd       *exec.Cmd
	isNginx   bool
	questions int64 // asked of nginx so far
}

// nginxConf has one process, so that one signal ends it, and logs nothing but errors.
const nginxConf = `
daemon off;
master_process off;
pid %[1]s/nginx.pid;
error_log stderr error;
worker_rlimit_nofile 15000;
events { worker_connections 12000; }
http {
    access_log off;
    client_body_temp_path %[1]s/body;
    proxy_temp_path %[1]s/proxy;
    fastcgi_temp_path %[1]s/fastcgi;
    uwsgi_temp_path %[1]s/uwsgi;
    scgi_temp_path %[1]s/scgi;
    keepalive_requests 10000000;
    open_file_cache max=10;
    server {
        listen 127.0.0.1:%[2]d backlog=4096;
        root %[1]s;
        default_type application/octet-stream;
        location = /1k { }
        location /f/ { rewrite ^ /1k last; }
        location /c/ { rewrite ^ /value.json last; }
        location = /value.json { types { } default_type application/json; }
        location = /status { stub_status; }
    }
}
`

// compound is an answer as PubChem gives it.
const compound = `{
  "PropertyTable": {
    "Properties": [
      {
        "CID": 702,
        "MolecularFormula": "C2H6O",
        "MolecularWeight": "46.07"
      }
    ]
  }
}
`

// starter starts a server at a port; 0: any.
type starter func(*bench, context.Context, int) (*server, error)

// startServer starts nginx where there is one, because a server written by us would be no neutral ground, else ours.
func (b *bench) startServer(ctx context.Context, port int) (*server, error) {
	nginx := lookPath("nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx")
	if b.own || nginx == "" {
		return b.startOwn(ctx, port)
	}
	port, err := freePort(port)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(b.dir, "nginx-")
	if err != nil {
		return nil, err
	}
	for name, text := range map[string]string{
		"1k":         strings.Repeat("0123456789abcde\n", 64),
		"value.json": compound,
		"nginx.conf": fmt.Sprintf(nginxConf, dir, port),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	s := &server{
		name: "nginx", isNginx: true, small: "/1k", distinct: "/f/%d",
		template: "/c/{id}", query: ".PropertyTable.Properties[0] | {MolecularFormula, MolecularWeight}",
	}
	return s, s.start(ctx, port, os.Stderr, nginx, "-c", filepath.Join(dir, "nginx.conf"), "-p", dir, "-e", "stderr")
}

// startOwn starts the server that comes with fetch.
func (b *bench) startOwn(ctx context.Context, port int) (*server, error) {
	port, err := freePort(port)
	if err != nil {
		return nil, err
	}
	s := &server{
		name: "fetch serve", small: "/bytes/1024", distinct: "/bytes/1024?i=%d",
		template: "/0?i={id}", query: "{time_elapsed}",
	}
	return s, s.start(ctx, port, io.Discard, b.serve, "serve", "--listen", fmt.Sprintf("127.0.0.1:%d", port))
}

func (s *server) smallPath(int) string { return s.small }

// start runs the server and waits until it answers.
func (s *server) start(ctx context.Context, port int, stderr io.Writer, argv ...string) error {
	s.url, s.port = fmt.Sprintf("http://127.0.0.1:%d", port), port
	argv = pin(serverCore, argv)
	s.cmd = exec.CommandContext(ctx, argv[0], argv[1:]...)
	s.cmd.Stderr = stderr
	if err := s.cmd.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		if conn, err := net.Dial("tcp", s.url[len("http://"):]); err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			s.stop()
			return fmt.Errorf("%s does not listen at %s after 5 s", s.name, s.url)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

var stubStatus = regexp.MustCompile(`(?m)^ \d+ \d+ (\d+) *$`)

// tally is what the server says of the requests it has had. Ours does not count the question; nginx does, and it is taken off
// again, and knows the number alone.
func (s *server) tally(ctx context.Context) (testserver.Tally, error) {
	var truth testserver.Truth
	if !s.isNginx {
		err := s.read(ctx, "/__truth?hops=0", &truth)
		return truth.Total, err
	}
	text, err := s.ask(ctx, http.MethodGet, "/status")
	found := stubStatus.FindSubmatch(text)
	if err != nil || found == nil {
		return truth.Total, errors.Join(err, errors.New("nginx does not tell how many requests it had"))
	}
	s.questions++
	truth.Total.Hops, err = strconv.ParseInt(string(found[1]), 10, 64)
	truth.Total.Hops -= s.questions
	return truth.Total, err
}

// read asks the server for something in JSON.
func (s *server) read(ctx context.Context, path string, v any) error {
	text, err := s.ask(ctx, http.MethodGet, path)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

func (s *server) ask(ctx context.Context, method, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s: %s", method, path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// stop ends the server and waits for it.
func (s *server) stop() {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		_ = s.cmd.Process.Kill()
	}
	kill := time.AfterFunc(5*time.Second, func() { _ = s.cmd.Process.Kill() })
	defer kill.Stop()
	_ = s.cmd.Wait()
}

// freePort is a port of loopback that nobody listens at just now: the given one, unless it is 0.
func freePort(port int) (int, error) {
	if port > 0 {
		return port, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// lookPath is the first of names that can be run, or empty.
func lookPath(names ...string) string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
