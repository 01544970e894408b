package throttle

import (
	"bufio"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/internal/sched"
)

const (
	none   = sched.Unknown
	minute = time.Minute
	hour   = time.Hour
	day    = 24 * time.Hour
)

// now is the moment of all tests, unless a response has a Date.
var now = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// head makes a header of lines, as a client does.
func head(t testing.TB, lines string) http.Header {
	t.Helper()
	lines = strings.Join(strings.FieldsFunc(lines, func(c rune) bool { return c == '\n' }), "\r\n") + "\r\n\r\n"
	h, err := textproto.NewReader(bufio.NewReader(strings.NewReader(lines))).ReadMIMEHeader()
	if err != nil {
		t.Fatal(err)
	}
	return http.Header(h)
}

func quotas(q ...sched.Quota) []sched.Quota { return q }

func requests(name string, limit, remaining float64, window, reset time.Duration) sched.Quota {
	return sched.Quota{Name: name, Limit: limit, Remaining: remaining, Window: window, Reset: reset}
}

// The quotas that PubChem is known to have.
var perSecond, atOnce = requests("per second", 5, none, time.Second, none), slots(5)

func slots(n float64) sched.Quota {
	return sched.Quota{Name: "at once", Unit: sched.Concurrent, Limit: n, Remaining: none, Window: none, Reset: none}
}

