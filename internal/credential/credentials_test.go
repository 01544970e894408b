package credential

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/web"
	"example.com/fetch/internal/web/webtest"
)

// canary stands for every secret. No error and no warning may show it.
const canary = "caNary7"

func made(t testing.TB, o Options) *Credentials {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func file(t testing.TB, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "netrc")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func list(urls ...string) iter.Seq2[*fetcher.Request, error] {
	return func(yield func(*fetcher.Request, error) bool) {
		for i, u := range urls {
			if !yield(&fetcher.Request{Seq: int64(i + 1), URL: u}, nil) {
				return
			}
		}
	}
}

// given is the Authorization that each request of a list gets, and the error that ends it.
func given(c *Credentials, reqs iter.Seq2[*fetcher.Request, error]) (all []string, err error) {
	for req, err := range c.Adapt(reqs) {
		if err != nil {
			return all, err
		}
		all = append(all, req.Header.Get("Authorization"))
	}
	return all, nil
}

func TestWhoGetsThem(t *testing.T) {
	netrc := file(t, "machine n.test login me password np\nmachine a.test login me password np\n")
	const bearer, none, ofNetrc = "Bearer tok", "", "Basic bWU6bnA=" // me:np
	for _, c := range []struct {
		name  string
		hosts []string
		netrc string
		urls  []string
		want  []string
		err   string
	}{
		{name: "the first origin", urls: []string{"http://a.test/1", "http://A.TEST:80/2?x=1"}, want: []string{bearer, bearer}},
		{name: "punycode", urls: []string{"https://bücher.test/1", "https://xn--bcher-kva.test/2"}, want: []string{bearer, bearer}},
		{name: "another host", urls: []string{"http://a.test/1", "http://b.test/2"}, want: []string{bearer},
			err: "the credentials are for a.test (the first of the list), and b.test of request 2 is another host: name those that they are for with --auth-host, repeatable; the others get none"},
		{name: "another port", urls: []string{"http://a.test/1", "http://a.test:8080/2"}, want: []string{bearer}, err: "for a.test (the first of the list), and a.test:8080 of"},
		{name: "another scheme", urls: []string{"https://a.test/1", "http://a.test/2"}, want: []string{bearer}, err: "for https://a.test (the first of the list), and http://a.test of"},
		{name: "not a URL is for others to say", urls: []string{"ftp://a.test/", "::", "https://%C2%9B.test/2", "http://a.test/"}, want: []string{none, none, none, bearer}},
		{name: "named", hosts: []string{"a.test"}, urls: []string{"http://b.test/", "http://a.test/", "https://a.test/", "http://a.test:443/", "http://a.test:8080/", "http://x.a.test/", "http://a.test./", "http://a.test@b.test/"},
			want: []string{none, bearer, bearer, none, none, none, none, none}},
		{name: "named with port", hosts: []string{"localhost:8080", "A.test:443"}, urls: []string{"http://localhost:8080/", "http://localhost/", "https://a.test/", "http://a.test/"},
			want: []string{bearer, none, bearer, none}},
		{name: "named in IPv6", hosts: []string{"::1", "[fe80::1]", "[::2]:8080"}, urls: []string{"http://[::1]/", "http://[fe80::1]/", "http://[::2]:8080/", "http://[::2]/"},
			want: []string{bearer, bearer, bearer, none}},
		{name: "netrc beside it", netrc: netrc, urls: []string{"http://a.test/", "http://n.test/", "http://n.test:8080/"}, want: []string{bearer, ofNetrc, ofNetrc}},
		{name: "netrc beside it, another host", netrc: netrc, urls: []string{"http://a.test/", "http://n.test/", "http://c.test/"}, want: []string{bearer, ofNetrc}, err: "c.test of request 3"},
		{name: "netrc beside those named", netrc: netrc, hosts: []string{"n.test"}, urls: []string{"http://a.test/", "http://n.test/", "http://c.test/"}, want: []string{ofNetrc, bearer, none}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cr := made(t, Options{Bearer: "tok", Hosts: c.hosts, Netrc: c.netrc})
			for range 2 { // a list may be gone through again
				got, err := given(cr, list(c.urls...))
				if !slices.Equal(got, c.want) {
					t.Errorf("given %q, want %q", got, c.want)
				}
				if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
					t.Errorf("error %v, want %q", err, c.err)
				}
				if _, ok := errors.AsType[*OtherHostError](err); ok != (c.err != "") {
					t.Errorf("%T", err)
				}
			}
		})
	}
}

