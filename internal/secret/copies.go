package secret

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"example.com/fetch/internal/jsonx"
)

// minCopy is the length from which on a copy of a secret is looked for, in characters. A shorter one may be a part of any
// word, and whatever is masked by mistake is lost.
const minCopy = 6

// Copies are the secrets of one request, as a server may repeat them. The zero value has none. Mask may be called
// concurrently.
type Copies struct{ secrets []string }

// NewCopies makes them of secrets as they stand in a request. What is shorter than six characters is left out.
func NewCopies(secrets []string) Copies {
	var c Copies
	add := func(s string) {
		if s != Mask && utf8.RuneCountInString(s) >= minCopy {
			c.secrets = append(c.secrets, s)
		}
	}
	for _, s := range secrets {
		add(s)
		if plain, err := base64.StdEncoding.DecodeString(s); err == nil { // others write it otherwise
			add(strings.TrimRight(s, "="))
			add(urlSafe.Replace(s))
			add(strings.TrimRight(urlSafe.Replace(s), "="))
			if _, password, ok := strings.Cut(string(plain), ":"); ok { // NAME:PASSWORD (RFC 7617)
				add(password)
			}
		}
		for _, unescape := range []func(string) (string, error){url.PathUnescape, url.QueryUnescape} {
			if plain, err := unescape(s); err == nil {
				add(plain)
			}
		}
		for _, leaf := range leavesOf(s) {
			add(leaf)
		}
		if strings.Contains(s, `\`) { // the content of a JSON string
			r := jsonx.NewReader([]byte(`"` + s + `"`))
			if plain := r.String(); r.End() == nil {
				add(plain)
			}
		}
	}
	// The longest first: one may be a part of another.
	slices.SortFunc(c.secrets, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b)) })
	c.secrets = slices.Compact(c.secrets)
	return c
}

// leavesOf gives the strings in a secret that is a JSON object or array.
func leavesOf(s string) (leaves []string) {
	if !strings.HasPrefix(s, "{") && !strings.HasPrefix(s, "[") {
		return nil
	}
	r := jsonx.NewReader([]byte(s))
	var collect func()
	collect = func() {
		switch r.Kind() {
		case '"':
			leaves = append(leaves, r.String())
		case '[':
			for range r.Array() {
				collect()
			}
		case '{':
			for range r.Object() {
				collect()
			}
		default:
			r.Skip()
		}
	}
	collect()
	return leaves
}

// urlSafe makes the other alphabet of base64 of the usual one (RFC 4648, section 5).
var urlSafe = strings.NewReplacer("+", "-", "/", "_")

// Mask is a text with Mask in the place of each copy: of the secret as it is, or with any of its characters
// percent-encoded, or escaped as in JSON, in capitals or small letters.
func (c Copies) Mask(text string) string {
	if len(c.secrets) == 0 {
		return text
	}
	var b strings.Builder
	done := 0
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
		b.WriteString(text[done:from])
		b.WriteString(Mask)
		done, i = end, end
	}
	if done == 0 {
		return text
	}
	b.WriteString(text[done:])
	return b.String()
}

// dots stand for what was left out of a text.
const dots = "…"

// endOfCopy is where the end of a copy ends that begins at text[from], and of which the beginning was cut off; -1 if there is
// none of six characters.
func (c Copies) endOfCopy(text string, from int) int {
	for _, s := range c.secrets {
		for s = s[1:]; len(s) >= minCopy; s = s[1:] {
			if !utf8.RuneStart(s[0]) || utf8.RuneCountInString(s) < minCopy {
				continue
			}
			if end := matchEscaped(text, from, s); end >= 0 {
				return end
			}
		}
	}
	return -1
}

// copyAt is where a copy ends that begins at text[from]; -1 if none does.
func (c Copies) copyAt(text string, from int) int {
	for _, s := range c.secrets {
		if first := text[from]; !sameLetter(first, s[0]) && first != '%' && first != '\\' && first != '+' {
			continue
		}
		if end := matchEscaped(text, from, s); end >= 0 {
			return end
		}
		if end := cutCopyAt(text, from, s); end >= 0 {
			return end
		}
	}
	return -1
}

// cutCopyAt is where the beginning of s ends with which a text was cut off by whoever put the dots there; -1 if there is
// none of six characters.
func cutCopyAt(text string, from int, s string) int {
	end := firstDots(text[from:])
	if end < 0 {
		return -1
	}
	end = from + len(strings.TrimRight(text[from:from+end], " "))
	if n := prefixEscaped(text[from:end], s); n < 0 || utf8.RuneCountInString(s[:n]) < minCopy {
		return -1
	}
	return end
}

// firstDots is where the first dots are that stand for what was left out; -1 if there are none.
func firstDots(text string) int {
	i, j := strings.Index(text, dots), strings.Index(text, "...")
	if i < 0 || j >= 0 && j < i {
		return j
	}
	return i
}

// prefixEscaped is how much of s a text is the beginning of, whichever of its characters are escaped; -1 if it is something
// else. An escape that was cut off counts for nothing.
func prefixEscaped(text, s string) (n int) {
	for at := 0; at < len(text); {
		if n == len(s) {
			return -1
		}
		found := false
		for _, e := range escapesAt(text[at:]) {
			if strings.HasPrefix(s[n:], e.plain) {
				at, n, found = at+e.length, n+len(e.plain), true
				break
			}
		}
		switch {
		case found:
		case sameLetter(text[at], s[n]):
			at, n = at+1, n+1
		case text[at] == '%' && len(text)-at < len("%25%2F"), text[at] == '\\' && len(text)-at < len(`\u0000`):
			return n
		default:
			return -1
		}
	}
	return n
}

// matchEscaped reports where s ends that begins at text[at], whichever of its characters are escaped; -1 if it does not.
func matchEscaped(text string, at int, s string) int {
	for s != "" {
		if at == len(text) {
			return -1
		}
		for _, e := range escapesAt(text[at:]) {
			if !strings.HasPrefix(s, e.plain) {
				continue
			}
			if end := matchEscaped(text, at+e.length, s[len(e.plain):]); end >= 0 {
				return end
			}
		}
		if !sameLetter(text[at], s[0]) {
			return -1
		}
		at, s = at+1, s[1:]
	}
	return at
}

// sameLetter reports whether two bytes are the same but for the case of an ASCII letter: host names come back in small
// letters.
func sameLetter(a, b byte) bool {
	return a == b || a|0x20 == b|0x20 && 'a' <= a|0x20 && a|0x20 <= 'z'
}

// escape is an escape in a text: what it stands for, and its length there.
type escape struct {
	plain  string
	length int
}

// maxEscapes is how often a text may have been percent-encoded.
const maxEscapes = 8

// escapesAt gives the escapes that a text may begin with, the longest first.
func escapesAt(text string) []escape {
	switch text[0] {
	case '+':
		return []escape{{" ", 1}}
	case '\\':
		if e := escapeOfJSON(text); e.length > 0 {
			return []escape{e}
		}
	case '%':
		var all []escape
		for i := range maxEscapes { // %2F, %252F, %25252F
			at := len("%") + 2*i
			if e := percent(text, at); e.length > 0 {
				all = append([]escape{e}, all...)
			}
			if !strings.HasPrefix(text[min(at, len(text)):], "25") {
				break
			}
		}
		return all
	}
	return nil
}

// percent reads the two hexadecimal digits of a percent-encoded byte.
func percent(text string, at int) escape {
	if len(text) < at+2 {
		return escape{}
	}
	b, err := strconv.ParseUint(text[at:at+2], 16, 8)
	if err != nil {
		return escape{}
	}
	return escape{string([]byte{byte(b)}), at + 2}
}

// escapeOfJSON reads an escape of a JSON string (RFC 8259, section 7).
func escapeOfJSON(text string) escape {
	if len(text) < 2 {
		return escape{}
	}
	if i := strings.IndexByte(`"\/bfnrt`, text[1]); i >= 0 {
		return escape{"\"\\/\b\f\n\r\t"[i : i+1], 2}
	}
	r, ok := hex4(text)
	if !ok {
		return escape{}
	}
	if low, ok := hex4(text[6:]); ok && utf16.IsSurrogate(r) {
		if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
			return escape{string(both), 12}
		}
	}
	return escape{string(r), 6}
}

// hex4 reads the \u005c that a text begins with.
func hex4(text string) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(text[2:6], 16, 16)
	return rune(n), err == nil
}
