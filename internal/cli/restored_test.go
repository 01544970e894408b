package cli

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
	"pgregory.net/rapid"

	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/secret/secrettest"
	"example.com/fetch/internal/spec"
)

// parsed is a command line: its flags, and its sources.
func parsed(t testing.TB, args ...string) (*Flags, []string) {
	t.Helper()
	flags := NewFlags()
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, g := range flags.Groups {
		all.AddFlagSet(g.Flags)
	}
	if err := all.Parse(args); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	flags.Parsed()
	return flags, all.Args()
}

// secretsOf takes all that stands in braces for columns, if there are any.
func secretsOf(flags *Flags, args []string) spec.Secrets {
	secrets := spec.Secrets{Rules: flags.Spec.Secrets(), Variables: flags.Spec.SecretEnv}
	if flags.Spec.Templated() {
		for _, found := range spec.Expressions.FindAllStringSubmatch(strings.Join(args, " "), -1) {
			name, _, _ := strings.Cut(found[1], ":")
			secrets.Variables = append(secrets.Variables, name)
		}
	}
	return secrets
}

// storedRun is the line of a journal that a command line leads to, after it has been written and read.
func storedRun(t testing.TB, args ...string) *journal.Leg {
	t.Helper()
	flags, sources := parsed(t, args...)
	secrets := secretsOf(flags, args)
	leg := journal.Leg{Args: spec.Invocation("run", flags.Spec.Given, sources, secrets)}
	leg.Flags, leg.Sources, leg.Again = spec.Stored(flags.Spec.Given, sources, secrets)
	line, err := json.Marshal(&leg)
	if err != nil {
		t.Fatal(err)
	}
	var read journal.Leg
	if err := json.Unmarshal(line, &read); err != nil {
		t.Fatal(err)
	}
	return &read
}

// settings are the values of all flags, whatever was given.
func settings(f *Flags) map[string][]string {
	all := map[string][]string{}
	for _, g := range f.Groups {
		g.Flags.VisitAll(func(f *pflag.Flag) { all[f.Name] = valuesOf(f) })
	}
	return all
}

// checkRestored resumes a run, and compares what comes of it with what the run had.
func checkRestored(t *rapid.T, tb testing.TB, run *journal.Leg, want []string, resume ...string) {
	tb.Helper()
	fail := tb.Errorf
	if t != nil {
		fail = t.Errorf
	}
	flags, sources := parsed(tb, resume...)
	if err := restoreFlags(flags.Groups, run, len(sources) > 0); err != nil {
		fail("%q and then %q: %v", want, resume, err)
		return
	}
	original, _ := parsed(tb, want...)
	if diff := cmp.Diff(settings(original), settings(flags)); diff != "" {
		fail("%q and then %q: %s", want, resume, diff)
	}
	for _, f := range []*spec.Spec{flags.Spec, original.Spec} { // functions are equal to nothing
		f.Given = nil
		f.PerHost.Parse, f.Rates.Parse, f.RateHost.Parse = nil, nil, nil
	}
	if len(resume) == 0 && !reflect.DeepEqual(flags.Spec, original.Spec) {
		fail("%q gives %+v, not %+v", want, flags.Spec, original.Spec)
	}
}

// Every flag is in the table, and nothing else.
func TestOwnersHasAllFlags(t *testing.T) {
	flags, _ := parsed(t)
	names := slices.Sorted(maps.Keys(settings(flags)))
	if diff := cmp.Diff(names, slices.Sorted(maps.Keys(spec.Owners))); diff != "" {
		t.Error(diff)
	}
}

