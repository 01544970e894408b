package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// recordCurl has the cases of curlCases recorded anew, with the curl that is there:
//
//	go test ./cmd/fetch -run TestSendsAsCurl -record-curl
var recordCurl = flag.Bool("record-curl", false, "record what curl sends")

const curlRecord = "testdata/curl.json"

// wire is what matters of a request as it was on the wire, a boundary written BOUNDARY.
type wire struct {
	Args   []string `json:"args"`
	Path   string   `json:"path"`
	Line   string   `json:"line"`
	Type   []string `json:"type"`
	Accept []string `json:"accept"`
	Body   []byte   `json:"body"`
}

// curlFiles are what the cases read.
var curlFiles = map[string]string{
	"form.txt": "a b&c=d\n", "bin.dat": "one\r\ntwo\n\x00\xff end\n", "empty.txt": "", "body.json": "{\"a\": 1}\n",
	"odd \"name\";é.txt": "x", "comma,name.txt": "y", "sub/PHOTO.PNG": "\x89PNG\r\n", "big.bin": strings.Repeat("0123456789abcdef", 100_000),
}

// curlCases are command lines that mean the same to curl and to fetch, and the path that they go to.
var curlCases = [][]string{
	{"/", "-d", "a=1"}, {"/", "-d", ""}, {"/", "-d", "a=1", "-d", "", "-d", "b=2"}, {"/", "-d", "line\r\n\ttwo é"},
	{"/", "-X", "PUT", "-d", "a=1"}, {"/", "-d", "a=1", "-H", "Content-Type: text/plain"}, {"/", "-d", "a=1", "-H", "Content-Type:"},
	{"/", "--data-binary", "@bin.dat"}, {"/", "--data-binary", "@big.bin"}, {"/", "--data-binary", "@empty.txt"}, {"/", "--data-binary", "x", "--data-binary", "@bin.dat"},
	{"/", "--data-raw", "@bin.dat"}, {"/", "--data-raw", "a", "-d", "b", "--data-binary", "@form.txt"},
	{"/", "--data-urlencode", "a b&é"}, {"/", "--data-urlencode", "=a=b c"}, {"/", "--data-urlencode", "n=x y=z&~-._*!()'/"}, {"/", "--data-urlencode", "n="},
	{"/", "--data-urlencode", "@form.txt"}, {"/", "--data-urlencode", "n@bin.dat"}, {"/", "--data-urlencode", "a b=c@d"}, {"/", "--data-urlencode", ""},
	{"/", "-d", "a=1", "--data-urlencode", "b=2 3", "-d", "c=4"}, {"/", "--data-urlencode", "b=2 3", "-d", "a=1", "--data-urlencode", "@form.txt"},
	{"/", "--json", `{"a": 1}`}, {"/", "--json", `{"a":`, "--json", "1}"}, {"/", "--json", "@body.json"}, {"/", "--json", "[", "--json", "@body.json", "--json", "]"},
	{"/", "--json", "1", "-H", "Accept: text/csv", "-H", "Content-Type: application/ld+json"}, {"/", "--json", "1", "-H", "Accept:"}, {"/", "--json", ""},
	{"/", "-X", "PATCH", "--json", "{}"}, {"/", "-d", "a=1", "--json", "{}", "-d", "b=2"},
	{"/p", "-G", "-d", "a=1", "-d", "b=2"}, {"/p?q=0", "-G", "-d", "a=1"}, {"/", "-G", "--data-urlencode", "q=x y&ü+{}"}, {"/", "-G", "-I", "-d", "a=1"},
	{"/", "-G", "-X", "DELETE", "-d", "a=1"}, {"/", "-G", "-d", ""},
	{"/", "-T", "form.txt"}, {"/up/", "-T", "sub/PHOTO.PNG"}, {"/x", "-T", "bin.dat"}, {"/x/?q=1", "-T", "form.txt"}, {"/x?q=1", "-T", "form.txt"}, {"", "-T", "form.txt"},
	{"/", "-T", "empty.txt"}, {"/x", "-T", "big.bin"}, {"/x", "-X", "POST", "-T", "form.txt"}, {"/x", "-T", "form.txt", "-H", "Content-Type: text/csv"},
	{"/", "-F", "a=b"}, {"/", "-F", "a="}, {"/", "-F", "a=b=c", "-F", "a=2"}, {"/", "-F", "=x"}, {"/", "-F", `a"b=x`}, {"/", "-F", "ü=é\r\nx"},
	{"/", "-F", "a=@form.txt"}, {"/", "-F", "a=@bin.dat"}, {"/", "-F", "a=@empty.txt"}, {"/", "-F", "a=@sub/PHOTO.PNG"}, {"/", "-F", "a=@big.bin", "-F", "b=c"},
	{"/", "-F", "a=@form.txt;type=text/csv"}, {"/", "-F", `a=@form.txt;type=text/csv;filename=q"\u.csv`}, {"/", "-F", "a=@bin.dat;filename=x.png"},
	{"/", "-F", `a=@form.txt;filename="a;b.csv"`}, {"/", "-F", `a=@"odd \"name\";é.txt"`}, {"/", "-F", `a=@"comma,name.txt"`},
	{"/", "-F", "a=<form.txt"}, {"/", "-F", "a=<bin.dat;type=text/x"}, {"/", "-F", "a=<form.txt;filename=zz"},
	{"/", "-F", "a=x;type=text/html; charset=utf-8"}, {"/", "-F", "a=x;type=text/html; charset=utf-8;filename=y"}, {"/", "-F", "a=x;filename=y.txt"},
	{"/", "-F", `a="x;y"`}, {"/", "-F", `a="x\"y\\z";type=text/x`}, {"/", "--form-string", "a=@x;type=y", "-F", "b=c", "--form-string", `d="`},
	{"/", "-X", "PUT", "-F", "a=b"}, {"/", "-F", "a=b", "-H", "Content-Type: multipart/form-data; charset=utf-8"},
}

