package filename

import (
	"net/url"
	"strings"
)

// OfURL is what a URL ends in, without its query, which may hold secrets: the last part of its path, or its host.
func OfURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return nameless
	}
	if last := u.Path[strings.LastIndexByte(u.Path, '/')+1:]; strings.Trim(last, ".") != "" {
		return last
	}
	return u.Hostname()
}
