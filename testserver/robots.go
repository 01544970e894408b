package testserver

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const robotsHosts = ".robots.test"

// robots serves /robots.txt of the hosts that have one. Its rules disallow /status/ and, for fetch alone,
// /bytes/.
func (h *Handler) robots(w http.ResponseWriter, r *http.Request, _ string) *refusal {
	what, ok := strings.CutSuffix(strings.ToLower(hostname(r.Host)), robotsHosts)
	if !ok {
		what = "404"
	}
	if code, err := strconv.Atoi(what); err == nil && code >= 200 && code <= 599 {
		return refuse(code, "as the name of the host says")
	}
	if what == "hang" {
		<-r.Context().Done()
		return nil
	}
	rules := "Disallow: /status/\n"
	if delay, err := time.ParseDuration(what); err == nil {
		rules += fmt.Sprintf("Crawl-delay: %v\n", delay.Seconds())
	}
	return answer(w, http.StatusOK, textType, "User-agent: *\n"+rules+"\nUser-agent: fetch\n"+rules+"Disallow: /bytes/\n")
}
