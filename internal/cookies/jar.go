package cookies

import (
	"cmp"
	"container/list"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	urlpath "path"
	"strings"
	"sync"

	"golang.org/x/net/publicsuffix"
)

// How many cookies a Jar keeps, as browsers do: of all hosts of one registered domain, and in all.
const (
	maxOfDomain = 50
	maxInJar    = 3000
)

// Jar keeps the cookies of many requests. Where there would be too many, those go that were set longest ago. It is safe for
// concurrent use.
type Jar struct {
	mu    sync.Mutex
	jar   *cookiejar.Jar
	kept  list.List // of *kept, the one that was set longest ago first
	known map[identity]*list.Element
	of    map[string]int // how many are of a registered domain
}

// identity is what tells cookies apart (RFC 6265, section 5.3).
type identity struct{ domain, path, name string }

type kept struct {
	identity
	registered string
	by         *url.URL // which set it
	attribute  string   // its Domain, as it was set
}

// NewJar makes an empty one.
func NewJar() *Jar {
	return &Jar{jar: newJar(), known: make(map[identity]*list.Element), of: make(map[string]int)}
}

// Cookies are what is sent to a URL.
func (j *Jar) Cookies(u *url.URL) []*http.Cookie { return j.jar.Cookies(u) }

// SetCookies takes in what the response from a URL sets.
func (j *Jar) SetCookies(by *url.URL, set []*http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range set {
		host := strings.ToLower(by.Hostname())
		k := &kept{by: by, attribute: c.Domain}
		k.domain = cmp.Or(strings.ToLower(strings.TrimPrefix(c.Domain, ".")), host)
		if k.domain != host && !strings.HasSuffix(host, "."+k.domain) {
			continue // it is not for the host to set
		}
		k.name, k.path = c.Name, c.Path
		if !strings.HasPrefix(k.path, "/") {
			k.path = urlpath.Dir(cmp.Or(by.Path, "/"))
		}
		if k.registered, _ = publicsuffix.EffectiveTLDPlusOne(k.domain); k.registered == "" {
			k.registered = k.domain
		}
		j.forget(j.known[k.identity])
		j.known[k.identity] = j.kept.PushBack(k)
		j.of[k.registered]++
		j.jar.SetCookies(by, []*http.Cookie{c})
		if j.of[k.registered] > maxOfDomain {
			j.drop(func(old *kept) bool { return old.registered == k.registered })
		} else if j.kept.Len() > maxInJar {
			j.drop(func(*kept) bool { return true })
		}
	}
}

// forget no longer counts a cookie.
func (j *Jar) forget(e *list.Element) {
	if e == nil {
		return
	}
	k := j.kept.Remove(e).(*kept)
	delete(j.known, k.identity)
	if j.of[k.registered]--; j.of[k.registered] == 0 {
		delete(j.of, k.registered)
	}
}

// drop drops the first cookie of some.
func (j *Jar) drop(is func(*kept) bool) {
	for e := j.kept.Front(); e != nil; e = e.Next() {
		if k := e.Value.(*kept); is(k) {
			j.jar.SetCookies(k.by, []*http.Cookie{{Name: k.name, Domain: k.attribute, Path: k.path, MaxAge: -1}})
			j.forget(e)
			return
		}
	}
}