// What is on the wire is what curl 7.88 sent, byte for byte, but for what docs/flags.md tells of.
func TestSendsAsCurl(t *testing.T) {
	folder := t.TempDir()
	for name, text := range curlFiles {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if *recordCurl {
		recordAll(t, folder)
	}
	text, err := os.ReadFile(curlRecord)
	if err != nil {
		t.Fatal(err)
	}
	var recorded []wire
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	if len(recorded) != len(curlCases) {
		t.Errorf("%d cases are recorded of %d", len(recorded), len(curlCases))
	}
	for _, want := range recorded {
		t.Run(strings.Join(want.Args, " "), func(t *testing.T) {
			t.Parallel()
			got := onWire(t, folder, want.Path, want.Args, func(args []string) *exec.Cmd {
				return command(slices.Concat([]string{"--retries", "0"}, args)...)
			})
			if a, b := fmt.Sprintf("%q %q", got.Line, got.Type), fmt.Sprintf("%q %q", want.Line, want.Type); a != b {
				t.Errorf("%s, and curl %s", a, b)
			}
			if !slices.Equal(got.Accept, want.Accept) {
				t.Errorf("Accept %q, and curl %q", got.Accept, want.Accept)
			}
			if !bytes.Equal(got.Body, want.Body) {
				t.Errorf("sent %.300q, and curl %.300q", got.Body, want.Body)
			}
		})
	}
}

func recordAll(t *testing.T, folder string) {
	var all []wire
	for _, c := range curlCases {
		all = append(all, onWire(t, folder, c[0], c[1:], func(args []string) *exec.Cmd {
			return exec.CommandContext(t.Context(), "curl", slices.Concat([]string{"-sS"}, args)...)
		}))
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(curlRecord, append(text, '\n'), 0o666); err != nil {
		t.Fatal(err)
	}
}

// onWire runs a client in a folder, and reads what it sends from the socket.
func onWire(t *testing.T, folder, path string, args []string, program func(args []string) *exec.Cmd) wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	cmd := program(slices.Concat(args, []string{"http://" + listener.Addr().String() + path}))
	cmd.Dir = folder
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Run()
		listener.Close()
	}()
	w := wire{Args: args, Path: path}
	conn, err := listener.Accept()
	if err == nil {
		err = w.read(conn)
		conn.Close()
	}
	if failed := <-ended; err != nil || failed != nil {
		t.Fatalf("%v %q: %v, %v\n%s", cmd.Args[0], args, err, failed, stderr.Bytes())
	}
	return w
}

var (
	boundaries = regexp.MustCompile(`boundary=(-{24}[0-9a-zA-Z]+)`)
	escapes    = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
)

// read takes one request and answers it.
func (w *wire) read(conn net.Conn) error {
	conn.SetDeadline(time.Now().Add(time.Minute))
	in := bufio.NewReader(conn)
	header := http.Header{}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		line = strings.TrimSuffix(line, "\r\n")
		if line == "" {
			break
		}
		if w.Line == "" {
			w.Line = line
			continue
		}
		name, value, _ := strings.Cut(line, ": ")
		header.Add(name, value)
	}
	w.Line = escapes.ReplaceAllStringFunc(w.Line, strings.ToUpper) // curl has small letters there, and means the same
	w.Type, w.Accept = header["Content-Type"], header["Accept"]
	if header.Get("Transfer-Encoding") != "" {
		return fmt.Errorf("Transfer-Encoding: %s", header.Get("Transfer-Encoding"))
	}
	if header.Get("Expect") != "" {
		io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n")
	}
	if length := header.Get("Content-Length"); length != "" {
		n, err := strconv.Atoi(length)
		if err != nil {
			return err
		}
		w.Body = make([]byte, n)
		if _, err := io.ReadFull(in, w.Body); err != nil {
			return err
		}
	}
	if len(w.Type) > 0 {
		if found := boundaries.FindStringSubmatch(w.Type[0]); found != nil {
			w.Type[0] = strings.ReplaceAll(w.Type[0], found[1], "BOUNDARY")
			w.Body = bytes.ReplaceAll(w.Body, []byte(found[1]), []byte("BOUNDARY"))
		}
	}
	if len(w.Body) > 1<<20 {
		w.Body = fmt.Appendf(nil, "%d bytes, of which the digest is %x", len(w.Body), sha256.Sum256(w.Body))
	}
	_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	return err
}