func TestNetrcAlone(t *testing.T) {
	c := made(t, Options{Netrc: file(t, "machine b.test login me password np")})
	got, err := given(c, list("http://a.test/", "http://b.test/", "http://c.test/"))
	if want := []string{"", "Basic bWU6bnA=", ""}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	// A key that was given for the same host does not take the entry away.
	c = made(t, Options{Header: http.Header{"X-Api-Key": {"k"}}, Netrc: file(t, "machine b.test login me password np")})
	req := &fetcher.Request{URL: "http://b.test/"}
	if err := c.Apply(req); err != nil || req.Header.Get("X-Api-Key") != "k" || req.Header.Get("Authorization") != "Basic bWU6bnA=" {
		t.Errorf("%v, %v", req.Header, err)
	}
}

// A list that is taken up in its middle does not say whom the credentials were for.
func TestTakenUpInTheMiddle(t *testing.T) {
	req := &fetcher.Request{Seq: 4, URL: "http://b.test/"}
	err := made(t, Options{User: "me:" + canary}).Apply(req)
	if err == nil || !strings.Contains(err.Error(), "--auth-host") || req.Header != nil {
		t.Errorf("%v, %v", err, req.Header)
	}
	if err := made(t, Options{User: "me:x", Hosts: []string{"b.test"}}).Apply(req); err != nil || req.Header == nil {
		t.Errorf("%v, %v", err, req.Header)
	}
}

// What a request brings along goes before ours.
func TestOwnStays(t *testing.T) {
	o := Options{User: "me:pw", Header: http.Header{"Cookie": {"ours"}, "X-Api-Key": {"ours"}}, Hosts: []string{"a.test"}}
	for _, c := range []struct {
		url       string
		own, want http.Header
	}{
		{"http://a.test/", nil, http.Header{"Authorization": {"Basic bWU6cHc="}, "Cookie": {"ours"}, "X-Api-Key": {"ours"}}},
		{"http://a.test/", http.Header{"authorization": {"theirs"}, "Accept": {"x"}},
			http.Header{"authorization": {"theirs"}, "Accept": {"x"}, "Cookie": {"ours"}, "X-Api-Key": {"ours"}}},
		{"http://u:p@a.test/", http.Header{"COOKIE": {"theirs"}}, http.Header{"COOKIE": {"theirs"}, "X-Api-Key": {"ours"}}},
		{"http://u@b.test/", http.Header{"Accept": {"x"}}, http.Header{"Accept": {"x"}}},
	} {
		own := c.own.Clone()
		req := &fetcher.Request{URL: c.url, Header: own}
		if err := made(t, o).Apply(req); err != nil {
			t.Error(err)
		}
		if d := cmp.Diff(c.want, req.Header); d != "" {
			t.Errorf("%s with %v: %s", c.url, c.own, d)
		}
		if d := cmp.Diff(c.own, own); d != "" {
			t.Errorf("the request's own map was written to: %s", d)
		}
	}
}

// A request for another host that brings all that ours would give needs no --auth-host.
func TestOwnForAnotherHost(t *testing.T) {
	c := made(t, Options{User: "me:pw"})
	reqs := []*fetcher.Request{
		{URL: "http://a.test/"}, {URL: "http://u:p@b.test/"}, {URL: "http://c.test/", Header: http.Header{"Authorization": {"own"}}},
	}
	for _, r := range reqs {
		if err := c.Apply(r); err != nil {
			t.Error(err)
		}
	}
	if reqs[1].Header != nil || reqs[2].Header.Get("Authorization") != "own" {
		t.Error(reqs[1].Header, reqs[2].Header)
	}
}

func TestAuthorizationOfHeader(t *testing.T) {
	req := &fetcher.Request{URL: "http://a.test/"}
	if err := made(t, Options{User: "me:pw", Header: http.Header{"authorization": {"mine"}}}).Apply(req); err != nil {
		t.Fatal(err)
	}
	if want := (http.Header{"Authorization": {"mine"}}); !reflect.DeepEqual(req.Header, want) {
		t.Error(req.Header)
	}
}