// samples are values of every flag that hold no secret, each a command line of its own.
var samples = map[string][][]string{
	"input-format": {{"--input-format", "csv"}}, "rows": {{"--rows", "token=1/cids.csv"}, {"--rows", "-"}},
	"set":   {{"--set", "cid=1..100", "--set", "key=a,b,c", "--set", "token=@tokens.txt", "--set", "x=a=b"}},
	"batch": {{"--batch", "cid:100"}}, "dedupe": {{"--dedupe"}, {"--dedupe=false"}}, "har-cookies": {{"--har-cookies"}}, "skip-bad": {{"--skip-bad"}},
	"every": {{"--every", "1.5"}, {"--every", "90m"}}, "for": {{"--for", "1h0m0s"}, {"--for", "1h0m30s"}},
	"concurrency": {{"-c", "5"}, {"-c", "auto"}}, "per-host": {{"--per-host", "3", "--per-host", "auth.example.com=5"}},
	"rate": {{"-r", "5/s", "-r", "400/m"}}, "rate-host": {{"--rate-host", " 5 / s ", "--rate-host", "token.example.com:80=2/10s"}}, "burst": {{"--burst", "2"}},
	"policy": {{"--policy", "key=1/hosts.toml"}}, "preset": {{"--preset", "pubchem", "--preset", "127.0.0.1:8000=ncbi"}}, "no-presets": {{"--no-presets"}},
	"timeout": {{"-t", "0"}, {"-t", "1e3"}, {"-t", "1m0s"}, {"-t", "0.000000001"}, {"-t", "10m"}}, "connect-timeout": {{"--connect-timeout", "500ms"}},
	"ttfb-timeout": {{"--ttfb-timeout", "1h"}}, "stall-timeout": {{"--stall-timeout", "20m"}}, "total-timeout": {{"--total-timeout", "100h"}}, "deadline": {{"--deadline", "1h20m0s"}},
	"retries": {{"--retries", "0"}}, "retry-max-wait": {{"--retry-max-wait", "1m"}}, "retry-on": {{"--retry-on", "429,5xx,timeout, connect"}}, "retry-unsafe": {{"--retry-unsafe"}},
	"retry-budget": {{"--retry-budget", "20%"}, {"--retry-budget", "0.07"}, {"--retry-budget", "0"}, {"--retry-budget", "none"}}, "give-up": {{"--give-up", "0"}, {"--give-up", "5m"}}, "no-adapt": {{"--no-adapt"}}, "robots": {{"--robots"}}, "no-share": {{"--no-share"}},
	"request": {{"-X", "PUT"}}, "head": {{"-I"}}, "location": {{"-L"}}, "max-redirects": {{"--max-redirects", "0"}}, "cookies": {{"--cookies", "run"}, {"--cookies", "none"}}, "deny-private": {{"--deny-private"}},
	"header": {{"-H", "Accept: text/csv", "-H", "@secrets.txt", "-H", "Cookie:", "-H", "X-Empty;", "-H", "From: me@example.org"},
		{"--rows", "r.csv", "-H", "Authorization: Bearer {api key}", "-H", "Referer: http://a.test/?token={token}"}},
	"data":     {{"-d", "@body.json", "-d", "a=1,2"}, {"-d", ""}, {"-d", " {\"a\":\n1} "}, {"--rows", "r.csv", "-d", `{"password":"{p}","id":{id}}`}},
	"data-raw": {{"--data-raw", "@a", "-d", "b", "--data-raw", "c"}}, "data-binary": {{"--data-binary", "@body.bin"}},
	"data-urlencode": {{"--data-urlencode", "a=b & c", "-d", "x=1", "--data-urlencode", "n@body.txt"}, {"--data-urlencode", ""}},
	"json":           {{"--json", `{"a":`, "--json", "@rest.json"}}, "get": {{"-G", "-d", "q=1"}},
	"form":        {{"-F", "a=b;type=text/x", "--form-string", "c=<d", "-F", "e=@f.bin;filename=g"}, {"-F", "a=<b.txt"}},
	"form-string": {{"--form-string", "a=b", "-F", "a=c"}}, "upload-file": {{"-T", "token=1.bin"}},
	"user-agent": {{"-A", ""}, {"-A", "bot/1 (+mailto:me@example.org)"}, {"-A", "me@example.org"}}, "contact": {{"--contact", "me@example.org"}},
	"bearer-env": {{"--bearer-env", "TOKEN"}}, "header-env": {{"--header-env", "Authorization=TOKEN", "--header-env", "X=Y"}},
	"netrc": {{"--netrc"}}, "netrc-file": {{"--netrc-file", "secret=1/me@home"}}, "auth-host": {{"--auth-host", "auth.example.com:80", "--auth-host", "b.test"}},
	"proxy": {{"-x", ""}, {"-x", "socks5://127.0.0.1:1080"}}, "resolve": {{"--resolve", "a.test:80:127.0.0.1"}}, "insecure": {{"-k"}},
	"cacert": {{"--cacert", "key=/ca.pem"}}, "cert": {{"--cert", "a,b.pem"}}, "http1": {{"--http1"}},
	"key":        {{"--key", "k.pem"}, {"--key", "./a=b.pem"}},
	"row-key":    {{"--row-key", "key=.key"}, {"--row-key", "./a=b"}},
	"testserver": {{"--testserver"}, {"--testserver=127.0.0.1:8000"}},
	"accept":     {{"--accept", "200-299, 304"}}, "missing-ok": {{"--missing-ok", "404,4xx"}}, "expect": {{"--expect", `.a == "b"`, "--expect", `.key=="b" and .n>=2`}},
	"expect-text": {{"--expect-text", "a, b", "--expect-text", "/^a.*b$/"}}, "expect-type": {{"--expect-type", "json"}}, "max-body": {{"--max-body", "64MiB"}, {"--max-body", "0"}},
	"max-memory": {{"--max-memory", "500M"}, {"--max-memory", "0"}},
	"output":     {{"-o", "-"}, {"-o", "out/key={key}/{name}.json"}}, "overwrite": {{"--overwrite"}}, "sync": {{"--sync", "always"}}, "sha256": {{"--sha256"}},
	"select": {{"--select", "{name, mass: .weight, token: .token}"}}, "split": {{"--split", ".items[]"}}, "fields": {{"--fields", "status,url", "--fields", "host"}},
	"exec": {{"--exec", "jq -r '.a' | sort -k1,2 \"$FETCH_NAME\""}}, "exec-jobs": {{"--exec-jobs", "2"}}, "exec-timeout": {{"--exec-timeout", "5"}},
	"follow-pages": {{"--follow-pages"}}, "next": {{"--next", `"http://a.test/?page=" + .next_token`}}, "max-pages": {{"--max-pages", "3"}}, "next-wait": {{"--next-wait", "2s"}},
	"ordered": {{"--ordered"}}, "fail-fast": {{"--fail-fast"}}, "max-errors": {{"--max-errors", "9"}},
	"format": {{"-f", "csv"}}, "no-results": {{"--no-results"}}, "report": {{"--report", "a,b.txt", "--report", "c d.md"}}, "csv-safe": {{"--csv-safe"}}, "drop-failed": {{"--drop-failed"}}, "csv-raw": {{"--csv-raw"}},
	"secret": {{"--secret", "pw", "--secret", "X-Mine"}}, "secret-env": {{"--secret-env", "HOOK"}},
	"progress": {{"--progress", "none"}}, "metrics": {{"--metrics", ":9090"}}, "color": {{"--color", "never"}}, "quiet": {{"-q"}}, "verbose": {{"-v"}},
}

