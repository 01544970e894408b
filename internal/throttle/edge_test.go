package throttle

import (
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/internal/sched"
)

// TestRetryAfter has the forms of its own, and what would overflow.
func TestRetryAfter(t *testing.T) {
	const malformed = -1
	for _, row := range []struct {
		value, date string
		want        time.Duration
	}{
		{"120", "", 2 * minute},
		{" 120 ", "", 2 * minute},
		{"+7", "", 7 * time.Second},
		{"2.0", "", 2 * time.Second},
		{".25", "", 250 * time.Millisecond},
		{"1e2", "", 100 * time.Second},
		{"120;comment", "", 2 * minute},
		{"60, 120", "", 2 * minute},
		{"1m30s", "", 90 * time.Second},
		{"0", "", 0},
		{"-1", "", 0},
		{"-9223372037", "", 0},
		{"-0.0", "", 0},
		{"999999999", "", 999999999 * time.Second},
		{"1795953630", "", 30 * time.Second}, // an epoch: nobody means 57 years
		{"1700000000", "", 0},
		{"9223372037", "", Longest},
		{"99999999999999999999", "", Longest},
		{"1e400", "", Longest},
		{"-1e400", "", 0},
		{"999999h", "", Longest},

		// The three forms of HTTP, and Date, by a clock that is right and by others.
		{"Sun, 29 Nov 2026 12:00:30 GMT", "", 30 * time.Second},
		{"Sunday, 29-Nov-26 12:00:30 GMT", "", 30 * time.Second},
		{"Sun Nov 29 12:00:30 2026", "", 30 * time.Second},
		{"Sun, 29 Nov 2026 12:00:30 GMT", "Sun, 29 Nov 2026 12:00:20 GMT", 10 * time.Second},
		{"Wed, 21 Oct 2015 07:28:05 GMT", "Wed, 21 Oct 2015 07:28:00 GMT", 5 * time.Second},
		{"Wed, 21 Oct 2015 07:28:05 GMT", "yesterday", 0},
		{"Sun, 29 Nov 2026 11:59:59 GMT", "", 0},
		{"Thu, 01 Jan 1970 00:00:00 GMT", "", 0},
		{"Fri, 01 Jan 2100 00:00:00 GMT", "", Longest},
		{"Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", Longest},
		{"2026-11-29T12:00:30Z", "", 30 * time.Second},

		{"", "", malformed},
		{"soon", "", malformed},
		{"NaN", "", malformed},
		{"Inf", "", malformed},
		{"+Inf", "", malformed},
		{"-infinity", "", malformed},
		{"12 apples", "", malformed},
		{"1_000", "", malformed},
		{"Sun, 31 Nov 2026 12:00:00 GMT", "", malformed},
		{"soon, 30", "", malformed},
	} {
		h := http.Header{"Retry-After": {row.value}}
		if row.date != "" {
			h["Date"] = []string{row.date}
		}
		want := Said{Wait: row.want, HasWait: true}
		if row.want == malformed {
			want = Said{Malformed: []string{"Retry-After"}}
		}
		if diff := cmp.Diff(want, Read(503, h, "/", now)); diff != "" {
			t.Errorf("%q, %q: %s", row.value, row.date, diff)
		}
	}
	if got := Read(429, http.Header{"Retry-After": {"5", "soon", "Sun, 29 Nov 2026 12:00:30 GMT", "7"}}, "", now); got.Wait != 30*time.Second || len(got.Malformed) != 1 {
		t.Errorf("of several: %+v", got)
	}
	for _, status := range []int{200, 202, 301, 404, 500} {
		if got := Read(status, http.Header{"Retry-After": {"5"}}, "", now); !got.HasWait || got.Wait != 5*time.Second {
			t.Errorf("%d: %+v", status, got)
		}
	}
}

