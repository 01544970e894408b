package record

import (
	"encoding/base64"
	"net/url"
	"strings"
)

// addSecret adds a secret and the parts of it that may turn up by themselves.
func addSecret(all []string, s string) []string {
	if s == "" || s == Mask {
		return all
	}
	all = append(all, s)
	if plain, err := url.QueryUnescape(s); err == nil && plain != s && plain != "" {
		all = append(all, plain)
	}
	// user:password, as it stands and encoded by url.URL.String
	if user, password, ok := strings.Cut(s, ":"); ok {
		for _, part := range []string{user, password} {
			all = addPart(all, part)
			if plain, err := url.PathUnescape(part); err == nil && plain != part {
				all = addPart(all, plain)
			}
		}
	}
	// A half of a password that was taken for a port ends at the first of these.
	if i := strings.IndexAny(s, "/?#"); i > 0 {
		if _, port, ok := strings.Cut(s[:i], ":"); ok {
			all = addPart(all, port)
		}
	}
	// "Bearer xyz", and "Basic" with the base64 of user:password (RFC 7617)
	if scheme, credentials, ok := strings.Cut(s, " "); ok {
		all = addPart(all, strings.TrimSpace(credentials))
		if strings.EqualFold(scheme, "Basic") {
			if plain, err := base64.StdEncoding.DecodeString(credentials); err == nil {
				user, password, _ := strings.Cut(string(plain), ":")
				all = addPart(addPart(addPart(all, string(plain)), user), password)
			}
		}
	}
	// a=1; b=2, a cookie
	if strings.Contains(s, "=") {
		for pair := range strings.SplitSeq(s, ";") {
			if _, value, ok := strings.Cut(pair, "="); ok {
				all = addPart(all, strings.TrimSpace(value))
			}
		}
	}
	return all
}

func addPart(all []string, part string) []string {
	if part == "" || part == Mask {
		return all
	}
	return append(all, part)
}