// What is no secret is kept, and means the same when it is taken over.
func TestFlagsAreRestored(t *testing.T) {
	for name := range spec.Owners {
		if len(samples[name]) == 0 && spec.Owners[name] != spec.OfJournal && name != "user" {
			t.Errorf("--%s is not tried", name)
		}
		for _, args := range samples[name] {
			run := storedRun(t, args...)
			if len(run.Again) > 0 {
				t.Errorf("%q: %q would have to be given again", args, run.Again)
			}
			if !slices.ContainsFunc(run.Flags, func(f journal.Flag) bool { return f.Name == name }) {
				t.Errorf("%q: only %v is kept", args, run.Flags)
			}
			checkRestored(nil, t, run, args)
		}
	}
	names := slices.Sorted(maps.Keys(samples))
	rapid.Check(t, func(rt *rapid.T) {
		var args []string
		for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom(names), rapid.ID).Draw(rt, "flags") {
			args = append(args, rapid.SampledFrom(samples[name]).Draw(rt, name)...)
		}
		checkRestored(rt, t, storedRun(t, args...), args)
	})
}

// The baseline was measured, and the journal is the one that is gone on with.
func TestWhatIsNotKept(t *testing.T) {
	if run := storedRun(t, "--baseline", "--baseline=5", "-j", "run.jsonl", "--fresh"); len(run.Flags)+len(run.Again) > 0 {
		t.Errorf("%v, %q", run.Flags, run.Again)
	}
}