// TestReset has the forms of X-RateLimit-Reset.
func TestReset(t *testing.T) {
	at := now.Add(90 * time.Second)
	for _, row := range []struct {
		value string
		want  time.Duration
	}{
		{"90", 90 * time.Second},
		{"0.05", 50 * time.Millisecond},
		{strconv.FormatInt(at.Unix(), 10), 90 * time.Second},
		{strconv.FormatInt(at.Unix(), 10) + ".5", 90500 * time.Millisecond},
		{strconv.FormatInt(at.UnixMilli(), 10), 90 * time.Second},
		{strconv.FormatInt(at.UnixMicro(), 10), 90 * time.Second},
		{strconv.FormatInt(at.UnixNano(), 10), 90 * time.Second},
		{strconv.FormatInt(now.Add(-time.Hour).Unix(), 10), 0},
		{"12ms", 12 * time.Millisecond},
		{"7.66s", 7660 * time.Millisecond},
		{"1d2h", 26 * hour},
		{"1d", day},
		{at.Format(time.RFC3339), 90 * time.Second},
		{at.In(time.FixedZone("", 3600)).Format(time.RFC3339), 90 * time.Second},
		{at.Format("2006-01-02 15:04:05"), 90 * time.Second},
		{at.Format(http.TimeFormat), 90 * time.Second},
		{"90, 90", 90 * time.Second},
		{"90;w=100", 90 * time.Second},
		{"-1", none},
		{"-1782179894", none},
		{"1e300", Longest},
		{"2199-01-01T00:00:00Z", Longest},
	} {
		h := http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {row.value}}
		got := Read(429, h, "", now)
		if len(got.Quotas) != 1 || got.Quotas[0].Reset != row.want || got.Malformed != nil {
			t.Errorf("%s: %+v, want %v", row.value, got, row.want)
		}
	}
}

