package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// nginxServer is an nginx with a configuration of its own, on a free port of this machine.
type nginxServer struct {
	addr string // host:port
	cmd  *exec.Cmd
	said bytes.Buffer // read it when the process has ended
}

// The peer serves folder/www: what is under /files/ compressed where the client likes it, the same under /plain/ never
// compressed and so with ranges, under /coded/ with their own compression for a content coding, under /private/ for me with the password secret, under /limited/ at most 50 a second and
// a burst of 5, the rest refused with 429. /moved/… leads to /files/…; there are no lists of files.
const nginxConfig = `
daemon off;
user root;
worker_processes 1;
pid FOLDER/nginx.pid;
error_log stderr error;
events { worker_connections 512; }
http {
	access_log off;
	types { text/plain txt; text/html html; application/json json; text/csv csv; }
	default_type application/octet-stream;
	client_body_temp_path FOLDER/body;
	proxy_temp_path FOLDER/proxy;
	fastcgi_temp_path FOLDER/fastcgi;
	uwsgi_temp_path FOLDER/uwsgi;
	scgi_temp_path FOLDER/scgi;
	gzip on;
	gzip_types *;
	gzip_min_length 100;
	limit_req_zone $binary_remote_addr zone=each:1m rate=50r/s;
	server {
		listen ADDRESS;
		root FOLDER/www;
		autoindex off;
		location /moved/ { rewrite ^/moved/(.*)$ /files/$1 permanent; }
		location /coded/ { gzip off; types { text/csv gz; } add_header Content-Encoding gzip; alias FOLDER/www/files/; }
		location /plain/ { gzip off; alias FOLDER/www/files/; }
		location /private/ { auth_basic "for me"; auth_basic_user_file FOLDER/passwords; alias FOLDER/www/files/; }
		location /limited/ { limit_req zone=each burst=5 nodelay; limit_req_status 429; alias FOLDER/www/files/; }
	}
}
`

// startNginx serves the files 1.json to N.json, {"n": 1} to {"n": N}, and long.txt, 100,000 bytes, from folder. It listens
// before nginx is there, and nginx takes the socket over, as it does from its predecessor when it is upgraded: nobody else
// can take the port in between, and who connects at once waits until nginx answers.
func startNginx(folder string, files int) (*nginxServer, error) {
	www := filepath.Join(folder, "www", "files")
	if err := os.MkdirAll(www, 0o755); err != nil {
		return nil, err
	}
	for i := range files {
		n := strconv.Itoa(i + 1)
		if err := os.WriteFile(filepath.Join(www, n+".json"), []byte(`{"n": `+n+"}\n"), 0o644); err != nil {
			return nil, err
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		return nil, err
	}
	defer socket.Close()
	s := &nginxServer{addr: listener.Addr().String()}
	config := filepath.Join(folder, "nginx.conf")
	text := strings.NewReplacer("FOLDER", folder, "ADDRESS", s.addr).Replace(nginxConfig)
	for name, text := range map[string]string{
		config:                             text,
		filepath.Join(folder, "passwords"): "me:{PLAIN}secret\n",
		filepath.Join(www, "long.txt"):     strings.Repeat("0123456789", 10_000),
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	s.cmd = exec.Command("nginx", "-e", "stderr", "-p", folder, "-c", config)
	s.cmd.Env = append(os.Environ(), "NGINX=3;")
	s.cmd.ExtraFiles = []*os.File{socket}
	s.cmd.Stderr = &s.said
	return s, s.cmd.Start()
}

// stop ends nginx, and tells what went wrong with it.
func (s *nginxServer) stop() error {
	s.cmd.Process.Signal(os.Interrupt)
	late := time.AfterFunc(10*time.Second, func() { s.cmd.Process.Kill() })
	err := s.cmd.Wait()
	if !late.Stop() {
		return errors.New("nginx did not stop within 10 s")
	}
	for line := range strings.Lines(s.said.String()) {
		// It has notices of the socket that it inherited, and a warning of the user if it is not root.
		if strings.Contains(line, "[emerg]") || strings.Contains(line, "[alert]") || strings.Contains(line, "[crit]") {
			err = errors.Join(err, errors.New(strings.TrimSpace(line)))
		}
	}
	if err != nil {
		return fmt.Errorf("nginx: %w", err)
	}
	return nil
}