// secretFlags are command lines with a secret in them, and what has to be given again.
var secretFlags = map[string]struct {
	args  []string // CANARY is the secret
	again []string
}{
	"user":               {[]string{"-u", "me:CANARY"}, []string{"--user"}},
	"user like a file":   {[]string{"-u", "@x:CANARY"}, []string{"--user"}},
	"user without":       {[]string{"-u", "CANARY:"}, []string{"--user"}},
	"header":             {[]string{"-H", "Accept: a/b", "-H", "authorization: Bearer CANARY", "-H", "X-Api-Key: CANARY"}, []string{"--header authorization", "--header X-Api-Key"}},
	"cookie":             {[]string{"-H", "Cookie: a=CANARY; b={x}", "--rows", "r.csv"}, []string{"--header Cookie"}},
	"header named":       {[]string{"--secret", "x-who", "-H", "X-Who: Bearer CANARY"}, []string{"--header X-Who"}},
	"header and column":  {[]string{"-H", "X-Api-Key: CANARY{id}", "--rows", "r.csv"}, []string{"--header X-Api-Key"}},
	"no header":          {[]string{"-H", "Authorization Bearer CANARY"}, []string{"--header"}},
	"header name":        {[]string{"-H", "token=CANARY x: y"}, []string{"--header"}},
	"form":               {[]string{"-d", "a=1", "-d", "b=2&password=CANARY"}, []string{"--data"}},
	"form named":         {[]string{"--secret", "pin", "-d", "b=2&PIN=CANARY"}, []string{"--data"}},
	"form encoded":       {[]string{"-d", "client%5Fsecret=CANARY"}, []string{"--data"}},
	"JSON":               {[]string{"-d", ` {"a":1,"access_token":{"b":["CANARY"]}}`}, []string{"--data"}},
	"JSON named":         {[]string{"--secret", "otp", "-d", `{"OTP":"CANARY"}`}, []string{"--data"}},
	"form-encoded":       {[]string{"-d", "a=1", "--data-urlencode", "password=CANARY & x"}, []string{"--data", "--data-urlencode"}},
	"JSON in pieces":     {[]string{"--json", `{"api_key":`, "--json", `"CANARY"}`}, []string{"--json"}},
	"raw":                {[]string{"--data-raw", "@password=CANARY"}, []string{"--data-raw"}},
	"binary":             {[]string{"--data-binary", "password=CANARY"}, []string{"--data-binary"}},
	"--json":             {[]string{"--json", `{"password":"CANARY"}`}, []string{"--json"}},
	"multipart":          {[]string{"-F", "password=CANARY;type=text/plain", "-F", "b=@c"}, []string{"--form"}},
	"multipart string":   {[]string{"-F", "b=@c", "--form-string", "password=CANARY"}, []string{"--form", "--form-string"}},
	"JSON twice":         {[]string{"-d", `{"password":"CANARY","password":""}`}, []string{"--data"}},
	"broken JSON":        {[]string{"-d", `{"password":"CANARY"`}, []string{"--data"}},
	"set":                {[]string{"--secret", "x", "--set", "id=1..3", "--set", "x=CANARY", "--set", "z=1"}, []string{"--set x"}},
	"no set":             {[]string{"--set", "CANARY"}, []string{"--set"}},
	"proxy":              {[]string{"-x", "http://me:CANARY@a.test:3128"}, []string{"--proxy"}},
	"proxy, no scheme":   {[]string{"-x", "me:CANARY@a.test:3128"}, []string{"--proxy"}},
	"userinfo":           {[]string{"list.txt", "http://me:CANARY@a.test/"}, []string{"SOURCE 2"}},
	"query":              {[]string{"http://a.test/?api_key=CANARY", "list.txt", "https://a.test/?a=1&token=CANARY"}, []string{"SOURCE 1", "SOURCE 3"}},
	"path":               {[]string{"http://a.test/x;password=CANARY/y"}, []string{"SOURCE 1"}},
	"fragment":           {[]string{"http://a.test/#access_token=CANARY"}, []string{"SOURCE 1"}},
	"template":           {[]string{"--rows", "r.csv", "{+base}/x?id={id}&token=CANARY"}, []string{"SOURCE 1"}},
	"cell and secret":    {[]string{"--rows", "r.csv", "http://a.test/?api_key={id}CANARY"}, []string{"SOURCE 1"}},
	"JSON template":      {[]string{"--rows", "r.csv", "-d", `{"id":{id},"password":"CANARY"}`}, []string{"--data"}},
	"form template":      {[]string{"--rows", "r.csv", "-d", `{name}=1&api_key=CANARY`}, []string{"--data"}},
	"port template":      {[]string{"--rows", "r.csv", "http://127.0.0.1:{port}/x?email=me@x.org&api_key=CANARY"}, []string{"SOURCE 1"}},
	"several at a time":  {[]string{"-u", "me:CANARY", "-x", "http://me:CANARY@p.test", "-d", "pin=1&password=CANARY", "http://x:CANARY@a.test"}, []string{"--data", "--user", "--proxy", "SOURCE 1"}},
	"header and its set": {[]string{"--secret", "x", "--set", "x=CANARY", "-H", "Cookie: a={x}; b=CANARY"}, []string{"--set x", "--header Cookie"}},
}