// A page that a server leads to gets what is its host's, and is never an error.
func TestApplyToPage(t *testing.T) {
	c := made(t, Options{Bearer: "tok", Netrc: file(t, "machine n.test login me password np")})
	give := func(u string) string {
		req := &fetcher.Request{URL: u}
		c.ApplyToPage(req)
		return req.Header.Get("Authorization")
	}
	if got := give("http://a.test/"); got != "" {
		t.Errorf("before the list began, a page got %q", got)
	}
	if err := c.Apply(&fetcher.Request{URL: "http://a.test/"}); err != nil {
		t.Fatal(err)
	}
	got := []string{give("http://a.test/2"), give("http://b.test/2"), give("http://n.test/2"), give("https://a.test/2"), give("::")}
	if want := []string{"Bearer tok", "", "Basic bWU6bnA=", "", ""}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Requests of one template and one host share one header; the template is not written to.
func TestHeadersAreShared(t *testing.T) {
	c := made(t, Options{Bearer: "tok", Hosts: []string{"a.test", "b.test"}})
	template, other := http.Header{"Accept": {"*/*"}}, http.Header{"Accept": {"text/plain"}}
	apply := func(u string, h http.Header) http.Header {
		req := &fetcher.Request{URL: u, Header: h}
		if err := c.Apply(req); err != nil {
			t.Fatal(err)
		}
		return req.Header
	}
	first := apply("http://a.test/1", template)
	same := func(h http.Header) bool { return reflect.ValueOf(h).Pointer() == reflect.ValueOf(first).Pointer() }
	if !same(apply("http://a.test/2", template)) || same(apply("http://a.test/2", other)) || !same(apply("http://a.test/3", template)) {
		t.Error("headers are not made once for each template")
	}
	if got := apply("http://a.test/2", other).Get("Accept"); got != "text/plain" {
		t.Errorf("a request got the header of another: %q", got)
	}
	if len(template) != 1 || !same(apply("http://a.test/4", first)) && len(first) != 2 {
		t.Error("the template was written to")
	}
	for i := range 2 * maxHeaders { // templates that nobody holds any longer, whose addresses would be used again
		if i%16 == 0 {
			runtime.GC()
		}
		accept := fmt.Sprint(i)
		if got := apply(fmt.Sprintf("http://a.test:80/%d", i), http.Header{"Accept": {accept}}); got.Get("Accept") != accept {
			t.Fatalf("request %d got the header of %s", i, got.Get("Accept"))
		}
	}
	for i := range 3 * maxPlaces {
		apply(fmt.Sprintf("http://h%d.test/", i), template)
	}
	if len(c.headers) > maxHeaders || len(c.places) > maxPlaces {
		t.Errorf("%d headers and %d places are kept", len(c.headers), len(c.places))
	}
}

func TestConcurrentUse(t *testing.T) {
	c := made(t, Options{Bearer: "tok", OnWarning: func(string) {}})
	if err := c.Apply(&fetcher.Request{URL: "http://a.test/"}); err != nil {
		t.Fatal(err)
	}
	template := http.Header{"Accept": {"*/*"}}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 200 {
				req := &fetcher.Request{URL: fmt.Sprintf("http://%c.test/%d", 'a'+n%2, i), Header: template}
				c.ApplyToPage(req)
				if (req.Header.Get("Authorization") == "") != (n%2 == 1) {
					t.Errorf("%s got %v", req.URL, req.Header)
				}
			}
		})
	}
	wg.Wait()
}

func TestWarnings(t *testing.T) {
	isLocal := func(hostname string) bool { return strings.HasSuffix(hostname, ".mine.test") }
	for _, c := range []struct {
		urls []string
		want []string
	}{
		{[]string{"https://a.test/", "http://localhost/", "http://127.3.2.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://x.mine.test/", "http://c.test/"}, nil},
		{[]string{"http://a.test:8080/", "http://a.test/", "http://b.test/"},
			[]string{"credentials go to http://a.test unencrypted, for all on the way to read; write https:// if the server has it"}},
	} {
		var got []string
		cr := made(t, Options{Bearer: canary, Hosts: []string{"a.test", "b.test", "localhost", "127.3.2.1", "::1", "::ffff:127.0.0.1", "x.mine.test"},
			IsLocal: isLocal, OnWarning: func(text string) { got = append(got, text) }})
		if _, err := given(cr, list(c.urls...)); err != nil {
			t.Error(err)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: warned of %q", c.urls, got)
		}
	}
}

