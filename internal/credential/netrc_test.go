package credential

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"example.com/fetch/fetcher"
	"github.com/google/go-cmp/cmp"
)

func TestParseNetrc(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string // hostname login password, or "default"
	}{
		"empty":            {"", nil},
		"lines":            {"machine a.test\n\tlogin me\n\tpassword pw\n", []string{"a.test me pw"}},
		"one line":         {"machine a.test login me password pw machine b.test password x login y", []string{"a.test me pw", "b.test y x"}},
		"windows":          {"\ufeffmachine a.test\r\nlogin me\r\npassword pw\r\n", []string{"a.test me pw"}},
		"capitals":         {"machine A.Test password x", []string{"a.test  x"}},
		"comments":         {"# c\nmachine a.test # machine b.test\n#login x\nlogin me password pw#x # y", []string{"a.test me pw#x"}},
		"hash password":    {"machine a.test login me password #x", []string{"a.test me #x"}},
		"keyword password": {"machine a.test login login password machine", []string{"a.test login machine"}},
		"quoted":           {`machine a.test login "m \"e" password "p\\w #"`, []string{`a.test m "e p\w #`}},
		"quoted empty":     {`machine a.test login me password ""`, []string{"a.test me "}},
		"account":          {"machine a.test account acc login me password pw", []string{"a.test me pw"}},
		"macro":            {"macdef init\ncd /x\nmachine no.test password no\n\nmachine a.test password pw\nmacdef last\npassword x", []string{"a.test  pw"}},
		"default":          {"machine a.test password pw\ndefault login anonymous password x", []string{"a.test  pw", "default"}},
	} {
		t.Run(name, func(t *testing.T) {
			entries, err := parseNetrc("f", []byte(c.text))
			var got []string
			for _, e := range entries {
				if e.isDefault {
					got = append(got, "default")
					continue
				}
				got = append(got, e.hostname+" "+e.login+" "+e.password)
			}
			if d := cmp.Diff(c.want, got); err != nil || d != "" {
				t.Errorf("%v %s", err, d)
			}
		})
	}
}

func TestReadNetrc(t *testing.T) {
	name := file(t, "machine a.test login first password 1\nmachine a.test login second password 2\nmachine b.test login only\n\ndefault login me password "+canary+"\n")
	var warned []string
	warn := func(text string) { warned = append(warned, text) }
	grants, err := readNetrc(name, warn)
	if err != nil {
		t.Fatal(err)
	}
	if len(grants) != 1 || grants["a.test"][noLogin].header.Get("Authorization") != basic("first:1") {
		t.Errorf("%v", grants)
	}
	if want := []string{name + ":5: the default entry is not used, since it would go to every host; name the host with machine"}; !slices.Equal(warned, want) {
		t.Errorf("warned of %q", warned)
	}
	if runtime.GOOS == "windows" {
		return
	}
	if err := os.Chmod(name, 0o640); err != nil {
		t.Fatal(err)
	}
	warned = nil
	if _, err := readNetrc(name, warn); err != nil || len(warned) != 2 || !strings.Contains(warned[0], "can be read by others; write: chmod 600") {
		t.Errorf("%v, warned of %q", err, warned)
	}
}

// The user that a URL names gets its own password, and no other's; the first entry is for URLs that name none.
func TestNetrcOfTheNamedUser(t *testing.T) {
	name := file(t, "machine a.test login ann password 1\nmachine a.test login bob password 2\nmachine b.test password 3\n")
	for _, c := range []struct{ url, user, want string }{
		{"http://a.test/", "", basic("ann:1")},
		{"http://ann@a.test/", "", basic("ann:1")},
		{"http://bob@a.test:8080/", "", basic("bob:2")},
		{"http://b%6Fb@a.test/", "", basic("bob:2")},
		{"http://eve@a.test/", "", ""},
		{"http://bob:own@a.test/", "", ""},
		{"http://bob:@a.test/", "", ""},
		{"http://b.test/", "", basic(":3")},
		{"http://bob@b.test/", "", ""},
		{"http://c.test/", "", ""},
		{"http://a.test/", "me:pw", basic("me:pw")},
		{"http://bob@a.test/", "me:pw", basic("bob:2")},
		{"http://eve@a.test/", "me:pw", ""},
	} {
		o := Options{Netrc: name, User: c.user, Header: http.Header{"X-Api-Key": {"k"}}}
		credentials, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		req := &fetcher.Request{Seq: 1, URL: c.url}
		if err := credentials.Apply(req); err != nil || req.Header.Get("Authorization") != c.want || req.Header.Get("X-Api-Key") != "k" {
			t.Errorf("%s with %q gets %q, want %q: %v", c.url, c.user, req.Header, c.want, err)
		}
	}
}

func TestDefaultNetrc(t *testing.T) {
	t.Setenv("NETRC", "/x/mine")
	if name, err := DefaultNetrc(); name != "/x/mine" || err != nil {
		t.Error(name, err)
	}
	t.Setenv("NETRC", "")
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	if name, err := DefaultNetrc(); filepath.Dir(name) != home || !strings.HasSuffix(name, "netrc") || err != nil {
		t.Error(name, err)
	}
}

// FuzzParseNetrc: no text makes the parser fail, no value has a control character, and an error shows none of the text.
func FuzzParseNetrc(f *testing.F) {
	for _, s := range []string{"machine", "machine a login b password c", "default\nmacdef x\n\n", `machine a password "x\`, "machine a password \"\\\n", "#\n#", "\ufeff machine"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := parseNetrc("f", []byte(text))
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("the error shows the text: %v", err)
		}
		for _, e := range entries {
			if hasControl(e.login + e.password + e.hostname) {
				t.Errorf("%+v", e)
			}
		}
	})
}