// No secret gets into a journal, wherever it was given; it has to be given again, which is all.
func TestSecretFlagsAreNotStored(t *testing.T) {
	for name, way := range secretFlags {
		t.Run(name, func(t *testing.T) {
			var args []string
			for _, arg := range way.args {
				args = append(args, strings.ReplaceAll(arg, "CANARY", secrettest.Canary))
			}
			run := storedRun(t, args...)
			line, err := json.Marshal(run)
			if err != nil {
				t.Fatal(err)
			}
			secrettest.Check(t, "the journal", line)
			if !slices.Equal(run.Again, way.again) {
				t.Fatalf("to be given again is %q, not %q", run.Again, way.again)
			}

			flags, _ := parsed(t)
			err = restoreFlags(flags.Groups, run, false)
			if err == nil {
				t.Fatal("nothing has to be given again")
			}
			secrettest.Check(t, "the error", []byte(err.Error()))
			for _, word := range way.again {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not name %s", err, word)
				}
			}

			// With all of them it is what it was.
			var resume []string
			original, sources := parsed(t, args...)
			eachGiven(original.Groups, func(f *pflag.Flag) {
				for _, value := range valuesOf(f) {
					if slices.Contains(run.Again, "--"+f.Name) || slices.Contains(run.Again, "--"+f.Name+" "+spec.PartName(f.Name, value)) {
						resume = append(resume, "--"+f.Name+"="+value)
					}
				}
			})
			if !slices.Contains(args, "-H") { // whose order changes
				checkRestored(nil, t, run, args, append(resume, sources...)...)
			}
			again, _ := parsed(t, resume...)
			if err := restoreFlags(again.Groups, run, true); err != nil {
				t.Error(err)
			}
		})
	}
}

// What names a secret is kept, and finds it again.
func TestReferencesAreStored(t *testing.T) {
	for _, args := range [][]string{
		{"-H", "@headers", "--header-env", "X-Api-Key=TOKEN", "--auth-host", "a.test"}, {"--bearer-env", "TOKEN"}, {"--netrc"}, {"--netrc-file", "netrc"},
		{"--rows", "r.csv", "http://127.0.0.1:{port}/x?email=me@x.org&api_key={+name}&token={name:3}", "-H", "X-Api-Key: {  tok}"},
		{"-d", "@password"}, {"--cert", "c.pem", "--key", "k.pem"}, {"--cacert", "ca.pem"}, {"--set", "token=@tokens"}, {"--rows", "passwords.csv", "http://a.test/?token={token}"},
	} {
		run := storedRun(t, args...)
		if len(run.Again) > 0 {
			t.Errorf("%q: %q would have to be given again", args, run.Again)
		}
		checkRestored(nil, t, run, args)
	}
}

