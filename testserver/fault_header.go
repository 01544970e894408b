package testserver

import (
	"net/http"
	"strings"
)

// headerFaults are answers whose headers try to do what they should not. HTTP/2 leaves out the values that it may not send.
func headerFaults() []Fault {
	faults := []Fault{
		answering("ok", "is a good answer: for /fault/ok/{anything}, such as /fault/ok/..%2f..%2fx", 200, nil, `{"fault": "none"}`),
		answering("header-escapes", "has control characters in its headers, which many clients refuse", 200, []string{
			"Content-Type: text/plain; \x1b[31m=red", "Server: \x1b]0;title\x07", "X-Title: \x7f",
		}, `{"fault": "headers"}`),
		answering("header-c1", "has C1 and bidi characters in its headers, which few clients refuse", 200, []string{
			"Content-Type: text/plain; \u009b31m=red", "Server: \u009d0;title\u009c", "Etag: \"\u009b2J\x9b31m\"", "Retry-After: \u202e1",
			"Content-Language: \u202egpj.exe\u2066", "X-Title: \u009b31m", "X-Throttling-Control: \u009b31mRed",
		}, `{"fault": "headers"}`),
		answering("refused-c1", "refuses with C1 and bidi characters in headers, and all kinds in the body", http.StatusServiceUnavailable, []string{
			"Retry-After: \u009b31m0", "X-Throttling-Control: \u009d0;title\u009c", "Content-Type: text/plain; \u202e=x",
		}, "\x1b[31m\u009b31m\u202ebusy"),
		answering("quota", "refuses with 403 and no requests left, as GitHub does", http.StatusForbidden, []string{
			"X-Ratelimit-Remaining: 0", "X-Ratelimit-Limit: 60",
		}, `{"message": "API rate limit exceeded"}`),
		answering("length-header-huge", "says that it has 8 EiB, and closes", 200, []string{"Content-Length: 9223372036854775807"}, "{}"),
		answering("type-missing", "has a Content-Type that is none", 200, []string{"Content-Type: ;;/\\"}, "{}"),
		answering("type-traversal", "has a Content-Type with a path in it", 200, []string{"Content-Type: text/../../../x"}, "{}"),
		{"cookies", "sets a cookie for itself, one for all of test, one for another host, and 100 more", setCookies},
	}
	for _, d := range []struct{ name, about, value string }{
		{"traversal", "a path that leads upwards", `attachment; filename="../../x"`},
		{"backslash", "a path as Windows writes it", `attachment; filename="..\\..\\x"`},
		{"encoded", "an encoded path that leads upwards", `attachment; filename*=UTF-8''..%2f..%2fx`},
		{"absolute", "a path from the root", `attachment; filename="/etc/passwd"`},
		{"home", "a path from home", `attachment; filename="~/.ssh/authorized_keys"`},
		{"hidden", "a file that is not seen", `attachment; filename=".bashrc"`},
		{"device", "a device of Windows", `attachment; filename="CON"`},
		{"stream", "a stream of a file of Windows", `attachment; filename="a:b"`},
		{"nul", "a NUL", "attachment; filename*=UTF-8''a%00b"},
		{"escape", "control characters", "attachment; filename=\"\x1b[31mred\""},
		{"c1", "C1 and bidi characters", "attachment; filename=\"\u009b31mred\u202egpj.exe\""},
		{"escape-encoded", "encoded control characters", "attachment; filename*=UTF-8''%1B[31mred%C2%9B%E2%80%AEgpj.exe"},
		{"lines", "encoded line ends", "attachment; filename*=UTF-8''a%0d%0ab"},
		{"empty", "nothing", `attachment; filename=""`},
		{"dots", "the folder above", `attachment; filename=".."`},
		{"long", "more than 255 bytes", `attachment; filename="` + strings.Repeat("ü", 200) + `.json"`},
		{"part", "one of our own unfinished files", `attachment; filename=".fetch-0-1.part"`},
		{"state", "our own state", `attachment; filename=".fetch-sync.jsonl"`},
	} {
		faults = append(faults, answering("name-"+d.name, "names as its file "+d.about, 200, []string{"Content-Disposition: " + d.value}, `{"fault": "name"}`))
	}
	return faults
}

func setCookies(w http.ResponseWriter, r *http.Request) {
	add := func(cookie string) { w.Header().Add("Set-Cookie", cookie) }
	add("own=1; Path=/")
	add("all=1; Domain=test; Path=/")
	add("other=1; Domain=other.test; Path=/")
	for range 100 {
		add("many" + strings.Repeat("x", len(w.Header()["Set-Cookie"])) + "=1; Path=/")
	}
	answer(w, http.StatusOK, jsonType, `{"host": `+quoteJSON(hostname(r.Host))+`}`)
}
