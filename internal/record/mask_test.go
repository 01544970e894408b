package record_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

func TestMaskURL(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"http://host/a?b=c", "http://host/a?b=c"},
		{"http://user:pw@host/", "http://***@host/"},
		{"http://user@host:8080", "http://***@host:8080"},
		{"http://u:p@[::1]:80/", "http://***@[::1]:80/"},
		{"http://h/@scope/pkg", "http://h/@scope/pkg"},
		{"http://h/?mail=a@b.c", "http://h/?mail=a@b.c"},
		{"http://h/?q=1&api_key=x&z=2", "http://h/?q=1&api_key=***&z=2"},
		{"http://h/?token=a;b/c#d", "http://h/?token=***"},
		{"http://h/?token=", "http://h/?token="},
		{"http://h/?%74oken=x", "http://h/?%74oken=***"},
		{"http://h/?auth[password]=x", "http://h/?auth[password]=***"},
		{"http://h/cb#access_token=x&state=1", "http://h/cb#access_token=***&state=1"},
		{"http://h/a;jsessionid=x/b?c=d", "http://h/a;jsessionid=***/b?c=d"},
		{"http://h/?next=http://u:p@i/", "http://h/?next=http://***@i/"},
		{"http://h/?next=http%3A%2F%2Fu%3Ap%40i%2F", "http://h/?next=***"},
		{"http://h/?next=%2Fa%3Ftoken%3Dx&b=c", "http://h/?next=***&b=c"},
		{"http://h/?q=100%25&r=%zz=", "http://h/?q=100%25&r=%zz="},
		{"http://archive/http://u:p@h/", "http://archive/http://***@h/"},
		{"http://u:p/w?x#y@h/z", "http://***@h/z"}, // none of these parse
		{"http:/u:p@h/", "http:/***@h/"},
		{"u:p@h/", "***@h/"},
		{"//u:p@h/", "//***@h/"},
		{"http://u:p w@h/%zz", "http://***@h/%zz"},
		{"http://u:p?token=x@h/", "http://***"},
		{"https://pubchem/rest/pug/substance/sid/JSON?sid=1,2", "https://pubchem/rest/pug/substance/sid/JSON?sid=1,2"},
		{"https://h/?sid=1a2b", "https://h/?sid=***"},
		{"", ""}, {"@", "@"}, {"=", "="}, {"http://", "http://"}, {"http://@", "http://@"},
	} {
		if got := record.MaskURL(tt.in); got != tt.want {
			t.Errorf("MaskURL(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if again := record.MaskURL(tt.want); again != tt.want {
			t.Errorf("MaskURL(%q) = %q: masking twice is not masking once", tt.want, again)
		}
	}
}

func TestIsCredential(t *testing.T) {
	for _, name := range []string{
		"key", "KEY", "api_key", "apikey", "APIKey", "apiKey", "api-key", "subscription-key", "token", "access_token", "accessToken",
		"accesstoken", "auth", "signature", "sig", "secret", "client_secret", "clientsecret", "password", "passwd", "pwd",
		"user[password]", "session", "sid", "PHPSESSID", "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token",
		"AWSAccessKeyId", "id_token", "tokenId", "jwt", "oauth_consumer_key", "_token",
	} {
		if !record.IsCredential(name) {
			t.Errorf("%q is not masked", name)
		}
	}
	for _, name := range []string{
		"keyword", "monkey", "keywords", "key_stage", "turkey", "author", "tokens", "max_tokens", "pageToken", "nextPageToken",
		"page_token", "secretary", "sigma", "side", "passenger", "q", "", "_", "design", "compass", "authority", "X-Amz-Date",
	} {
		if record.IsCredential(name) {
			t.Errorf("%q is masked", name)
		}
	}
	for _, name := range []string{"Authorization", "authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "X-Auth-Token",
		"Ocp-Apim-Subscription-Key", "X-Key-Id", "Private-Token", "X-Secret-Thing"} {
		if !record.IsCredentialHeader(name) {
			t.Errorf("header %q is no credential", name)
		}
	}
	for _, name := range []string{"Accept", "User-Agent", "Idempotency-Key", "X-Client", "If-None-Match"} {
		if record.IsCredentialHeader(name) {
			t.Errorf("header %q is a credential", name)
		}
	}
}

func TestMaskText(t *testing.T) {
	req := &fetcher.Request{
		URL: "http://user:hunter2/x@host/",
		Header: http.Header{
			"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("bob:opensesame"))},
			"Cookie":        {"a=cookie1; b=cookie2"},
			"X-Api-Key":     {"k3y"},
		},
		Row: fetcher.Row{{Column: "token", Value: "rowtoken"}},
	}
	secrets := record.Secrets(req)
	for _, tt := range []struct{ in, want string }{
		{`dial tcp 127.0.0.1:1: connect: connection refused`, `dial tcp 127.0.0.1:1: connect: connection refused`},
		{`Get "http://u:***@h/?token=x y": EOF`, `Get "http://***@h/?token=***": EOF`},
		{`parse "http://user:hunter2/x@host/": invalid port ":hunter2" after host`, `parse "http://***@host/": invalid port ":***" after host`},
		{`failed to parse Location header "/cb?access_token=a%zz"`, `failed to parse Location header "/cb?access_token=***"`},
		{`the server says opensesame, cookie1, cookie2, rowtoken`, `the server says ***, ***, ***, ***`},
		{`k3y is short, k3ys another word`, `*** is short, k3ys another word`},
		{`password=x`, `password=***`},
		{`"unended http://u:p@h`, `"unended http://***@h`},
	} {
		if got := record.MaskText(tt.in, secrets...); got != tt.want {
			t.Errorf("MaskText(%q)\n got %q\nwant %q", tt.in, got, tt.want)
		}
	}
}

// canary stands for a secret.
const canary = "CaNaRy7"

func FuzzMaskURL(f *testing.F) {
	for _, s := range []string{"", "http://h/?a=b", "http://h:x/y#", "a=b;c?d", "//h\\", "http://[::1]/%zz", "http:///", "\" http://h"} {
		f.Add(s, "host/path?q=1")
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		once := record.MaskURL(before)
		if twice := record.MaskURL(once); twice != once {
			t.Errorf("masked once %q, twice %q", once, twice)
		}
		for _, u := range []string{
			"http://" + canary + "@" + after,
			"http://u:" + canary + "@" + after,
			"http://host/?token=" + canary + "&" + after,
			"http://host/?" + strings.ReplaceAll(before, "=", "") + "&token=" + canary,
			"http://host/?next=" + url.QueryEscape("http://u:"+canary+"@"+after),
		} {
			if got := record.MaskURL(u); strings.Contains(got, canary) && !strings.Contains(before+after, canary) {
				t.Errorf("MaskURL(%q) = %q", u, got)
			}
		}
		record.MaskText(before, after)
	})
}

func TestMaskURLIsLinear(t *testing.T) {
	for _, s := range []string{"=%41", "%25", "@://", "a=b=", "?/=", "http://a:b/"} {
		in := "http://h/?x=" + strings.Repeat(s, 1<<20/len(s))
		record.MaskURL(in) // the test's own time-out notices a quadratic one
		record.MaskText(in)
	}
}

func TestIsCredentialColumn(t *testing.T) {
	for name, want := range map[string]bool{
		"key": false, "Key": false, "sid": false, "area_key": false, "sort key": false, "session": false, "name": false,
		"api_key": true, "API Key": true, "password": true, "access token": true, "token": true, "secret": true,
		"session key": true, "apikey": true, "auth_token": true, "client secret": true, "pageToken": false, "": false,
	} {
		if got := record.IsCredentialColumn(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}