// TestOldRowKey: a journal has what --row-key is called under the name that it had before, and beside it a key file.
func TestOldRowKey(t *testing.T) {
	want := []string{"--cert", "c.pem", "--key", "k.pem", "--rows", "r.csv", "--split", ".[]", "--row-key", "id=.id"}
	run := storedRun(t, want...)
	for i := range run.Flags {
		if run.Flags[i].Name == "row-key" {
			run.Flags[i].Name = "key"
		}
	}
	checkRestored(nil, t, run, want)
}

// What is plainly no secret is kept.
func TestDataIsStored(t *testing.T) {
	for _, text := range []string{
		"C[C@H](O)C", "p-value=0.05; sig=yes", "pass=3&session=x&sig_level=1", `{"a":{"password":"x"},"session":"y"}`, "my session-key: x", "<password>x</password>",
		"id=1&name=a%20b", "email=me@example.org", "keyword=x&", `{"id":[1,2],"next":{"max_tokens":5,"page_token":"x"}}`, `{"session":null,"token":""}`, `{"sid":[1,2]}`,
		"sid=1,2", "plain text; it says: nothing", "<a>b</a>", `{"query":"{ viewer { name } }"}`, "[]", "5",
	} {
		if run := storedRun(t, "-d", text); len(run.Again) > 0 {
			t.Errorf("%s: %q", text, run.Again)
		}
	}
}