func TestSurvey(t *testing.T) {
	c := made(t, Options{Bearer: "tok", Hosts: []string{"a.test", "typo.test", "c.test:81"}})
	got, err := c.Survey(list("http://b.test/", "http://a.test/", "https://b.test/", "http://b.test/2", "http://c.test/", "::"))
	want := Survey{Without: []string{"b.test", "c.test"}, Unused: []string{"typo.test", "c.test:81"}}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
	if _, err := made(t, Options{Bearer: "tok"}).Survey(list("http://a.test/", "http://b.test/")); err == nil {
		t.Error("a list of two hosts passed")
	}
	bad := errors.New("bad line")
	if _, err := c.Survey(func(yield func(*fetcher.Request, error) bool) { yield(nil, bad) }); !errors.Is(err, bad) {
		t.Error(err)
	}
	got, err = c.Survey(func(yield func(*fetcher.Request, error) bool) {
		for i := range 2 * maxSurveyed {
			if !yield(&fetcher.Request{URL: fmt.Sprintf("http://h%d.test/", i)}, nil) {
				return
			}
		}
	})
	if err != nil || len(got.Without) != maxSurveyed || !got.More {
		t.Errorf("%v, %d hosts, more: %v", err, len(got.Without), got.More)
	}
	if got, err := made(t, Options{}).Survey(list("http://a.test/", "http://b.test/")); err != nil || got.Without != nil {
		t.Error(got, err)
	}
}

func TestAdaptEndsWithItsList(t *testing.T) {
	bad := errors.New("bad line")
	c := made(t, Options{Bearer: "tok"})
	n := 0
	for req, err := range c.Adapt(func(yield func(*fetcher.Request, error) bool) {
		_ = yield(&fetcher.Request{URL: "http://a.test/"}, nil) && yield(nil, bad)
	}) {
		if n++; n == 2 && (req != nil || !errors.Is(err, bad)) {
			t.Error(req, err)
		}
	}
	for range c.Adapt(list("http://a.test/", "http://a.test/")) {
		break
	}
	if n != 2 {
		t.Error(n)
	}
}

