package main

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"io/fs"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/fetch/internal/exit"
)

// wayOfSecrets is a way to give a secret.
type wayOfSecrets struct {
	args   []string
	env    string
	files  map[string]string
	list   string // its name; empty: list.txt
	unsent bool   // the secret is for nobody
}

// write puts its files into a folder, and gives that, the name of the list, and all the files.
func (w *wayOfSecrets) write(t *testing.T) (folder, list string, files map[string]string) {
	t.Helper()
	folder, list = t.TempDir(), cmp.Or(w.list, "list.txt")
	files = map[string]string{"list.txt": listOf("NAME URL\n", "") + "other http://other.test/plain\n"}
	maps.Copy(files, w.files)
	for file, text := range files {
		if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder, list, files
}

// waysOfSecrets are the ways to give a secret, each with the list that goes with it: a request for owner.test, which the secret
// is for, that is redirected to other.test; one whose answer names a further page there; and one for other.test itself.
var waysOfSecrets = map[string]wayOfSecrets{
	"user":            {args: []string{"-u", "me:" + canary, "--auth-host", "owner.test"}},
	"bearer-env":      {args: []string{"--bearer-env", "TOKEN", "--auth-host", "owner.test"}, env: "TOKEN=" + canary},
	"header-env":      {args: []string{"--header-env", "X-Api-Key=TOKEN", "--auth-host", "owner.test"}, env: "TOKEN=" + canary},
	"header":          {args: []string{"-H", "X-Api-Key: " + canary, "--auth-host", "owner.test"}},
	"cookie":          {args: []string{"-H", "Cookie: session=" + canary, "--auth-host", "owner.test"}},
	"header-file":     {args: []string{"-H", "@header", "--auth-host", "owner.test"}, files: map[string]string{"header": "Authorization: Bearer " + canary + "\r\n"}},
	"netrc":           {args: []string{"--netrc-file", "netrc"}, files: map[string]string{"netrc": "machine owner.test login me password " + canary + "\n"}},
	"netrc-default":   {args: []string{"--netrc-file", "netrc"}, files: map[string]string{"netrc": "default login me password " + canary + "\n"}, unsent: true},
	"userinfo":        {files: map[string]string{"list.txt": listOf("NAME URL\n", "me:"+canary+"@")}},
	"query":           {files: map[string]string{"list.txt": listOf("NAME URL&api_key="+canary+"\n", "")}},
	"set":             {args: []string{"--secret", "api_key", "--set", "api_key=" + canary}, files: map[string]string{"list.txt": listOf("NAME URL&k={api_key}\n", "")}},
	"set-header":      {args: []string{"--set", "token=" + canary, "-H", "X-Token: {token}", "--auth-host", "owner.test"}},
	"rows-header":     {args: []string{"--rows", "rows.csv", "-H", "Authorization: Bearer {api key}", "--auth-host", "owner.test"}, files: map[string]string{"rows.csv": "id,api key\n1," + canary + "\n"}},
	"rows-path":       {args: []string{"--secret", "api key", "--rows", "rows.csv"}, files: map[string]string{"rows.csv": "id,api key\n1," + canary + "\n", "list.txt": "http://owner.test/bot{api key}/x{id}\nhttp://owner.test/to?url=http%3A%2F%2Fother.test%2F&a={api key}\n"}},
	"rows":            {args: []string{"--secret", "access_token", "--rows", "rows.csv"}, files: map[string]string{"rows.csv": "id,access_token\n1," + canary + "\n", "list.txt": listOf("NAME URL&k={access_token}&i={id}\n", "")}},
	"rows-body":       {args: []string{"--secret", "password", "--rows", "rows.csv", "-X", "POST", "-d", "id={id}&x={password}"}, files: map[string]string{"rows.csv": "id,password\n1," + canary + "\n", "list.txt": listOf("NAME URL\n", "")}},
	"csv":             {args: []string{"--secret", "password"}, list: "list.csv", files: map[string]string{"list.csv": "name,url,password\n" + listOf("NAME,URL,"+canary+"\n", "me:"+canary+"@")}},
	"tsv":             {args: []string{"--secret", "api key"}, list: "list.tsv", files: map[string]string{"list.tsv": "name\turl\tapi key\n" + listOf("NAME\tURL\t"+canary+"\n", "me:"+canary+"@")}},
	"jsonl":           {args: []string{"--secret", "TOKEN"}, list: "list.jsonl", files: map[string]string{"list.jsonl": listOf(`{"url": "URL", "name": "NAME", "row": {"token": "`+canary+`"}}`+"\n", "me:"+canary+"@")}},
	"jsonl-header":    {list: "list.jsonl", files: map[string]string{"list.jsonl": listOf(`{"url": "URL", "header": {"X-Api-Key": "`+canary+`"}}`+"\n", "")}},
	"vegeta":          {list: "list.targets", files: map[string]string{"list.targets": listOf("GET URL\nAuthorization: Bearer "+canary+"\nCookie: a="+canary+"\n\n", "")}},
	"vegeta-userinfo": {list: "list.targets", files: map[string]string{"list.targets": listOf("GET URL\n\n", "me:"+canary+"@")}},
	"vegeta-json":     {list: "list.jsonl", files: map[string]string{"list.jsonl": listOf(`{"method": "GET", "url": "URL", "header": {"Authorization": ["Bearer `+canary+`"]}}`+"\n", "")}},
	"aria2":           {list: "list.aria2", files: map[string]string{"list.aria2": listOf("URL\n  out=NAME\n  header=Authorization: Bearer "+canary+"\n", "me:"+canary+"@")}},
	"har":             {list: "list.har", args: []string{"--har-cookies"}, files: map[string]string{"list.har": har(`"headers": [{"name": "X-Api-Key", "value": "` + canary + `"}], "cookies": [{"name": "s", "value": "` + canary + `"}]`)}},
	"har-no-cookies":  {list: "list.har", files: map[string]string{"list.har": har(`"headers": [{"name": "Cookie", "value": "` + canary + `"}], "cookies": [{"name": "s", "value": "` + canary + `"}]`)}, unsent: true},
	"header-named":    {args: []string{"--secret", "x-mine", "-H", "X-Mine: " + canary, "--auth-host", "owner.test"}},
	"rows-query":      {args: []string{"--rows", "rows.csv"}, files: map[string]string{"rows.csv": "id,mine\n1," + canary + "\n", "list.txt": listOf("NAME URL&api_key={mine}&i={id}\n", "")}},
	"rows-json":       {args: []string{"--rows", "rows.csv", "-d", `{"id": {id}, "client_secret": "{mine}"}`}, files: map[string]string{"rows.csv": "id,mine\n1," + canary + "\n", "list.txt": listOf("NAME URL\n", "")}},
	"form":            {args: []string{"-d", "id=1&password=" + canary}, files: map[string]string{"list.txt": listOf("NAME URL\n", "")}},
	"urlencoded":      {args: []string{"--data-urlencode", "password=" + canary}, files: map[string]string{"list.txt": listOf("NAME URL\n", "")}},
	"json-flag":       {args: []string{"--json", `{"id": 1, "client_secret": "` + canary + `"}`}, files: map[string]string{"list.txt": listOf("NAME URL\n", "")}},
	"multipart":       {args: []string{"-F", "id=1", "-F", "password=" + canary + ";type=text/plain"}, files: map[string]string{"list.txt": listOf("NAME URL\n", "")}},
	"form-string":     {args: []string{"--form-string", "password=" + canary}, files: map[string]string{"list.txt": listOf("NAME URL\n", "")}},
	"get":             {args: []string{"-G", "--data-urlencode", "api_key=" + canary}, files: map[string]string{"list.txt": listOf("NAME URL\n", "")}},
	"rows-get":        {args: []string{"--rows", "rows.csv", "-G", "--data-urlencode", "api_key={mine}"}, files: map[string]string{"rows.csv": "id,mine\n1," + canary + "\n", "list.txt": listOf("NAME URL\n", ""), "f.txt": "text"}},
	"rows-urlencoded": {args: []string{"--rows", "rows.csv", "--data-urlencode", "password={mine}"}, files: map[string]string{"rows.csv": "id,mine\n1," + canary + "\n", "list.txt": listOf("NAME URL\n", ""), "f.txt": "text"}},
	"rows-multipart":  {args: []string{"--rows", "rows.csv", "-F", "f=@f.txt", "-F", "password={mine}"}, files: map[string]string{"rows.csv": "id,mine\n1," + canary + "\n", "list.txt": listOf("NAME URL\n", ""), "f.txt": "text"}},
	"rows-uploaded":   {args: []string{"--secret", "mine", "--rows", "rows.csv", "-F", "f=@f.txt;filename={mine}.txt"}, files: map[string]string{"rows.csv": "id,mine\n1," + canary + "\n", "list.txt": listOf("NAME URL\n", ""), "f.txt": "text"}},
	"json":            {args: []string{"-d", `{"access_token": "` + canary + `"}`}, files: map[string]string{"list.txt": listOf("NAME URL\n", "")}},
	"literal":         {files: map[string]string{"list.txt": listOf("NAME URL&token="+canary+"\n", "")}},
	"path-parameter":  {files: map[string]string{"list.txt": listOf("NAME URL\n", "") + "http://owner.test/x;password=" + canary + "/to?url=http%3A%2F%2Fother.test%2F\n"}},
	"env-path":        {args: []string{"--secret-env", "HOOK"}, env: "HOOK=" + canary, files: map[string]string{"list.txt": listOf("NAME URL&services={HOOK}\n", "") + "http://owner.test/services/{HOOK}/x\n"}},
	"env-body":        {args: []string{"--secret-env", "HOOK", "-d", "x={HOOK}"}, env: "HOOK=" + canary, files: map[string]string{"list.txt": listOf("NAME URL\n", "")}},
	"env-header":      {args: []string{"--secret-env", "HOOK", "-H", "X-Any: a {HOOK}", "--auth-host", "owner.test"}, env: "HOOK=" + canary},
	"jsonl-body":      {list: "list.jsonl", files: map[string]string{"list.jsonl": listOf(`{"method": "POST", "url": "URL", "body": {"password": "`+canary+`"}}`+"\n", "")}},
	"sitemap":         {list: "map.xml", files: map[string]string{"map.xml": `<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">` + listOf("<url><loc>URL</loc></url>", "me:"+canary+"@") + "</urlset>"}},
}

// asked are the requests of the list: name and URL, @ standing for what may stand before a host.
var asked = [][2]string{
	{"redirected", "http://@owner.test/to?url=http%3A%2F%2Fother.test%2Fredirected"},
	{"to-another-scheme", "http://@owner.test/to?url=http%3A%2F%2Fowner.test%3A81%2Fredirected"},
	{"paged", "http://@owner.test/page?url=http%3A%2F%2Fother.test%2Fpaged"},
	{"echoed", "http://@owner.test/leak?x=1"},
	{"refused", "http://@owner.test/refuse?x=1"},
}

// listOf repeats an entry of a list for each of the requests, with the user name and password before the host.
func listOf(entry, userinfo string) string {
	var b strings.Builder
	for _, a := range asked {
		b.WriteString(strings.NewReplacer("NAME", a[0], "URL", strings.ReplaceAll(a[1], "@", userinfo)).Replace(entry))
	}
	return b.String()
}

func har(more string) string {
	var entries []string
	for _, a := range asked {
		entries = append(entries, `{"request": {"method": "GET", "url": "`+strings.ReplaceAll(a[1], "@", "")+`", `+more+`}}`)
	}
	return `{"log": {"version": "1.2", "entries": [` + strings.Join(entries, ",") + `]}}`
}

// A secret gets to the host that it is for and to no other, not by a redirect and not by a further page; and it is in nothing
// that we write: no output, no report, no name of a file, whether all goes well or not.
func TestSecretsStay(t *testing.T) {
	for name, way := range waysOfSecrets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, follow := range [][]string{{"--follow-pages"}, {"--next", ".next"}} {
				w := &witness{refuses: true}
				server := httptest.NewServer(w)
				defer server.Close()
				folder, list, files := way.write(t)
				args := slices.Concat([]string{"--testserver=" + server.Listener.Addr().String(), "-v", "--retries", "0", "-o", "out/{name}-{host}-{path}",
					"--report", "r.txt", "--report", "r.json", "--report", "r.ndjson", "--report", "r.csv", "--report", "r.md"}, follow, way.args, []string{list})
				wrote := quietRun(t, folder, files, way.env, args...)
				checkQuiet(t, wrote)
				got := w.hostsThatGot(canary)
				want := []string{"owner.test"}
				if way.unsent {
					want = nil
				}
				if !slices.Equal(got, want) {
					t.Errorf("%v: sent to %q, want %q", follow, got, want)
				}
				if hosts := w.hosts(); !slices.Contains(hosts, "other.test") {
					t.Errorf("%v: only %q were asked", follow, hosts)
				}

				// The server refuses, and is not there.
				args[0] = "--testserver=127.0.0.1:1"
				checkQuiet(t, quietRun(t, folder, files, way.env, args...))
			}
		})
	}
}