// What the list is, and what is asked for, cannot be changed; the rest is replaced as a whole.
func TestWhatResumeMayChange(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("secrets.txt", []byte("X-Secret: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := storedRun(t, "--rows", "r.csv", "-o", "out", "-c", "5", "-r", "5/s", "-r", "100/m", "-H", "Accept: a", "--set", "a=1", "--contact", "me@example.org",
		"--bearer-env", "TOKEN", "--cert", "c.pem", "--key", "k.pem", "--row-key", "id=.id", "-f", "csv", "http://a.test/{id}")
	for name, owner := range spec.Owners {
		if len(samples[name]) == 0 {
			continue
		}
		flags, _ := parsed(t, samples[name][0]...)
		err := restoreFlags(flags.Groups, run, false)
		if owner == spec.OfLeg && err != nil {
			t.Errorf("--%s: %v", name, err)
		}
		if owner == spec.OfRun && (err == nil || !strings.Contains(err.Error(), "--"+name)) {
			t.Errorf("--%s may be given: %v", name, err)
		}
	}
	for _, args := range [][]string{{"--row-key", "cid=.cid"}, {"-j", "x"}, {"--fresh"}, {"--baseline"}, {"-H", "Accept: b"}, {"--set", "b=2"}} {
		flags, _ := parsed(t, args...)
		if err := restoreFlags(flags.Groups, run, false); err == nil || !strings.Contains(err.Error(), "cannot be changed") {
			t.Errorf("%q: %v", args, err)
		}
	}

	flags, _ := parsed(t, "-c", "2", "-r", "1/s", "-A", "own", "-u", "me:x", "--cert", "d.pem", "-f", "json")
	if err := restoreFlags(flags.Groups, run, false); err != nil {
		t.Fatal(err)
	}
	want := settings(flags)
	for name, values := range map[string][]string{
		"concurrency": {"2"}, "rate": {"1/s"}, "user-agent": {"own"}, "contact": {""}, "user": {"me:x"}, "bearer-env": {""}, "cert": {"d.pem"},
		"key": {""}, "row-key": {"id=.id"}, "format": {"json"}, "rows": {"r.csv"}, "output": {"out"}, "header": {"Accept: a"}, "set": {"a=1"},
	} {
		if !slices.Equal(want[name], values) {
			t.Errorf("--%s is %q, want %q", name, want[name], values)
		}
	}
}

// Secrets may be given in another way than the run had them; what is not asked for may not come along.
func TestSecretsGivenAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{"one": "authorization: Bearer x\r\n\r\n", "more": "Authorization: Bearer x\nX-Other: y\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := storedRun(t, "--secret", "token", "-H", "Authorization: Bearer secret", "-H", "Accept: a", "--set", "token=a,b", "--set", "id=1..3")
	for _, way := range []struct {
		args    []string
		problem string
	}{
		{[]string{"-H", "authorization: x", "--set", "token=c"}, ""},
		{[]string{"-H", "@one", "--set", "token=c"}, ""},
		{[]string{"-u", "me:x", "--set", "token=@file"}, ""},
		{[]string{"--bearer-env", "TOKEN", "--set", "token=c"}, ""},
		{[]string{"-H", "@more", "--set", "token=c"}, "--header: this is as the run"},
		{[]string{"-H", "@none", "--set", "token=c"}, "-H: open none"},
		{[]string{"-H", "Authorization: x", "-H", "Accept: b", "--set", "token=c"}, "--header: this is as the run"},
		{[]string{"-H", "Authorization: x"}, "give again --set token: add to the command, behind the journal, with the secret for each ***: --set 'token=***'"},
		{[]string{"--set", "token=c"}, "--header 'Authorization: ***'"},
		{[]string{"--set", "token=c", "--set", "id=1", "-u", "me:x"}, "--set: this is as the run"},
	} {
		flags, _ := parsed(t, way.args...)
		err := restoreFlags(flags.Groups, run, false)
		if (err == nil) != (way.problem == "") || err != nil && !strings.Contains(err.Error(), way.problem) {
			t.Errorf("%q: %v", way.args, err)
		}
		if err == nil && (len(flags.Spec.Set) != 2 || !strings.HasPrefix(flags.Spec.Set[0], "token=") || flags.Spec.Set[1] != "id=1..3") {
			t.Errorf("%q: the sets are %q", way.args, flags.Spec.Set)
		}
	}
}

// What a further leg keeps of its own command line has no secrets either: the templates that make a --set one are not
// there to be seen.
func TestFurtherLegs(t *testing.T) {
	flags, _ := parsed(t, "--set", "x="+secrettest.Canary, "-H", "X-Api-Key: "+secrettest.Canary, "-c", "5", "-u", "me:"+secrettest.Canary)
	secrets := spec.Secrets{Rules: flags.Spec.Secrets(), Further: true}
	shown := spec.Invocation("resume", flags.Spec.Given, []string{"run.jsonl", "http://me:" + secrettest.Canary + "@a.test/"}, secrets)
	want := []string{"fetch", "resume", "--set=x=***", "--concurrency=5", "--header=X-Api-Key: ***", "--user=me:***", "run.jsonl", "http://me:***@a.test/"}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Error(diff)
	}
	kept, _, _ := spec.Stored(flags.Spec.Given, nil, secrets)
	if want := []journal.Flag{{Name: "set", Value: "x=***"}, {Name: "concurrency", Value: "5"}}; !slices.Equal(kept, want) {
		t.Errorf("%v, want %v", kept, want)
	}
}

// A command line is shown as it was given, but for the secrets in it.
func TestInvocation(t *testing.T) {
	args := []string{"-d", "a=1&password=x", "-d", "@file", "--header-env", "X-Key=TOKEN", "-A", "bot (me@example.org)", "--set", "key=1..3", "--testserver",
		"--select", ".a", "--next", `"http://a.test/?token=secret" + .n`, "list.txt", "http://me:secret@a.test/{key}"}
	flags, sources := parsed(t, args...)
	want := []string{"fetch", "--set=key=1..3", "--data=a=1&password=***", "--data=@file", "--user-agent=bot (me@example.org)", "--header-env=X-Key=TOKEN", "--testserver",
		"--select=.a", `--next="http://a.test/?token=secret" + .n`, "list.txt", "http://me:***@a.test/{key}"}
	if diff := cmp.Diff(want, spec.Invocation("run", flags.Spec.Given, sources, secretsOf(flags, args))); diff != "" {
		t.Error(diff)
	}
}