func TestErrorsShowNoSecret(t *testing.T) {
	t.Setenv("EMPTY", "")
	t.Setenv("BROKEN", canary+"\n")
	t.Setenv(canary+"_EMPTY", "")
	folder := t.TempDir()
	entry := func(text string) Options { return Options{Netrc: file(t, text)} }
	with := func(o Options) func() error { return func() error { _, err := New(o); return err } }
	env := func(name string) func() error { return func() error { _, err := ReadEnv(name); return err } }
	headerEnv := func(text string) func() error { return func() error { _, _, err := ParseHeaderEnv(text); return err } }
	contact := func(text string) func() error {
		return func() error { _, err := UserAgent("fetch/1", text); return err }
	}
	for name, c := range map[string]struct {
		try  func() error
		want string
	}{
		"-u without colon":    {with(Options{User: canary}), "NAME:PASSWORD"},
		"-u with a line end":  {with(Options{User: "me:" + canary + "\r\nX: y"}), "control character"},
		"-u and bearer":       {with(Options{User: "me:" + canary, Bearer: canary}), "use one of them"},
		"bearer with space":   {with(Options{Bearer: canary + " x"}), "bearer token"},
		"bearer with NUL":     {with(Options{Bearer: canary + "\x00"}), "bearer token"},
		"header name":         {with(Options{Header: http.Header{"X " + canary: {"v"}}}), "invalid name"},
		"header value":        {with(Options{Header: http.Header{"X-Api-Key": {canary + "\n"}}}), "header X-Api-Key"},
		"proxy":               {with(Options{Header: http.Header{"proxy-authorization": {canary}}}), "-x http://NAME:PASSWORD@"},
		"host is a URL":       {with(Options{Bearer: "t", Hosts: []string{"http://a.test/?key=" + canary}}), "HOST or HOST:PORT"},
		"host with userinfo":  {with(Options{Bearer: "t", Hosts: []string{"me:" + canary + "@a.test"}}), "HOST or HOST:PORT"},
		"host pattern":        {with(Options{Bearer: "t", Hosts: []string{"*.a.test"}}), "patterns"},
		"host port":           {with(Options{Bearer: "t", Hosts: []string{"a.test:" + canary}}), "1 to 65535"},
		"host port 0":         {with(Options{Bearer: "t", Hosts: []string{"a.test:0"}}), "1 to 65535"},
		"host of colons":      {with(Options{Bearer: "t", Hosts: []string{"a:b:c"}}), "HOST or HOST:PORT"},
		"host empty":          {with(Options{Bearer: "t", Hosts: []string{""}}), "HOST or HOST:PORT"},
		"host with space":     {with(Options{Bearer: "t", Hosts: []string{"a test"}}), "HOST or HOST:PORT"},
		"host for nothing":    {with(Options{Hosts: []string{"a.test"}}), "nothing to be sent"},
		"netrc missing":       {with(Options{Netrc: filepath.Join(folder, "none")}), "there is no file"},
		"netrc is a folder":   {with(Options{Netrc: folder}), "directory"},
		"netrc word":          {with(entry("machine a.test login me password two " + canary)), "netrc:1: an unknown word instead of"},
		"netrc value":         {with(entry("machine a.test\nlogin me\npassword")), "netrc:3: password: its value is missing"},
		"netrc quote":         {with(entry("machine a.test password \"" + canary + "\n")), "netrc:1: password: the quoted value does not end"},
		"netrc escape":        {with(entry("machine a.test password \"" + canary + "\\\n\"")), "netrc:1: password: the quoted value does not end"},
		"netrc line end":      {with(entry(`machine a.test password "` + canary + `\n"`)), "netrc:1: the value of password holds a control"},
		"netrc no machine":    {with(entry("# c\npassword " + canary)), "netrc:2: password before any machine"},
		"netrc colon":         {with(entry("machine a login " + canary + ":x")), "netrc:1: a login cannot"},
		"netrc too large":     {with(entry(strings.Repeat("# "+canary+"\n", maxNetrc/8))), "larger than 1 MiB"},
		"env without name":    {env(""), "name of an environment variable"},
		"env not set":         {env("NO_SUCH_VARIABLE"), "NO_SUCH_VARIABLE is not set; set it with: export NO_SUCH_VARIABLE="},
		"env is the secret":   {env(canary), "not the secret"},
		"env empty":           {env("EMPTY"), "EMPTY is empty"},
		"env odd and empty":   {env(canary + "_EMPTY"), "is empty"},
		"env broken":          {env("BROKEN"), "control character"},
		"header-env colon":    {headerEnv("X-Api-Key: " + canary), "NAME=VARIABLE"},
		"header-env name":     {headerEnv("X Key " + canary + "=EMPTY"), "NAME=VARIABLE"},
		"header-env not set":  {headerEnv("X-Api-Key=" + canary), "for header X-Api-Key: the environment variable named there"},
		"contact no address":  {contact("me"), "mail address"},
		"contact parentheses": {contact("me@a.test) x("), "mail address"},
		"contact line end":    {contact("me@a.test\r\nX: y"), "mail address"},
		"contact two":         {contact("me@a.test,b@a.test"), "mail address"},
		"contact @@":          {contact("me@b@a.test"), "mail address"},
		"another host": {func() error {
			_, err := given(made(t, Options{User: "me:" + canary}), list("http://a.test/", "http://b.test/?key="+canary))
			return err
		}, "--auth-host"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.try()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), canary) {
				t.Errorf("a secret is shown: %v", err)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("API_KEY", "s3 cret")
	t.Setenv("lower", "x")
	if v, err := ReadEnv("lower"); v != "x" || err != nil {
		t.Error(v, err)
	}
	if name, value, err := ParseHeaderEnv("X-Api-Key=API_KEY"); name != "X-Api-Key" || value != "s3 cret" || err != nil {
		t.Error(name, value, err)
	}
}

func TestUserAgent(t *testing.T) {
	for _, c := range [][3]string{
		{"fetch/1.0", "", "fetch/1.0"},
		{"fetch/1.0", "me@example.org", "fetch/1.0 (+mailto:me@example.org)"},
		{"mine", "mailto:a+b@example.org", "mine (+mailto:a+b@example.org)"},
		{"", "me@example.org", "(+mailto:me@example.org)"},
	} {
		if got, err := UserAgent(c[0], c[1]); got != c[2] || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
}

// TestOneHost: credentials go by what every part of the program takes for the host.
func TestOneHost(t *testing.T) {
	const bearer, none = "Bearer tok", ""
	for _, c := range webtest.Cases {
		raw := web.WithoutUserinfo(c.URL) // which goes before ours
		scheme, _, _ := strings.Cut(strings.ToLower(c.URL), ":")
		for name, try := range map[string]struct {
			hosts, urls []string
		}{
			"named": {[]string{c.Host}, []string{raw}},
			"first": {nil, []string{scheme + "://" + strings.ReplaceAll(c.Shown, "%", "%25"), raw}},
		} {
			got, err := []string(nil), error(nil)
			want := bearer
			if c.Host == "" {
				try.hosts, try.urls, want = []string{"a.test"}, []string{raw}, none
			}
			got, err = given(made(t, Options{Bearer: "tok", Hosts: try.hosts}), list(try.urls...))
			if err != nil || len(got) != len(try.urls) || got[len(got)-1] != want {
				t.Errorf("%s: %q is given %q, want %q: %v", name, c.URL, got, want, err)
			}
		}
		if c.Host == "" || c.Host[0] == '[' {
			continue
		}
		if got, _ := given(made(t, Options{Bearer: "tok", Hosts: []string{"x" + c.Host}}), list(raw)); got[0] != none {
			t.Errorf("%q is given what another host's is", c.URL)
		}
	}
}

// FuzzPlace: whom a request goes to is seen from what stands before its path, as from the whole URL.
func FuzzPlace(f *testing.F) {
	for _, s := range []string{"http://a.test/x", "HTTPS://u:p@A.test:8080?x#y", "http://a.test\\@b.test/", "http:/x://b.test/", "http:?://b", "http://[::1%25eth0]:80/", "//a.test/", "http://b%C3%BCcher.test#/", "http:///://a.test"} {
		f.Add(s)
	}
	c := &Credentials{given: &grant{}, places: map[string]place{}, hosts: []web.HostSpec{{Name: "a.test"}}}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := web.Parse(raw)
		if err != nil {
			return
		}
		p := c.look(raw)
		if want := web.OriginOf(u); p.origin != want || p.userinfo != (u.User != nil) {
			t.Errorf("%q leads to %v, seen as %v", raw, want, p)
		}
	})
}

