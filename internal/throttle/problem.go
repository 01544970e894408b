package throttle

import (
	"mime"
	"strings"

	"example.com/fetch/internal/jsonx"
	"example.com/fetch/internal/sched"
)

// ProblemBytes is how much of a body Problem wants to see.
const ProblemBytes = 4 << 10

// IsProblem reports whether a body of a Content-Type is worth showing to Problem.
func IsProblem(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/problem+json"
}

// Problem reads the body of a refusal, or its beginning, as a problem (RFC 9457), and reports whether it is one of the
// three about limits that draft-ietf-httpapi-ratelimit-headers registers: quota-exceeded and abnormal-usage-detected
// mean this client, temporary-reduced-capacity the server. They say more than the status.
func Problem(contentType string, body []byte) (sched.Kind, bool) {
	r := jsonx.NewReader(body)
	if !IsProblem(contentType) || !r.Open('{') {
		return sched.Dropped, false
	}
	for r.More('}') {
		if string(r.Key()) == "type" {
			_, page, _ := strings.Cut(r.String(), "://")
			kind, ok := problems[strings.TrimPrefix(page, "www.")]
			return kind, ok
		}
		r.Skip()
	}
	return sched.Dropped, false
}

var problems = map[string]sched.Kind{
	"iana.org/assignments/http-problem-types#quota-exceeded":             sched.OverQuota,
	"iana.org/assignments/http-problem-types#abnormal-usage-detected":    sched.OverQuota,
	"iana.org/assignments/http-problem-types#temporary-reduced-capacity": sched.Busy,
}