// wilds are what servers send, as they send it.
var wilds = []struct {
	name   string
	status int
	head   string
	path   string
	want   Said
}{
	// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api, and a response in its guides
	{"GitHub", 200, `Date: Fri, 05 Aug 2022 00:00:00 GMT
X-Ratelimit-Limit: 15000
X-Ratelimit-Remaining: 14996
X-Ratelimit-Reset: 1659661200
X-Ratelimit-Resource: core
X-Ratelimit-Used: 4`, "", Said{Quotas: quotas(requests("core", 15000, 14996, none, hour))}},
	{"GitHub, none left", 403, `Date: Fri, 05 Aug 2022 00:00:00 GMT
x-ratelimit-limit: 60
x-ratelimit-remaining: 0
x-ratelimit-reset: 1659659400
x-ratelimit-resource: core
x-ratelimit-used: 60`, "", Said{Quotas: quotas(requests("core", 60, 0, none, 30*minute)), Exhausted: true, Word: "limit 60"}},
	{"GitHub, a secondary limit", 403, `Retry-After: 60
X-Ratelimit-Limit: 5000
X-Ratelimit-Remaining: 4999`, "", Said{Wait: minute, HasWait: true, Quotas: quotas(requests("", 5000, 4999, none, none))}},

	// https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
	{"GitLab", 429, `Date: Tue, 05 Jan 2021 10:55:00 GMT
RateLimit-Limit: 60
RateLimit-Name: throttle_authenticated_web
RateLimit-Observed: 67
RateLimit-Remaining: 0
RateLimit-Reset: 1609844400
RateLimit-ResetTime: Tue, 05 Jan 2021 11:00:00 GMT
Retry-After: 30`, "", Said{Wait: 30 * time.Second, HasWait: true, Quotas: quotas(requests("throttle_authenticated_web", 60, 0, none, 5*minute)),
		Exhausted: true, Word: "limit 60"}},

	// https://techdocs.akamai.com/cloudlets/reference/rate-limiting; the time as in a test of Akamai's terraform provider
	{"Akamai", 429, `Date: Tue, 13 May 2025 14:28:17 GMT
X-RateLimit-Limit: 60
X-RateLimit-Remaining: 0
X-RateLimit-Next: 2025-05-13T14:28:19.5Z`, "", Said{Quotas: quotas(requests("", 60, 0, none, 2500*time.Millisecond)), Exhausted: true, Word: "limit 60"}},

	// https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
	{"OpenAI", 200, `x-ratelimit-limit-requests: 60
x-ratelimit-limit-tokens: 150000
x-ratelimit-remaining-requests: 59
x-ratelimit-remaining-tokens: 149984
x-ratelimit-reset-requests: 1s
x-ratelimit-reset-tokens: 6m0s`, "", Said{Quotas: quotas(requests("requests", 60, 59, none, time.Second))}},
	// https://community.openai.com/t/1268905
	{"OpenAI, milliseconds", 200, `x-ratelimit-limit-requests: 5000
x-ratelimit-limit-tokens_usage_based: 160000
x-ratelimit-remaining-requests: 4999
x-ratelimit-remaining-tokens_usage_based: 159976
x-ratelimit-reset-requests: 12ms
x-ratelimit-reset-tokens_usage_based: 9ms`, "", Said{Quotas: quotas(requests("requests", 5000, 4999, none, 12*time.Millisecond))}},
	{"OpenAI, no tokens", 429, `x-ratelimit-limit-requests: 60
x-ratelimit-limit-tokens: 150000
x-ratelimit-remaining-requests: 59
x-ratelimit-remaining-tokens: 0
x-ratelimit-reset-requests: 1s
x-ratelimit-reset-tokens: 6m0s
retry-after-ms: 1500`, "", Said{Wait: 1500 * time.Millisecond, HasWait: true,
		Quotas: quotas(requests("requests", 60, 59, none, time.Second), requests("tokens", none, 0, none, 6*minute)), Exhausted: true, Word: "nothing left"}},

	// https://docs.anthropic.com/en/api/rate-limits#response-headers
	{"Anthropic", 429, `Date: Sat, 25 Oct 2025 11:59:30 GMT
anthropic-ratelimit-requests-limit: 50
anthropic-ratelimit-requests-remaining: 0
anthropic-ratelimit-requests-reset: 2025-10-25T12:00:00Z
anthropic-ratelimit-input-tokens-limit: 400000
anthropic-ratelimit-input-tokens-remaining: 398543
anthropic-ratelimit-input-tokens-reset: 2025-10-25T12:00:00Z
retry-after: 30`, "", Said{Wait: 30 * time.Second, HasWait: true, Quotas: quotas(requests("requests", 50, 0, none, 30*time.Second)), Exhausted: true, Word: "limit 50"}},

	// https://docs.x.com/x-api/fundamentals/rate-limits
	{"X", 200, `date: Mon, 02 Sep 2019 05:05:49 UTC
x-rate-limit-limit: 180
x-rate-limit-remaining: 179
x-rate-limit-reset: 1795954500`, "", Said{Quotas: quotas(requests("", 180, 179, none, 15*minute))}}, // its Date is none: UTC is not allowed

	// https://discord.com/developers/docs/topics/rate-limits#header-format-rate-limit-header-examples
	{"Discord", 429, `X-RateLimit-Limit: 5
X-RateLimit-Remaining: 0
X-RateLimit-Reset: 1470173023.123
X-RateLimit-Reset-After: 64.57
X-RateLimit-Bucket: abcd1234
X-RateLimit-Scope: user
Retry-After: 65`, "", Said{Wait: 65 * time.Second, HasWait: true, Quotas: quotas(requests("abcd1234", 5, 0, none, 64570*time.Millisecond)), Exhausted: true, Word: "limit 5"}},

	// https://support.reddithelp.com/hc/en-us/articles/16160319875092, as received: what is used and remains is 100
	{"Reddit", 200, `x-ratelimit-used: 43
x-ratelimit-remaining: 57.0
x-ratelimit-reset: 312`, "", Said{Quotas: quotas(requests("", 100, 57, none, 312*time.Second))}},

	// https://shopify.dev/docs/api/admin-rest/usage/rate-limits
	{"Shopify", 200, `X-Shopify-Shop-Api-Call-Limit: 32/40`, "", Said{Quotas: quotas(requests("", 40, 8, 20*time.Second, none))}},
	{"Shopify, full", 429, "X-Shopify-Shop-Api-Call-Limit: 40/40\nRetry-After: 2.0", "", Said{Wait: 2 * time.Second, HasWait: true,
		Quotas: quotas(requests("", 40, 0, 20*time.Second, 500*time.Millisecond)), Exhausted: true, Word: "limit 40 in 20s"}},

	// https://developers.cloudflare.com/fundamentals/api/reference/limits/
	{"Cloudflare", 200, "Ratelimit: \"default\";r=50;t=30\nRatelimit-Policy: \"default\";q=1200;w=300", "", Said{
		Quotas: quotas(requests("default", 1200, 50, 5*minute, 30*time.Second))}},

	// https://developer.atlassian.com/cloud/jira/platform/rate-limiting/: r is there once little remains; Beta- is not in force
	{"Atlassian Cloud", 200, `RateLimit-Policy: "global-app-quota";q=65000;w=3600,"jira-burst-based";q=100;w=1
RateLimit: "global-app-quota";t=200
Beta-RateLimit: "tenant-app-quota";r=0;t=2788
X-Beta-Ratelimit-Reset: 2026-03-26T16:00Z
X-RateLimit-Limit: 350
X-RateLimit-Remaining: 349
X-RateLimit-NearLimit: false`, "", Said{Quotas: quotas(requests("global-app-quota", 65000, none, hour, 200*time.Second),
		requests("jira-burst-based", 100, none, time.Second, none), requests("", 350, 349, none, none))}},
	{"Atlassian Cloud, none left", 429, `Date: Mon, 10 May 2021 10:59:00 GMT
X-RateLimit-Limit: 350
X-RateLimit-Remaining: 0
X-RateLimit-Reset: 2021-05-10T11:00Z
RateLimit-Reason: jira-burst-based
Retry-After: 10`, "", Said{Wait: 10 * time.Second, HasWait: true, Quotas: quotas(requests("", 350, 0, none, minute)), Exhausted: true, Word: "limit 350"}},
	// https://confluence.atlassian.com/doc/_ratelimiting_httpheaders-992678779.html, and a Jira as received
	{"Atlassian Data Center", 200, `X-RateLimit-Limit: 70
X-RateLimit-Remaining: 69
X-RateLimit-FillRate: 5
X-RateLimit-Interval-Seconds: 1
Retry-After: 0`, "", Said{HasWait: true, Quotas: quotas(requests("", 70, 69, 14*time.Second, none))}},

	// https://developer.okta.com/docs/reference/rl-best-practices/
	{"Okta", 429, `Date: Tue, 24 Jan 2017 05:34:00 GMT
X-Rate-Limit-Limit: 600
X-Rate-Limit-Remaining: 0
X-Rate-Limit-Reset: 1485236050`, "", Said{Quotas: quotas(requests("", 600, 0, none, 10*time.Second)), Exhausted: true, Word: "limit 600"}},

	// https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines, as received
	{"HubSpot", 200, `x-hubspot-ratelimit-daily: 250000
x-hubspot-ratelimit-daily-remaining: 249998
x-hubspot-ratelimit-interval-milliseconds: 10000
x-hubspot-ratelimit-max: 100
x-hubspot-ratelimit-remaining: 98
x-hubspot-ratelimit-secondly: 10
x-hubspot-ratelimit-secondly-remaining: 9`, "", Said{Quotas: quotas(requests("day", 250000, 249998, day, none),
		requests("", 100, 98, 10*time.Second, none), requests("second", 10, 9, time.Second, none))}},

	// https://docs.stripe.com/rate-limits, https://docs.slack.dev/apis/web-api/rate-limits, https://developers.notion.com/reference/request-limits
	{"Stripe", 429, "Stripe-Rate-Limited-Reason: global-rate\nStripe-Should-Retry: true", "", Said{}},
	{"Slack, Notion, Wikimedia", 429, "Retry-After: 30", "", Said{Wait: 30 * time.Second, HasWait: true}},

	// https://www.crossref.org/documentation/retrieve-metadata/rest-api/access-and-authentication/, as received
	{"Crossref", 200, "x-rate-limit-limit: 3\nx-rate-limit-interval: 1s\nx-concurrency-limit: 3\nx-api-pool: polite-array", "", Said{Quotas: quotas(
		sched.Quota{Name: "concurrency", Unit: sched.Concurrent, Limit: 3, Remaining: none, Window: none, Reset: none}, requests("", 3, none, time.Second, none))}},

	// https://developers.openalex.org/api-reference/authentication, as received: a search takes 10 credits
	{"OpenAlex", 200, `x-ratelimit-limit: 1000
x-ratelimit-remaining: 918
x-ratelimit-credits-used: 10
x-ratelimit-limit-usd: 0.1
x-ratelimit-remaining-usd: 0.0918
x-ratelimit-cost-usd: 0.001
x-ratelimit-prepaid-remaining-usd: 0
x-ratelimit-reset: 68853`, "", Said{Quotas: quotas(requests("", 100, 91, none, 68853*time.Second))}},
	{"OpenAlex, a free one", 200, "x-ratelimit-limit: 1000\nx-ratelimit-remaining: 918\nx-ratelimit-credits-used: 0\nx-ratelimit-reset: 68853", "", Said{}},

	// https://www.ncbi.nlm.nih.gov/books/NBK25497/: 3 a second, which its fields do not say
	{"NCBI", 429, "X-RateLimit-Limit: 3\nX-RateLimit-Remaining: 0\nRetry-After: 2", "", Said{Wait: 2 * time.Second, HasWait: true,
		Quotas: quotas(requests("", 3, 0, none, none)), Exhausted: true, Word: "limit 3"}},

	// Kong, as received
	{"Kong", 429, `X-RateLimit-Limit-Second: 1
X-RateLimit-Limit-Minute: 5
X-RateLimit-Remaining-Second: 0
X-RateLimit-Remaining-Minute: 4
RateLimit-Limit: 1
RateLimit-Remaining: 0
RateLimit-Reset: 1
Retry-After: 1`, "", Said{Wait: time.Second, HasWait: true, Quotas: quotas(requests("second", 1, 0, time.Second, time.Second),
		requests("minute", 5, 4, minute, none)), Exhausted: true, Word: "limit 1/s"}},
	// https://docs.pingcap.com/tidbcloud/api/v1beta: Kong, with one reset
	{"TiDB", 429, "x-ratelimit-reset: 23\nx-ratelimit-remaining-minute: 0\nx-ratelimit-limit-minute: 100", "", Said{
		Quotas: quotas(requests("minute", 100, 0, minute, 23*time.Second)), Exhausted: true, Word: "limit 100/m"}},

	// https://docs.spring.io/spring-cloud-gateway/reference/ (RequestRateLimiter), as received
	{"Spring", 200, `X-RateLimit-Remaining: 9
X-RateLimit-Requested-Tokens: 1
X-RateLimit-Burst-Capacity: 10
X-RateLimit-Replenish-Rate: 5`, "", Said{Quotas: quotas(requests("", 10, 9, 2*time.Second, none))}},
	{"Spring, empty", 429, "X-RateLimit-Remaining: 0\nX-RateLimit-Requested-Tokens: 60\nX-RateLimit-Burst-Capacity: 60\nX-RateLimit-Replenish-Rate: 1", "", Said{
		Quotas: quotas(requests("", 1, 0, minute, minute)), Exhausted: true, Word: "limit 1/m"}},
	{"Spring without its Redis", 200, "X-RateLimit-Remaining: -1\nX-RateLimit-Burst-Capacity: 250\nX-RateLimit-Replenish-Rate: 200", "", Said{
		Quotas: quotas(requests("", 250, none, 1250*time.Millisecond, none))}},

	// https://documentation.gravitee.io (Rate Limit policy), as received: epoch milliseconds
	{"Gravitee", 200, `date: Thu, 23 Mar 2023 15:59:57 GMT
x-rate-limit-limit: 100
x-rate-limit-remaining: 98
x-rate-limit-reset: 1679587256800`, "", Said{Quotas: quotas(requests("", 100, 98, none, 59800*time.Millisecond))}},

	// https://developer-docs.amazon.com/sp-api/docs/usage-plans-and-rate-limits
	{"Amazon Selling Partner", 429, "x-amzn-RateLimit-Limit: 0.0167", "", Said{Quotas: quotas(requests("", 0.0167, none, time.Second, none))}},

	// ObjectRocket and WIPO, as received
	{"a reset that is none", 200, "X-RateLimit-Limit: 1\nX-RateLimit-Remaining: 1\nX-RateLimit-Reset: -1782179894", "", Said{Quotas: quotas(requests("", 1, 1, none, none))}},
	{"no limit", 200, "X-RateLimit-Limit: -1\nX-RateLimit-Remaining: -1\nX-RateLimit-Reset: -1\nX-RateLimit-Window: -1", "", Said{}},

	// https://developer.lemlist.com/api-reference/getting-started/rate-limits
	{"lemlist", 429, `Date: Tue, 16 Feb 2021 08:02:40 GMT
Retry-After: 2
X-RateLimit-Limit: 20
X-RateLimit-Remaining: 0
X-RateLimit-Reset: Tue Feb 16 2021 09:02:42 GMT+0100 (Central European Standard Time)`, "", Said{Wait: 2 * time.Second, HasWait: true,
		Quotas: quotas(requests("", 20, 0, none, 2*time.Second)), Exhausted: true, Word: "limit 20"}},

	// draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4
	{"draft 11", 200, `RateLimit-Policy: "burst";q=100;w=60,"daily";q=1000;w=86400
RateLimit: "burst";r=50;t=30`, "", Said{Quotas: quotas(requests("burst", 100, 50, minute, 30*time.Second), requests("daily", 1000, none, day, none))}},
	{"draft 11, in lines", 429, `RateLimit-Policy: "permin";q=50;w=60
RateLimit-Policy: "perhr";q=1000;w=3600
RateLimit: "permin";r=0;t=7
RateLimit: "perhr";r=20;t=1800`, "", Said{Quotas: quotas(requests("permin", 50, 0, minute, 7*time.Second), requests("perhr", 1000, 20, hour, 30*minute)),
		Exhausted: true, Word: "limit 50/m"}},
	{"draft 11, bytes and slots", 200, `RateLimit-Policy: "peruser";q=65535;qu="content-bytes";w=10;pk=:sdfjLJUOUH==:, "slots";q=8;qu="concurrent-requests", "tokens";q=9;qu="tokens"
RateLimit: "peruser";r=0;t=4;pk=:sdfjLJUOUH==:, "tokens";r=3;t=5`, "", Said{Quotas: quotas(
		sched.Quota{Name: "peruser", Unit: sched.Bytes, Limit: 65535, Remaining: 0, Window: 10 * time.Second, Reset: 4 * time.Second},
		sched.Quota{Name: "slots", Unit: sched.Concurrent, Limit: 8, Remaining: none, Window: none, Reset: none})}},
	{"draft 11, no window", 200, `RateLimit: "default";r=999;pk=:dHJpYWwxMjEzMjM=:`, "", Said{Quotas: quotas(requests("default", none, 999, none, none))}},
	{"draft 11 of a redirect", 301, "Location: /foo/123\nRateLimit: \"problemPolicy\";r=0;t=10", "", Said{
		Quotas: quotas(requests("problemPolicy", none, 0, none, 10*time.Second)), Exhausted: true, Word: "nothing left"}},
	// https://express-rate-limit.mintlify.app/reference/configuration#standardheaders
	{"express, draft 8", 200, `RateLimit-Policy: "100-in-1min"; q=100; w=60; pk=:NzRmYTM4OGY3MzNj:
RateLimit: "100-in-1min"; r=99; t=60`, "", Said{Quotas: quotas(requests("100-in-1min", 100, 99, minute, minute))}},
	{"express, draft 7", 200, "RateLimit-Policy: 100;w=60\nRateLimit: limit=100, remaining=50, reset=5", "", Said{Quotas: quotas(requests("", 100, 50, minute, 5*time.Second))}},
	{"express, draft 6", 200, "RateLimit-Policy: 100;w=900\nRateLimit-Limit: 100\nRateLimit-Remaining: 99\nRateLimit-Reset: 900", "", Said{
		Quotas: quotas(requests("", 100, 99, 15*minute, 15*minute))}},
	// draft-ietf-httpapi-ratelimit-headers-03 to -06, appendix of examples
	{"draft 6, two policies", 200, "RateLimit-Policy: 100;w=60, 1000;w=3600\nRateLimit-Limit: 100\nRateLimit-Remaining: 9\nRateLimit-Reset: 50", "", Said{
		Quotas: quotas(requests("", 100, 9, minute, 50*time.Second), requests("", 1000, none, hour, none))}},
	{"draft 3", 200, "RateLimit-Limit: 10, 10;w=1, 50;w=60, 1000;w=3600, 5000;w=86400\nRateLimit-Remaining: 1\nRateLimit-Reset: 1", "", Said{
		Quotas: quotas(requests("", 10, 1, time.Second, time.Second), requests("", 50, none, minute, none), requests("", 1000, none, hour, none), requests("", 5000, none, day, none))}},
	{"draft 3 before the IETF", 200, "RateLimit-Limit: 10, 10;window=1, 50;window=60;comment=\"bar\"\nRateLimit-Remaining: 1", "", Said{
		Quotas: quotas(requests("", 10, 1, time.Second, none), requests("", 50, none, minute, none))}},
	{"window in the limit", 200, "X-RateLimit-Limit: 60;w=60\nX-RateLimit-Remaining: 59", "", Said{Quotas: quotas(requests("", 60, 59, minute, none))}},
	// https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/rate_limit_filter
	{"Envoy", 200, "x-ratelimit-limit: 10, 10;w=1;name=\"per-ip\", 1000;w=3600\nx-ratelimit-remaining: 4\nx-ratelimit-reset: 1", "", Said{
		Quotas: quotas(requests("per-ip", 10, 4, time.Second, time.Second), requests("", 1000, none, hour, none))}},
	{"both kinds of field", 200, `X-RateLimit-Limit: 100
X-RateLimit-Remaining: 79
X-RateLimit-Reset: 1795953613
RateLimit-Limit: 100
RateLimit-Remaining: 79
RateLimit-Reset: 13
RateLimit-Policy: 100;w=60`, "", Said{Quotas: quotas(requests("", 100, 79, minute, 13*time.Second))}},

	// Forms that are seen without a home.
	{"only the limit", 200, "X-Rate-Limit: 700\nX-Rate-Limit-Remaining: 699", "", Said{Quotas: quotas(requests("", 700, 699, none, none))}},
	{"only what is used", 200, "X-RateLimit-Limit: 50\nX-RateLimit-Used: 51\nX-RateLimit-Window: 1m", "", Said{
		Quotas: quotas(requests("", 50, 0, minute, none)), Exhausted: true, Word: "limit 50/m"}},
	{"many windows", 200, `X-RateLimit-Limit-Hour: 1000
X-RateLimit-Remaining-Hour: 0
X-RateLimit-Reset-Hour: 60
X-RateLimit-Weekly: 20000
X-RateLimit-Limit-Month: 50000`, "", Said{Quotas: quotas(requests("hour", 1000, 0, hour, minute), requests("month", 50000, none, 30*day, none),
		requests("week", 20000, none, 7*day, none)), Exhausted: true, Word: "limit 1000/h"}},
	{"a policy with X", 200, "X-RateLimit-Policy: 100;w=86400\nX-RateLimit-Remaining: 0\nX-RateLimit-Limit: 100", "", Said{
		Quotas: quotas(requests("", 100, 0, day, none)), Exhausted: true, Word: "limit 100/d"}},
	{"names that are tokens", 200, "RateLimit: default;r=5;t=9\nRateLimit-Policy: default;q=10;w=60", "", Said{Quotas: quotas(requests("default", 10, 5, minute, 9*time.Second))}},
	{"two partitions", 200, `RateLimit: "a";r=5;t=9, "a";r=2;t=7, "a";r=8;t=8`, "", Said{Quotas: quotas(requests("a", none, 2, none, 7*time.Second))}},
	{"policies of the same size", 200, `RateLimit-Policy: "a";q=5, "b";q=5`, "", Said{Quotas: quotas(requests("a", 5, none, none, none), requests("b", 5, none, none, none))}},
	{"two that count", 200, `RateLimit-Limit: 60
RateLimit-Remaining: 9
RateLimit-Reset: 30
X-RateLimit-Limit: 60
X-RateLimit-Remaining: 7
X-RateLimit-Reset: 29
X-Rate-Limit-Limit: 60
X-Rate-Limit-Remaining: 8
X-RateLimit-Window: 60`, "", Said{Quotas: quotas(requests("", 60, 7, minute, 29*time.Second))}},
	{"no window", 200, "X-RateLimit-Limit: 5\nX-RateLimit-Window: 0", "", Said{Quotas: quotas(requests("", 5, none, none, none))}},
	{"a bucket that is always full", 200, "X-RateLimit-Limit: 1\nX-RateLimit-FillRate: 1e300", "", Said{Quotas: quotas(requests("", 1, none, none, none))}},

	// https://pubchem.ncbi.nlm.nih.gov/docs/dynamic-request-throttling
	{"PubChem", 200, `X-Throttling-Control: Request Count status: Green (0%), Request Time status: Green (0%), Service status: Green (20%)`, "", Said{
		Quotas: quotas(perSecond, atOnce, requests("Request Count", 400, 400, minute, none)), Load: 0.2}},
	{"PubChem, an old one", 200, `X-Throttling-Control: Request Count status: Yellow (52%), Request Time status: Green (0%), WebConverter status: Red (80%)`, "", Said{
		Quotas: quotas(perSecond, atOnce, requests("Request Count", 400, 192, minute, none)), Load: 0.8, Use: 0.52, Word: "Red"}},
	{"PubChem, overloaded", 200, `X-Throttling-Control: Request Count status: Green (5%), Request Time status: Red (76%), Service status: Black (303%)`, "", Said{
		Quotas: quotas(perSecond, atOnce, requests("Request Count", 400, 380, minute, none)), Load: 3.03, Use: 0.05, Word: "Black"}},
	{"PubChem, over both limits", 503, `X-Throttling-Control: Request Count status: Black (110%), Request Time status: Black (132%), Service status: Green (2%)`, "", Said{
		Quotas: quotas(perSecond, slots(1), requests("Request Count", 400, 0, minute, 6*time.Second), requests("Request Time", none, 0, minute, 15*time.Second)),
		Load:   0.02, Use: 1, Exhausted: true, Word: "Black"}},
	{"PubChem, colours that do not fit", 200, `X-Throttling-Control: Request Count status: Black (99%), Request Time status: Black, Service status: Red (60%)`, "", Said{
		Quotas: quotas(perSecond, slots(1), requests("Request Count", 400, 0, minute, 600*time.Millisecond), requests("Request Time", none, 0, minute, 1188119*time.Microsecond)),
		Load:   0.75, Use: 1, Exhausted: true, Word: "Black"}},
	{"PubChem, nearly all used", 200, `X-Throttling-Control: Request Count status: Red (90%), Request Time status: Red (94%), Service status: Green (20%)`, "", Said{
		Quotas: quotas(perSecond, slots(3), requests("Request Count", 400, 40, minute, none)), Load: 0.2, Use: 0.9, Word: "Red"}},
	// as received
	{"PubChem, blocked", 503, `Retry-After: 30
X-Throttling-Control: Request Count status: Green (0%), Request Time status: Green (0%), Service status: Green (0%), too many requests per second or blacklisted`, "", Said{
		Wait: 30 * time.Second, HasWait: true, Quotas: quotas(perSecond, atOnce, requests("Request Count", 400, 400, minute, none)), Exhausted: true, Blocked: true, Word: "blacklisted"}},
	{"PubChem, blocked for a time", 503, `X-Throttling-Control: Request Count status: Green (0%), Request Time status: Green (0%), Service status: Green (0%), Remaining blocking time: 0:10:05`, "", Said{
		Wait: 605 * time.Second, HasWait: true, Quotas: quotas(perSecond, atOnce, requests("Request Count", 400, 400, minute, none)), Exhausted: true, Blocked: true, Word: "blacklisted"}},

	// OPS Reference Guide 1.3.20, section 2.3.3
	{"EPO, search", 200, epo, "/3.2/rest-services/published-data/search/biblio", Said{Quotas: quotas(requests("search", 20, none, minute, none)), Word: "Yellow"}},
	{"EPO, retrieval", 200, epo, "/3.2/rest-services/published-data/publication/epodoc/EP1000000/biblio", Said{Quotas: quotas(requests("retrieval", 200, none, minute, none))}},
	{"EPO, an inquiry for images", 200, epo, "/3.2/rest-services/published-data/publication/epodoc/EP1000000/images", Said{Quotas: quotas(requests("retrieval", 200, none, minute, none))}},
	{"EPO, images", 200, epo, "/3.2/rest-services/published-data/images/EP/1000000/PA/firstpage", Said{Quotas: quotas(requests("images", 100, none, minute, none))}},
	{"EPO, family", 200, epo, "/3.2/rest-services/family/publication/docdb/EP.1000000.A1", Said{Quotas: quotas(requests("inpadoc", 30, none, minute, none)), Word: "Red"}},
	{"EPO, register", 200, epo, "/3.2/rest-services/register/publication/epodoc/EP99203729", Said{Quotas: quotas(requests("other", 1000, none, minute, none))}},
	{"EPO, black", 403, `Retry-After: 42000
X-Throttling-Control: busy (images=green:100, inpadoc=green:45, other=green:1000, retrieval=green:100, search=black:0)`, "/3.2/rest-services/published-data/search", Said{
		Wait: 42 * time.Second, HasWait: true, Quotas: quotas(requests("search", none, 0, minute, 42*time.Second)), Exhausted: true, Word: "Black"}},
	{"EPO, the week's bytes", 403, "X-Rejection-Reason: RegisteredQuotaPerWeek", "", Said{Exhausted: true, Word: "quota"}},
}

const epo = `X-Throttling-Control: idle (retrieval=green:200, search=yellow:20, inpadoc=red:30, images=green:100, other=green:1000)`

func TestWild(t *testing.T) {
	for _, row := range wilds {
		t.Run(row.name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, Read(row.status, head(t, row.head), row.path, now)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
