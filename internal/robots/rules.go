package robots

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
)

// Rules are what a robots.txt says to one crawler (RFC 9309). The zero Rules allow everything. They are not to be changed.
type Rules struct {
	rules []rule
	Delay time.Duration // Crawl-delay: the least time between two requests; 0: none is given
}

// rule is an Allow or Disallow line.
type rule struct {
	pattern string // its path, in the form of asPattern
	query   string // the same with gen-delims of its query percent-encoded; empty: it has no query
	allow   bool
	line    int // from 1
}

// maxDelay bounds a Crawl-delay, so that sums do not overflow.
const maxDelay = 30 * 24 * time.Hour

// Token is the product token that a User-Agent begins with, by which robots.txt knows it: "fetch" of "fetch/1.0 (…)".
func Token(agent string) string {
	end := strings.IndexFunc(agent, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.')
	})
	if end >= 0 {
		agent = agent[:end]
	}
	return agent
}

// Parse reads what a robots.txt says to the crawler with a product token: the rules of all groups that name it, or else of
// those for *. What makes no sense is passed over.
func Parse(text []byte, token string) *Rules {
	var own, others Rules // of the groups that name the token, and of those for *
	var named bool        // there is one of the first kind
	var isOwn, isOthers, inRules bool
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	for number := 1; len(text) > 0; number++ {
		var line []byte
		line, text = cutLine(text)
		key, value := field(line)
		switch strings.ToLower(key) {
		case "user-agent":
			if inRules {
				isOwn, isOthers, inRules = false, false, false
			}
			if value == "*" || strings.HasPrefix(value, "* ") {
				isOthers = true
			} else if name := Token(value); name != "" && strings.EqualFold(name, token) {
				isOwn, named = true, true
			}
		case "allow", "disallow":
			inRules = true
			if !strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "*") {
				continue // an empty one says nothing, and others match no path
			}
			r := newRule(value, len(key) == len("allow"), number)
			if isOwn {
				own.rules = append(own.rules, r)
			}
			if isOthers {
				others.rules = append(others.rules, r)
			}
		case "crawl-delay": // not in the RFC, so that it must not end the lines of user agents (section 2.2.4)
			delay := delayOf(value)
			if isOwn {
				own.Delay = max(own.Delay, delay)
			}
			if isOthers {
				others.Delay = max(others.Delay, delay)
			}
		}
	}
	if named {
		return &own
	}
	return &others
}

// cutLine cuts a text behind its first line, which ends with LF, CR, or both.
func cutLine(text []byte) (line, rest []byte) {
	i := bytes.IndexAny(text, "\r\n")
	if i < 0 {
		return text, nil
	}
	rest = text[i+1:]
	if text[i] == '\r' {
		rest = bytes.TrimPrefix(rest, []byte("\n"))
	}
	return text[:i], rest
}

// field takes a line apart. As Google's parser has it, the colon may be left out where a blank stands in its place.
func field(line []byte) (key, value string) {
	line, _, _ = bytes.Cut(line, []byte("#"))
	before, after, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		if words := bytes.Fields(line); len(words) == 2 {
			before, after = words[0], words[1]
		}
	}
	return string(bytes.TrimSpace(before)), string(bytes.TrimSpace(after))
}

// delayOf is a number of seconds as a time; 0 if it is none.
func delayOf(value string) time.Duration {
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil || !(seconds > 0) {
		return 0
	}
	return time.Duration(math.Min(seconds*float64(time.Second), float64(maxDelay)))
}

func newRule(value string, allow bool, line int) rule {
	end := ""
	if body, ok := strings.CutSuffix(value, "$"); ok {
		value, end = body, "$"
	}
	r := rule{allow: allow, line: line}
	r.pattern = normal(value, false, '$') + end
	if strings.Contains(value, "?") {
		r.query = normal(value, true, '$') + end
	}
	return r
}

// match finds the rule that decides on a path with its query, as it is sent: that with the most octets, and of several the
// one that allows. Nil: there is none, and it is allowed.
func (r *Rules) match(path string) *rule {
	plain, encoded := normal(path, false, '*', '$'), normal(path, true, '*', '$')
	var best *rule
	for i := range r.rules {
		one := &r.rules[i]
		longer := best == nil || len(one.pattern) > len(best.pattern) || len(one.pattern) == len(best.pattern) && one.allow && !best.allow
		if longer && (matches(one.pattern, plain) || one.query != "" && matches(one.query, encoded)) {
			best = one
		}
	}
	return best
}

// matches reports whether a path begins as a pattern says, in which * stands for anything and $ at its end for the path's end.
func matches(pattern, path string) bool {
	pattern, whole := strings.CutSuffix(pattern, "$")
	first, pattern, starred := strings.Cut(pattern, "*")
	rest, ok := strings.CutPrefix(path, first)
	for ok && starred {
		var part string
		if part, pattern, starred = strings.Cut(pattern, "*"); whole && !starred { // the last
			return strings.HasSuffix(rest, part)
		}
		_, rest, ok = strings.Cut(rest, part)
	}
	return ok && (!whole || rest == "")
}

// normal is a path in the form in which paths and patterns are compared (section 2.2.2): what is escaped without need is not,
// and what is not ASCII, or one of further, is. With query the delimiters of URIs behind the first ? are escaped, too: the RFC
// has ?u=http://h and ?u=http%3A%2F%2Fh be the same.
func normal(path string, query bool, further ...byte) string {
	if path == "" {
		return ""
	}
	var out strings.Builder
	behind := false
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '%' && i+2 < len(path) {
			if n, err := strconv.ParseUint(path[i+1:i+3], 16, 8); err == nil {
				i += 2
				if isUnreserved(byte(n)) {
					out.WriteByte(byte(n))
				} else {
					escape(&out, byte(n))
				}
				continue
			}
		}
		switch {
		case c <= ' ' || c >= 0x7f, bytes.IndexByte(further, c) >= 0, query && behind && strings.IndexByte(":/?#[]@", c) >= 0:
			escape(&out, c)
		default:
			out.WriteByte(c)
		}
		behind = behind || c == '?'
	}
	return out.String()
}

func escape(out *strings.Builder, c byte) {
	const digits = "0123456789ABCDEF"
	out.Write([]byte{'%', digits[c>>4], digits[c&15]})
}

func isUnreserved(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// maxShown is how much of a rule is shown.
const maxShown = 100

// String is the line of the rule.
func (r *rule) String() string {
	name, pattern := "Disallow: ", r.pattern
	if r.allow {
		name = "Allow: "
	}
	if len(pattern) > maxShown {
		pattern = pattern[:maxShown] + "…"
	}
	return name + pattern + ", line " + strconv.Itoa(r.line)
}

// size is about how many bytes the rules take.
func (r *Rules) size() int {
	n := 100
	for i := range r.rules {
		n += 64 + len(r.rules[i].pattern) + len(r.rules[i].query)
	}
	return n
}
