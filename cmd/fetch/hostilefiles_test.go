//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/fetch/internal/secret/secrettest"
	"example.com/fetch/testserver"
)

// hostileNames are what a file must not be called, or not so. In the path of a URL their slashes are encoded.
var hostileNames = []string{
	"..", ".", "../../x", `..\..\x`, "a/../../../etc/passwd", "/etc/passwd", "~/.ssh/authorized_keys", ".bashrc", ".fetch-0-1.part",
	".fetch-sync.jsonl", ".fetch-sync.lock", "CON", "aux.json", "a:b", "COM1", "x\u202egpj.exe", "\u009b31mred", "-rf", "x ", "x.", "$(id)", "`id`", "*",
	strings.Repeat("ü", 300), strings.Repeat("x", 300) + ".json", "a\u2028b", "e\u0301", "\u00e9", " ", "%00", "%1b[31m",
}

// hostilePaths are the last segments of URLs, encoded as they are.
var hostilePaths = []string{
	"a%2f..%2f..%2f..%2fetc%2fpasswd", "..%2f..%2fx", "..%5c..%5cx", "%2e%2e", "%00", "a%00.json", "%1b%5b31mred", "%c2%9b31m", "%e2%80%aegpj.exe", "%ff%fe", "a%0d%0ab", "%2fetc%2fpasswd",
	"x;y=z", "%2e%2e;x", "C%3a%5cx", "%252e%252e%252fx", "a//b//", "..;/..;/x",
}

// hostileList asks for every fault, and for good answers with every bad name.
func hostileList(t *testing.T) []string {
	t.Helper()
	var lines []string
	add := func(name, path string) {
		line, err := json.Marshal(map[string]string{"name": name, "url": "http://me:" + canary + "@hostile.test/fault/" + path + "?api_key=" + canary})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	for _, f := range testserver.Faults() {
		add("", f.Name)
	}
	for _, name := range hostileNames {
		if strings.IndexFunc(name, func(c rune) bool { return c >= 0x80 && c < 0xa0 }) < 0 { // which a list may not hold
			add(name, "ok")
		}
	}
	for _, p := range hostilePaths {
		add("", "ok/"+p)
	}
	return lines
}

// A hostile server and a hostile list make no file outside the folder, none that is not whole, and none with a name that a
// shell or a terminal would obey; and the files of other hosts hold no secret that was not for them.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	server := server(t)
	for name, args := range map[string][]string{
		"folder":   {"-o", "out"},
		"template": {"-o", "out/{host}/{file}-{path}", "--sha256", "--sync", "always"},
		"pages":    {"-o", "out/{name}", "--follow-pages"},
		"sync":     {"sync", "-o", "out"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := hostileList(t)
			folder := filepath.Join(t.TempDir(), "in", "side")
			before := map[string]string{"list.jsonl": strings.Join(lines, "\n") + "\n"}
			if err := os.MkdirAll(folder, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, "list.jsonl"), []byte(before["list.jsonl"]), 0o666); err != nil {
				t.Fatal(err)
			}
			if name == "sync" {
				args = append(args, "--report", "report.csv")
			} else {
				args = append(args, "-f", "csv", "--fields", "url,status,class,error,name,file,sha256")
			}
			args = append(args, "--testserver="+server.addr, "-v", "-c", "40", "--retries", "0", "--max-body", "100000", "--timeout", "5s", "--ttfb-timeout", "4s",
				"--stall-timeout", "2s", "-H", "X-Api-Key: "+canary, "list.jsonl")
			wrote := quietRun(t, folder, before, "", args...)
			files := 0
			for name, text := range wrote {
				if !strings.Contains(name, "redirect-lines") { // which tells the very host that was sent it
					secrettest.Check(t, name, text)
				}
				inside, isFile := strings.CutPrefix(name, "out/")
				csv := name == "report.csv" || name == "standard output" && !slices.Contains(args, "report.csv") // has cells as they are
				if found := controls(text); found != "" && !csv && (!isFile || strings.HasPrefix(inside, ".fetch-sync.")) {
					t.Errorf("%s has control characters: %q", name, found)
				}
				if !isFile {
					continue
				}
				files++
				if strings.HasPrefix(inside, ".fetch-sync.") {
					continue
				}
				base := path.Base(name)
				if found := controls([]byte(name)); found != "" || strings.ContainsAny(name, `\:*?"<>|`) || base[0] == '.' || base[0] == '-' || len(base) > 200 ||
					strings.HasSuffix(base, ".part") {
					t.Errorf("the name %q", name)
				}
			}
			if want := len(hostilePaths); files < want {
				t.Errorf("%d files", files)
			}
			for _, up := range []string{"..", "../.."} {
				entries, err := os.ReadDir(filepath.Join(folder, up))
				if err != nil || len(entries) != 1 {
					t.Errorf("%v in the folder above, %v", entries, err)
				}
			}
			for name := range wrote {
				top, _, _ := strings.Cut(name, "/")
				if !slices.Contains([]string{"standard output", "standard error", ".", "out", "report.csv"}, top) {
					t.Errorf("beside the folder is %q", name)
				}
			}
		})
	}
}