// TestMalformed: what cannot be read is named and passed over, and the rest is read.
func TestMalformed(t *testing.T) {
	for _, row := range []struct {
		head string
		want Said
	}{
		{"X-RateLimit-Limit: many\nX-RateLimit-Remaining: 5\nX-RateLimit-Reset: tomorrow", Said{
			Quotas: quotas(requests("", none, 5, none, none)), Malformed: []string{"X-Ratelimit-Limit", "X-Ratelimit-Reset"}}},
		{"X-RateLimit-Limit: NaN\nX-RateLimit-Remaining: Inf", Said{Malformed: []string{"X-Ratelimit-Limit", "X-Ratelimit-Remaining"}}},
		{`RateLimit: "default";r=50;t=`, Said{Malformed: []string{"Ratelimit"}}},
		{`RateLimit: "a";r=-1;t=5, "b";r=5;t=1.5, "c";r="5", 7, "d", ("e" "f");r=5, "g";r=3`, Said{
			Quotas: quotas(requests("g", none, 3, none, none)), Malformed: []string{"Ratelimit"}}},
		{`RateLimit-Policy: "a";w=60, "b";q=1.5, "c";q=9;w=0, "d";q=9;w=-5, "e";q=999999999999999;w=999999999999999`, Said{
			Quotas: quotas(requests("e", 999999999999999, none, Longest, none)), Malformed: []string{"Ratelimit-Policy"}}},
		{"RateLimit-Policy: 100;w=60;", Said{Malformed: []string{"Ratelimit-Policy"}}},
		{"RateLimit: limit=100, remaining=no, reset=5", Said{Quotas: quotas(requests("", 100, none, none, 5*time.Second)), Malformed: []string{"Ratelimit"}}},
		{"X-Shopify-Shop-Api-Call-Limit: 40", Said{Malformed: []string{"X-Shopify-Shop-Api-Call-Limit"}}},
		{"X-Concurrency-Limit: a few", Said{Malformed: []string{"X-Concurrency-Limit"}}},
		{"RateLimit: 5, 6", Said{Malformed: []string{"Ratelimit"}}},
		{"RateLimit-Policy: 1.5;w=60, 2, (1 2);w=5", Said{Quotas: quotas(requests("", 1.5, none, minute, none)), Malformed: []string{"Ratelimit-Policy"}}},
		{"X-RateLimit-Limit: 5, x;w=9, (1 2), 7;w=0", Said{Quotas: quotas(requests("", 5, none, none, none)), Malformed: []string{"X-Ratelimit-Limit"}}},
		{"X-RateLimit-Reset: 1xd\nX-RateLimit-Window: soon", Said{Malformed: []string{"X-Ratelimit-Reset", "X-Ratelimit-Window"}}},
		{"X-Throttling-Control: idle (other=green:5", Said{Malformed: []string{"X-Throttling-Control"}}},
		{"X-Throttling-Control: Service status: Green (0%), Remaining blocking time: soon, and so on", Said{
			Quotas: quotas(perSecond, atOnce), Malformed: []string{"X-Throttling-Control"}}},
		{"X-Throttling-Control: calm", Said{Malformed: []string{"X-Throttling-Control"}}},
		{"X-Throttling-Control: idle (other=mauve:200)", Said{Malformed: []string{"X-Throttling-Control"}}},
		{"X-Throttling-Control: Request Count status: Mauve (0%), Service status: Red", Said{
			Quotas: quotas(perSecond, atOnce), Load: 0.75, Word: "Red", Malformed: []string{"X-Throttling-Control"}}},
		{"X-RateLimit-Policy: gold\nX-RateLimit-NearLimit: true\nX-Time-Limit: 5\nX-Ratelimited: no\nRate-Card: 7\nX-Limit: a", Said{}},
		{"X-RateLimit-Limit: 0\nX-RateLimit-Remaining: 0", Said{}}, // it served: there is no limit
	} {
		if diff := cmp.Diff(row.want, Read(200, head(t, row.head), "/", now)); diff != "" {
			t.Errorf("%s\n%s", row.head, diff)
		}
	}
	if got := Read(429, head(t, `RateLimit-Policy: "p";q=0;w=60`), "", now); !got.Exhausted || got.Quotas[0].Limit != none {
		t.Errorf("a refusal with a limit of 0: %+v", got)
	}
	many := Read(200, http.Header{"Ratelimit": {strings.TrimSuffix(strings.Repeat(`"a";r=1,`, 999), ",")},
		"Ratelimit-Policy": {"1;w=1" + func() (s string) {
			for i := range 999 {
				s += ", 1;w=" + strconv.Itoa(i+2)
			}
			return s
		}()}}, "", now)
	if len(many.Quotas) != maxQuotas {
		t.Errorf("%d quotas", len(many.Quotas))
	}
}

func TestShare(t *testing.T) {
	for load, want := range map[float64]float64{0: 1, 0.49: 1, 0.5: 0.5, 0.74: 0.5, 0.75: 0.25, 1: 0.25, 3: 0.25 / 3} {
		if s := (Said{Load: load}); math.Abs(s.Share()-want) > 1e-9 {
			t.Errorf("%v: %v, want %v", load, s.Share(), want)
		}
	}
	for use, want := range map[float64]float64{0.5: 1, 0.75: 1, 0.8: 1, 0.9: 0.5, 0.95: 0.25, 1: 0.25} {
		for load, most := range map[float64]float64{0: 1, 0.6: 0.5, 3: 0.25 / 3} {
			if s := (Said{Use: use, Load: load}); math.Abs(s.Share()-min(want, most)) > 1e-9 {
				t.Errorf("%v of %v: %v, want %v", load, use, s.Share(), min(want, most))
			}
		}
	}
}