// BenchmarkApply is what the credentials cost a request.
func BenchmarkApply(b *testing.B) {
	c := made(b, Options{Bearer: "tok", Hosts: []string{"api.example.com"}})
	template := http.Header{"Accept": {"*/*"}, "User-Agent": {"x"}}
	req := &fetcher.Request{URL: "https://api.example.com/rest/pug/compound/cid/2244/property/MolecularWeight/JSON"}
	b.ReportAllocs()
	for b.Loop() {
		req.Header = template
		if err := c.Apply(req); err != nil {
			b.Fatal(err)
		}
	}
}

// What a policy asks for goes to its origins alone, behind what is given and what a request brings, but before what is usual.
func TestPolicy(t *testing.T) {
	warned := ""
	c := made(t, Options{
		User: "me:pw", Hosts: []string{"a.test"}, Usual: http.Header{"Accept": {"*/*"}, "User-Agent": {"fetch"}},
		Policy: func(o web.Origin) http.Header {
			switch o.Host {
			case "a.test:80", "b.test:80":
				return http.Header{"Accept": {"text/csv"}, "X-Api-Key": {canary}, "Authorization": {canary}}
			case "c.test:80":
				return http.Header{"Accept": {"text/csv"}}
			}
			return nil
		},
		IsSecret:  func(name string) bool { return name == "X-Api-Key" || name == "Authorization" },
		OnWarning: func(text string) { warned = text },
	})
	usual, own := http.Header{"Accept": {"*/*"}, "User-Agent": {"fetch"}}, http.Header{"Accept": {"text/html"}}
	for _, one := range []struct {
		url    string
		header http.Header
		want   string // Accept, X-Api-Key, Authorization
		warned bool
	}{
		{"http://c.test/", usual, "text/csv||", false},
		{"http://other.test/", usual, "*/*||", false},
		{"https://b.test/", usual, "*/*||", false},
		{"http://b.test/", usual, "text/csv|" + canary + "|" + canary, true},
		{"http://b.test/", own, "text/html|" + canary + "|" + canary, true},
		{"http://me:x@b.test/", own, "text/html|" + canary + "|", true},
		{"http://a.test/", usual, "text/csv|" + canary + "|Basic bWU6cHc=", true},
	} {
		req := &fetcher.Request{Seq: 1, URL: one.url, Header: one.header}
		if err := c.Apply(req); err != nil {
			t.Fatal(err)
		}
		got := req.Header.Get("Accept") + "|" + req.Header.Get("X-Api-Key") + "|" + req.Header.Get("Authorization")
		if got != one.want || (warned != "") != one.warned || strings.Contains(warned, canary) {
			t.Errorf("%s: %s, want %s; warned of %q", one.url, got, one.want, warned)
		}
	}
	if usual.Get("Accept") != "*/*" || len(usual) != 2 {
		t.Error("the template was written to")
	}
}