// quietRun runs the program in a folder, and gives what it wrote: standard output and error, and the files that were not there
// before, with their names. What it exits with does not matter.
func quietRun(t *testing.T, folder string, before map[string]string, env string, args ...string) map[string][]byte {
	t.Helper()
	cmd := command(args...)
	cmd.Dir = folder
	cmd.Env = append(cmd.Env, env)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ended, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || ended.ExitCode() != exit.Failed && ended.ExitCode() != exit.Unexpected) {
		t.Errorf("%v: %s", err, stderr.Bytes())
	}
	wrote := map[string][]byte{"standard output": stdout.Bytes(), "standard error": stderr.Bytes()}
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(folder, path)
		if _, ours := before[name]; ours || err != nil {
			return err
		}
		wrote[name] = []byte(name)
		if d.Type().IsRegular() {
			text, err := os.ReadFile(path)
			wrote[name] = append(wrote[name], text...)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return wrote
}

// shapesOf are the ways in which a secret may be written.
func shapesOf(secret string) []string {
	shapes := []string{secret, url.QueryEscape(secret)}
	for _, before := range []string{"me:", "", "x", "xx"} { // base64 depends on what stands before it, by threes
		text := base64.StdEncoding.EncodeToString([]byte(before + secret))
		shapes = append(shapes, text[4:len(text)-4])
	}
	return shapes
}

func checkQuiet(t *testing.T, wrote map[string][]byte) {
	t.Helper()
	for name, text := range wrote {
		checkNoCanary(t, name, text)
		if found := controls(text); found != "" {
			t.Errorf("%s has control characters: %q", name, found)
		}
	}
}

func checkNoCanary(t *testing.T, name string, text []byte) {
	t.Helper()
	for _, shape := range shapesOf(canary) {
		if at := bytes.Index(text, []byte(shape)); at >= 0 {
			t.Errorf("%s has the secret: %q", name, text[max(at-100, 0):at+len(shape)])
		}
	}
}