// TestProblem has the examples of draft-ietf-httpapi-ratelimit-headers-11, section 5.
func TestProblem(t *testing.T) {
	const quota = `{
	  "type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
	  "title": "Request cannot be satisfied as assigned quota has been exceeded",
	  "violated-policies": ["daily","bandwidth"]
	}`
	const reduced = `{"title": "Request cannot be satisfied due to temporary server capacity constraints", "violated-policies": ["hourly"],
	  "type": "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity"}`
	const abnormal = `{"type": "https://iana.org/assignments/http-problem-types#abnormal-usage-detected"}`
	const media = "application/problem+json"
	for _, row := range []struct {
		media, body string
		want        sched.Kind
	}{
		{media, quota, sched.OverQuota},
		{"Application/Problem+JSON; charset=utf-8", quota, sched.OverQuota},
		{media, quota[:100], sched.OverQuota}, // no more was read
		{media, reduced, sched.Busy},
		{media, abnormal, sched.OverQuota},
		{media, strings.Replace(quota, "https://", "http://www.", 1), sched.OverQuota},
		{"application/json", quota, 0},
		{"", quota, 0},
		{media, "", 0},
		{media, "[" + quota + "]", 0},
		{media, `{"type": 7}`, 0},
		{media, `{"type": "about:blank", "title": "quota-exceeded"}`, 0},
		{media, `{"type": "https://iana.org/assignments/http-problem-types#date"}`, 0},
		{media, `{"type": "https://example.com/problems#quota-exceeded"}`, 0},
		{media, `{"detail": {"type": "https://iana.org/assignments/http-problem-types#quota-exceeded"}}`, 0},
	} {
		if got, ok := Problem(row.media, []byte(row.body)); got != row.want || ok != (row.want != 0) {
			t.Errorf("%s %s: %v, %v", row.media, row.body, got, ok)
		}
	}
}

// vocabulary is all that a Word can be.
var vocabulary = regexp.MustCompile(`^(|Yellow|Red|Black|blacklisted|quota|nothing left|limit [0-9.]+(/[smhd]| in [0-9.hmsµ]+)?)$`)

// TestWordIsOurs: what a server calls its limits may be the key that it was sent.
func TestWordIsOurs(t *testing.T) {
	for _, lines := range []string{
		`RateLimit: "canary";r=0;t=5`,
		`RateLimit: canary;r=0;t=5`,
		"RateLimit: \"canary\";r=0\nRateLimit-Policy: \"canary\";q=7;w=9",
		`RateLimit-Policy: "canary";q=0;w=60`,
		"X-RateLimit-Bucket: canary\nX-RateLimit-Remaining: 0",
		"X-RateLimit-Resource: canary\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset: 5",
		"RateLimit-Name: canary\nRateLimit-Limit: 5\nRateLimit-Remaining: 0",
		"X-RateLimit-Limit: 5, 5;w=1;name=canary, 6;w=2;name=\"canary\"\nX-RateLimit-Remaining: 0",
		"X-RateLimit-Remaining-Canary: 0\nX-RateLimit-Reset-Canary: 5",
		"X-Canary-RateLimit-Remaining: 0\nX-Canary-RateLimit-Limit: 5",
		"X-Rejection-Reason: canary Quota",
		"X-Throttling-Control: Request Count status: canary (0%), canary status: Black (5%), canary blacklisted",
		"X-Throttling-Control: canary (canary=black:0, other=black:0)",
	} {
		for _, status := range []int{200, 403, 429, 503} {
			said := Read(status, head(t, lines), "/", now)
			if sane(t, said); said.Exhausted && said.Word == "" {
				t.Errorf("%s\nno word: %+v", lines, said)
			}
		}
	}
}

// sane reports what must never be, whatever a server sends.
func sane(t *testing.T, s Said) {
	t.Helper()
	if s.Wait < 0 || s.Wait > Longest || !s.HasWait && s.Wait != 0 {
		t.Errorf("wait of %v", s.Wait)
	}
	if !(s.Load >= 0 && s.Load <= 1000) || !(s.Use >= 0 && s.Use <= 1) || !(s.Share() > 0 && s.Share() <= 1) {
		t.Errorf("load of %v, share of %v", s.Load, s.Share())
	}
	if len(s.Quotas) > maxQuotas {
		t.Errorf("%d quotas", len(s.Quotas))
	}
	if !vocabulary.MatchString(s.Word) {
		t.Errorf("%q is no word of ours", s.Word)
	}
	time := func(d time.Duration) bool { return d == sched.Unknown || d >= 0 && d <= Longest }
	for _, q := range s.Quotas {
		if !(q.Limit >= 1e-6 && q.Limit <= 1e15 || q.Limit == sched.Unknown) ||
			!(q.Remaining >= 0 && q.Remaining <= 1e15 || q.Remaining == sched.Unknown) ||
			!time(q.Window) || q.Window == 0 || !time(q.Reset) || len(q.Name) > 64+len("-") || q.Limit < 0 && q.Remaining < 0 {
			t.Errorf("%+v", q)
		}
	}
}