// The error about sources says how all of them are given.
func TestSourcesGivenAgain(t *testing.T) {
	run := storedRun(t, "list one.txt", "http://me:secret@a.test/", "-")
	flags, _ := parsed(t)
	err := restoreFlags(flags.Groups, run, false)
	if err == nil || !strings.HasSuffix(err.Error(), "give again SOURCE 2: add to the command, behind the journal, with the secret for each ***: 'list one.txt' 'http://me:***@a.test/' -") {
		t.Error(err)
	}
	if err := restoreFlags(flags.Groups, run, true); err != nil {
		t.Error(err)
	}
}

// A name that JSON cannot hold would be another one when it is read.
func TestNoText(t *testing.T) {
	run := storedRun(t, "--rows", "a\xff.csv", "b\xff.txt")
	if want := []string{"--rows", "SOURCE 1"}; !slices.Equal(run.Again, want) {
		t.Errorf("%q, want %q", run.Again, want)
	}
}

// A journal may be of another version, or of anyone.
func TestUnknownFlags(t *testing.T) {
	for _, f := range []journal.Flag{{Name: "warp", Value: "9"}, {Name: "concurrency", Value: "many"}, {Name: "journal", Value: "x"}, {Name: "\x1b[2J"}, {}} {
		flags, _ := parsed(t)
		err := restoreFlags(flags.Groups, &journal.Leg{Version: "9\x1b", Flags: []journal.Flag{f}}, false)
		if err == nil || !strings.Contains(err.Error(), "--") || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

// What is hashed of a command line tells nothing of its secrets, and all else.
func TestListMask(t *testing.T) {
	args := []string{"--secret", "x", "--set", "x=a", "--set", "key=1..5", "--set", "token=b", "http://me:c@a.test/?sig=d&id={key}&api_key={x}", filepath.Join("a", "key=1.txt")}
	flags, sources := parsed(t, args...)
	secrets := secretsOf(flags, args)
	secrets.Rules.AddCommon("x")
	mask := spec.ListMask(flags.Spec.Given, secrets, map[string]string{"a.test:80": "x"})
	for text, want := range map[string]string{
		"x=a": "x=***", "key=1..5": "key=1..5", "token=b": "token=b", sources[0]: "http://me:***@a.test/?sig=***&id={key}&api_key={x}", sources[1]: sources[1],
	} {
		if got := mask(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	// What tells requests apart counts, and does not show.
	apart := spec.ListMask(flags.Spec.Given, secrets, nil)
	if one, other := apart(sources[0]), apart(strings.Replace(sources[0], ":c@", ":d@", 1)); one == other || strings.Contains(one, ":c@") {
		t.Errorf("%s and %s", one, other)
	}
}

// FuzzStoredFlags: whatever the text, what is kept of it is taken over as it was, and a known secret is not kept.
func FuzzStoredFlags(f *testing.F) {
	for _, text := range []string{"a=b", `{"a":{"b":[1]}}`, "Name: value", "@file", "{", `{"a"`, "x={y}&z", "http://me@a.test/?key=1", "\xff", `"a" + "b"`, "[[[", "a;", ":"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"data", "header", "set", "select", "exec", "user-agent", "output", "rows"} {
			args := []string{"--" + name + "=" + text}
			run := storedRun(t, args...)
			if len(run.Again) == 0 {
				checkRestored(nil, t, run, args)
			}
		}
		key, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{`{"a":` + string(key) + `,"password":"` + secrettest.Canary + `"}`, "token=" + secrettest.Canary + "&" + text} {
			line, err := json.Marshal(storedRun(t, "--data="+secret))
			if err != nil {
				t.Fatal(err)
			}
			secrettest.Check(t, "the journal", line)
		}
	})
}
