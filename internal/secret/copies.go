package secret

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"example.com/fetch/internal/jsonx"
)

// minCopy is the minimum length of a copy of a secret, in characters. A shorter one may be part of any word, and
// what is masked by mistake is lost.
const minCopy = 6

// Copies are the secrets of one request, as a server may repeat them. The zero value has none. Mask may be called
// concurrently.
type Copies struct{ secrets []string }

// NewCopies returns Copies of secrets as they are in a request. Secrets shorter than six characters are ignored.
func NewCopies(secrets []string) Copies {
	var c Copies
	add := func(all ...string) {
		for _, s := range all {
			if s != Mask && utf8.RuneCountInString(s) >= minCopy {
				c.secrets = append(c.secrets, s)
			}
		}
	}
	for _, s := range secrets {
		add(s)
		if plain, err := base64.StdEncoding.DecodeString(s); err == nil { // a server may re-encode it
			safe := urlSafe.Replace(s)
			_, password, _ := strings.Cut(string(plain), ":") // NAME:PASSWORD (RFC 7617)
			add(strings.TrimRight(s, "="), safe, strings.TrimRight(safe, "="), password)
		}
		for _, e := range escapings {
			if !strings.ContainsAny(s, e.with) {
				continue
			}
			if plain, err := e.unescape(s); err == nil {
				add(plain)
			}
		}
		if strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[") {
			r := jsonx.NewReader([]byte(s))
			add(leavesOf(&r)...)
		}
	}
	// The longest first, because one may be part of another.
	slices.SortFunc(c.secrets, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b)) })
	c.secrets = slices.Compact(c.secrets)
	return c
}

// escapings are the ways in which a secret may be escaped in a request.
var escapings = []struct {
	with     string
	unescape func(string) (string, error)
}{{"%", url.PathUnescape}, {"%+", url.QueryUnescape}, {`\`, unescapeJSON}}

// leavesOf returns the strings in a JSON value.
func leavesOf(r *jsonx.Reader) (leaves []string) {
	switch r.Kind() {
	case '"':
		leaves = append(leaves, r.String())
	case '[':
		for range r.Array() {
			leaves = append(leaves, leavesOf(r)...)
		}
	case '{':
		for range r.Object() {
			leaves = append(leaves, leavesOf(r)...)
		}
	default:
		r.Skip()
	}
	return leaves
}

// unescapeJSON decodes the content of a JSON string.
func unescapeJSON(s string) (string, error) {
	r := jsonx.NewReader([]byte(`"` + s + `"`))
	plain := r.String()
	return plain, r.End()
}

// urlSafe converts the usual alphabet of base64 to the URL-safe one (RFC 4648, section 5).
var urlSafe = strings.NewReplacer("+", "-", "/", "_")

// Mask returns a text with each copy replaced by Mask: of the secret itself, or with any of its characters
// percent-encoded, or escaped as in JSON, in any case.
func (c Copies) Mask(text string) string {
	if len(c.secrets) == 0 {
		return text
	}
	var room [4]Span
	spans := room[:0]
	for i := 0; i < len(text); {
		from, end := i, -1
		if strings.HasPrefix(text[i:], dots) {
			from += len(dots)
			end = c.endOfCopy(text, from)
		} else {
			end = c.copyAt(text, i)
		}
		if end < 0 {
			i = max(from, i+1)
			continue
		}
		spans = append(spans, Span{From: from, To: end})
		i = end
	}
	return MaskSpans(text, spans)
}

// dots mark where a text was cut.
const dots = "…"

// endOfCopy returns where the rest of a copy ends that begins at text[from], and whose beginning was cut off; -1
// if there is none of six characters.
func (c Copies) endOfCopy(text string, from int) int {
	for _, s := range c.secrets {
		for s = s[1:]; len(s) >= minCopy; s = s[1:] {
			if !utf8.RuneStart(s[0]) || utf8.RuneCountInString(s) < minCopy {
				continue
			}
			if n, _, ok := match(text[from:], s, false); ok {
				return from + n
			}
		}
	}
	return -1
}

// copyAt returns where a copy ends that begins at text[from], or the beginning of one if the text was cut off; -1
// if there is none.
func (c Copies) copyAt(text string, from int) int {
	for _, s := range c.secrets {
		if first := text[from]; !sameLetter(first, s[0]) && first != '%' && first != '\\' && first != '+' {
			continue
		}
		if n, _, ok := match(text[from:], s, false); ok {
			return from + n
		}
		if end := firstDots(text[from:]); end >= 0 {
			start := strings.TrimRight(text[from:from+end], " ")
			n, rest, ok := match(start, s, true)
			if ok && n == len(start) && utf8.RuneCountInString(s[:len(s)-len(rest)]) >= minCopy {
				return from + n
			}
		}
	}
	return -1
}

// firstDots returns the place of the first dots that mark a cut; -1 if there are none.
func firstDots(text string) int {
	i, j := strings.Index(text, dots), strings.Index(text, "...")
	if i < 0 || j >= 0 && j < i {
		return j
	}
	return i
}

// match reports whether a text begins with s, whichever of its characters are escaped, and the length of the
// match. If the text may be cut off, a beginning of s at its end is sufficient, even if followed by the beginning
// of an escape; then rest is the missing part.
func match(text, s string, cut bool) (n int, rest string, ok bool) {
	for ; s != "" && n < len(text); n, s = n+1, s[1:] {
		left := text[n:]
		for _, e := range escapesAt(left) {
			if after, is := strings.CutPrefix(s, e.plain); is {
				if more, rest, ok := match(left[e.length:], after, cut); ok {
					return n + e.length + more, rest, true
				}
			}
		}
		if !sameLetter(left[0], s[0]) {
			return len(text), s, cut && (left[0] == '%' && len(left) < len("%25%2F") || left[0] == '\\' && len(left) < len(`\u0000`))
		}
	}
	return n, s, s == "" || cut
}

// sameLetter reports whether two bytes are equal, ignoring the case of ASCII letters: host names come back in
// lower case.
func sameLetter(a, b byte) bool {
	return a == b || a|0x20 == b|0x20 && 'a' <= a|0x20 && a|0x20 <= 'z'
}

// escape is an escape in a text: the character that it stands for, and its length.
type escape struct {
	plain  string
	length int
}

// maxEscapes is how many times a text may have been percent-encoded repeatedly.
const maxEscapes = 7

// escapesAt returns the possible escapes at the beginning of a text, the longest first.
func escapesAt(text string) (all []escape) {
	switch text[0] {
	case '+':
		all = []escape{{" ", 1}}
	case '\\':
		for _, n := range []int{len(`\ud83d\ude00`), len(`\u005c`), len(`\n`)} {
			if n <= len(text) {
				if plain, err := unescapeJSON(text[:n]); err == nil && utf8.RuneCountInString(plain) == 1 { // exactly one character
					all = append(all, escape{plain, n})
				}
			}
		}
	case '%':
		for n := len("%2F"); n <= len(text) && n <= len("%2F")+2*maxEscapes; n += 2 { // %2F, %252F, %25252F
			if plain, err := hex.DecodeString(text[n-2 : n]); err == nil {
				all = append(all, escape{string(plain), n})
			}
			if text[n-2:n] != "25" {
				break
			}
		}
		slices.Reverse(all)
	}
	return all
}