// FuzzRead: one field, whatever its name.
func FuzzRead(f *testing.F) {
	for _, row := range wilds {
		for name, values := range head(f, row.head) {
			f.Add(row.status, name, values[0], row.path)
		}
	}
	for _, v := range []string{"9223372037", "1e400", "NaN", "-1", "Fri, 31 Dec 9999 23:59:59 GMT", "1;w=1, 2;w=99999999999"} {
		f.Add(429, "X-RateLimit-Reset", v, "/")
		f.Add(429, "RateLimit-Limit", v, "/")
		f.Add(429, "Retry-After", v, "/")
	}
	f.Fuzz(func(t *testing.T, status int, name, value, path string) {
		sane(t, Read(status, http.Header{http.CanonicalHeaderKey(name): {value}}, path, now))
	})
}

// FuzzHead: all of the fields of a response together, in lines.
func FuzzHead(f *testing.F) {
	for _, row := range wilds {
		f.Add(row.status, row.head, row.path)
	}
	f.Fuzz(func(t *testing.T, status int, lines, path string) {
		h := http.Header{}
		for line := range strings.SplitSeq(lines, "\n") {
			name, value, _ := strings.Cut(line, ":")
			h.Add(name, strings.TrimSpace(value))
		}
		said := Read(status, h, path, now)
		sane(t, said)
		if diff := cmp.Diff(said, Read(status, h, path, now)); diff != "" { // the order of a map
			t.Error(diff)
		}
		if !slices.IsSorted(said.Malformed) {
			t.Error(said.Malformed)
		}
	})
}

// FuzzProblem: no body is too much.
func FuzzProblem(f *testing.F) {
	f.Add([]byte(`{"type": "https://iana.org/assignments/http-problem-types#quota-exceeded"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if kind, ok := Problem("application/problem+json", body); ok != (kind == sched.OverQuota || kind == sched.Busy) {
			t.Error(kind, ok)
		}
	})
}

// plain is what most responses look like, and proxied is one that came through much.
const plain = `Server: nginx
Date: Sun, 29 Nov 2026 12:00:00 GMT
Content-Type: application/json
Content-Length: 1234
Last-Modified: Sun, 29 Nov 2026 12:00:00 GMT
Etag: "abc"
Accept-Ranges: bytes
`

const proxied = plain + `Access-Control-Allow-Origin: *
Age: 0
Cache-Control: no-cache
Vary: Accept-Encoding
X-Content-Type-Options: nosniff
X-Frame-Options: DENY
X-Request-Id: 4d3c2b1a
`

func BenchmarkRead(b *testing.B) {
	read := func(name string, status int, lines string) {
		h := head(b, lines)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Read(status, h, "/3.2/rest-services/published-data/search/biblio", now)
			}
		})
	}
	read("plain", 200, plain)
	read("proxied", 200, proxied)
	for _, row := range wilds {
		switch row.name {
		case "GitHub", "OpenAI", "Kong", "HubSpot", "draft 11", "express, draft 7", "PubChem", "EPO, search", "Slack, Notion, Wikimedia":
			read(row.name, row.status, plain+row.head)
		}
	}
}

// TestPlainCostsNothing: a response without limits takes no memory.
func TestPlainCostsNothing(t *testing.T) {
	h := head(t, proxied)
	if n := testing.AllocsPerRun(100, func() { Read(200, h, "/", now) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
