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
	if !IsProblem(contentType) {
		return sched.Dropped, false
	}
	r := jsonx.NewReader(body)
	if !r.Open('{') {
		return sched.Dropped, false
	}
	for r.More('}') {
		if string(r.Key()) == "type" {
			return problemKind(r.String())
		}
		r.Skip()
	}
	return sched.Dropped, false
}

func problemKind(uri string) (sched.Kind, bool) {
	page, problem, _ := strings.Cut(uri, "#")
	_, page, _ = strings.Cut(page, "://")
	if strings.TrimPrefix(page, "www.") != "iana.org/assignments/http-problem-types" {
		return sched.Dropped, false
	}
	switch problem {
	case "quota-exceeded", "abnormal-usage-detected":
		return sched.OverQuota, true
	case "temporary-reduced-capacity":
		return sched.Busy, true
	}
	return sched.Dropped, false
}
