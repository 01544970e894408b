package value

import (
	"testing"
	"time"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/web"
	"example.com/fetch/internal/web/webtest"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "1.5": 1500 * time.Millisecond, "0": 0, "2m": 2 * time.Minute, "500ms": 500 * time.Millisecond,
		"": -1, "-1": -1, "-1s": -1, "soon": -1, "NaN": -1, "Inf": -1, "1e300": -1, "5 s": -1,
	} {
		got := Seconds(-1)
		err := got.Set(text)
		if time.Duration(got) != want {
			t.Errorf("%q is %v, want %v (%v)", text, got, want, err)
		}
	}
}

func TestParseRate(t *testing.T) {
	for text, want := range map[string]fetcher.Rate{
		"5/s": {Events: 5, Per: time.Second}, "300/m": {Events: 300, Per: time.Minute}, "2/10s": {Events: 2, Per: 10 * time.Second},
		"0.5/h": {Events: 0.5, Per: time.Hour}, " 5 / s ": {Events: 5, Per: time.Second}, "1000/d": {Events: 1000, Per: 24 * time.Hour},
		"200": {Events: 200, Per: time.Second}, " 0.5 ": {Events: 0.5, Per: time.Second},
		"0": {}, "-1": {}, "5 s": {}, "0-99": {}, "": {}, "/s": {}, "5/": {}, "0/s": {}, "-1/s": {}, "NaN/s": {}, "Inf/s": {}, "5/0s": {}, "5/-1s": {}, "5/s/s": {}, "a/s": {},
	} {
		got, err := ParseRate(text)
		if got != want || (err == nil) != (want.Events > 0) {
			t.Errorf("%q is %v, want %v (%v)", text, got, want, err)
		}
	}
}

// TestPerHost: a value of one host wins over that for every host; a name without a port is meant for any.
func TestPerHost(t *testing.T) {
	f := PerHost[int]{Parse: ParseSlots}
	for _, text := range []string{"3", "Example.com=5", "example.com:8080=7", "bücher.example=9", "[::1]=2", "[0::2]:8080=4", "::3=6", " XN--BCHER-KVA.test.:080=8"} {
		if err := f.Set(text); err != nil {
			t.Fatal(err)
		}
	}
	for host, want := range map[string]int{
		"other.test:80": 3, "example.com:80": 5, "example.com:443": 5, "example.com:8080": 7, "xn--bcher-kva.example:80": 9, "[::1]:80": 2,
		"[::2]:8080": 4, "[::2]:80": 3, "[::3]:80": 6, "xn--bcher-kva.test.:80": 8,
	} {
		got, own := f.Of(host)
		if len(got) != 1 || got[0] != want || own != (want != 3) {
			t.Errorf("%s has %v, its own: %t; want %d", host, got, own, want)
		}
	}
	for _, c := range webtest.Cases {
		u, err := web.Parse(c.URL)
		if err != nil {
			continue
		}
		for _, spelling := range []string{u.Host, u.Hostname(), c.Host} {
			f := PerHost[int]{Parse: ParseSlots}
			if err := f.Set(spelling + "=7"); err != nil {
				t.Error(err)
			}
			if got, own := f.Of(web.Host(u)); !own || got[0] != 7 {
				t.Errorf("%s=7 does not hold for %s", spelling, c.URL)
			}
		}
	}
	for _, text := range []string{"", "0", "-1", "many", "=5", "a/b=5", "me@host=5", "a b=5", "host=", "host=0", "*.a.test=5", "a.test:0=5", "a.test:http=5"} {
		if err := f.Set(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestStatusRanges(t *testing.T) {
	var r Statuses
	if err := r.Set("200-204, 404,5xx"); err != nil {
		t.Fatal(err)
	}
	for status, want := range map[int]bool{199: false, 200: true, 204: true, 205: false, 404: true, 499: false, 500: true, 599: true, 600: false} {
		if r.Has(status) != want {
			t.Errorf("%d: %t", status, !want)
		}
	}
	for _, text := range []string{"", "all", "99", "1000", "300-200", "2xxx", "200-", "-1", ",", "20x"} {
		if err := r.Set(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

// FuzzValues: no text makes a parser of the command line panic, or take what makes no sense.
func FuzzValues(f *testing.F) {
	for _, text := range []string{"5/s", "1.5", "example.com=5/s", "200-299,4xx", "429,5xx,timeout", "a:80:127.0.0.1", "[::1]:8000", "=", "1e999"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d := Seconds(0); d.Set(text) == nil && d < 0 {
			t.Errorf("%q is %v", text, d)
		}
		if r, err := ParseRate(text); err == nil && !(r.Events > 0 && r.Per > 0) {
			t.Errorf("%q is %v", text, r)
		}
		hosts := PerHost[fetcher.Rate]{Parse: ParseRate}
		if err := hosts.Set(text); err == nil && len(hosts.Every)+len(hosts.Hosts) != 1 {
			t.Errorf("%q is %d values", text, len(hosts.Every)+len(hosts.Hosts))
		}
		new(Statuses).Set(text)
		new(RetryOn).Set(text)
	})
}

func TestSpan(t *testing.T) {
	for text, want := range map[string]Span{
		"500ms": {Seconds(500 * time.Millisecond), Seconds(500 * time.Millisecond)}, "2": {Seconds(2 * time.Second), Seconds(2 * time.Second)},
		"200ms..0.8": {Seconds(200 * time.Millisecond), Seconds(800 * time.Millisecond)}, "0..1s": {0, Seconds(time.Second)},
	} {
		var s, again Span
		if err := s.Set(text); err != nil || s != want {
			t.Errorf("%s is %v (%v)", text, s, err)
		}
		if err := again.Set(s.String()); err != nil || again != s {
			t.Errorf("%s is written as %s", text, &s)
		}
	}
	for _, text := range []string{"", "..", "1s..", "..1s", "2s..1s", "1s..2s..3s", "-1s..1s", "1s-2s"} {
		if s := (Span{1, 1}); s.Set(text) == nil || s != (Span{1, 1}) {
			t.Errorf("%q is taken: %v", text, s)
		}
	}
}

func TestShare(t *testing.T) {
	for text, want := range map[string]Share{
		"20%": 0.2, "0.2": 0.2, " 7 %": 0.07, "0": 0, "0%": 0, "1": 1, "250%": 2.5, "none": unbounded,
		"20": -9, "": -9, "%": -9, "-1%": -9, "NaN": -9, "Inf%": -9, "1e999%": -9, "all": -9,
	} {
		s := Share(-9)
		err := s.Set(text)
		if s != want || (err == nil) != (want != -9) {
			t.Errorf("%q is %v, want %v (%v)", text, float64(s), float64(want), err)
		}
		if err != nil {
			continue
		}
		again := Share(-9)
		if err := again.Set(s.String()); err != nil || again != s {
			t.Errorf("%q is stored as %q, which is %v (%v)", text, s.String(), float64(again), err)
		}
	}
}
