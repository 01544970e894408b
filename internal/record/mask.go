package record

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
)

// Mask stands in the place of every secret.
const Mask = "***"

// MaskURL puts Mask in the place of the userinfo of a URL and of every value whose key looks like a credential
// (IsCredential), in its query, its fragment and its path parameters, and also in URLs inside it. It works on the text
// and never fails, so that a URL that does not parse gives nothing away either; when in doubt it masks more.
func MaskURL(s string) string {
	if plainURL(s) {
		return s
	}
	return maskSpans(s, secretSpans(s, 0))
}

// MaskText masks the URLs and the key=value pairs that a text such as an error message mentions, and the given secrets
// wherever they stand in it.
func MaskText(text string, secrets ...string) string {
	for _, s := range secrets {
		text = replaceSecret(text, s)
	}
	if plainURL(text) {
		return text
	}
	var b strings.Builder
	for text != "" {
		n := tokenLen(text)
		b.WriteString(MaskURL(text[:n]))
		text = text[n:]
	}
	return b.String()
}

// Secrets lists the secrets of a request as they may turn up in a text: those of its URL and of its header, whole and in
// their parts, encoded and plain, and the cells of credential columns of its row or rows; the longest first.
func Secrets(req *fetcher.Request) []string {
	var known columns
	return known.withRows(secretsOf(req, plainURL(req.URL), &known), req.Rows)
}

// URLOf is the URL of a request as it may be shown: masked as MaskURL does it, and without the cells of credential columns
// of its row or rows, which a template may have put anywhere.
func URLOf(req *fetcher.Request) string {
	m := newMasker(req)
	return m.url(req.URL)
}

// longestFirst orders secrets, and leaves out those that are there twice.
func longestFirst(all []string) []string {
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b)) })
	return slices.Compact(all)
}

// secretsOf are the secrets of a request without those of a batch's rows, for who knows already whether the URL has
// none.
func secretsOf(req *fetcher.Request, plainURL bool, known *columns) []string {
	var all []string
	if !plainURL {
		for _, at := range secretSpans(req.URL, 0) {
			all = addSecret(all, req.URL[at.from:at.to])
		}
	}
	for name, values := range req.Header {
		if !IsCredentialHeader(name) {
			continue
		}
		for _, v := range values {
			all = addSecret(all, v)
		}
	}
	return longestFirst(known.appendCells(all, req.Row))
}

// plainURL says that there is nothing in s to look at: no userinfo without @, no value without =.
func plainURL(s string) bool { return strings.IndexByte(s, '@') < 0 && strings.IndexByte(s, '=') < 0 }

// tokenLen is the length of the first piece of a text: a quoted string, which may have a URL with spaces in it, or what
// stands up to the next blank or quote, which is part of it.
func tokenLen(text string) int {
	if text[0] == '"' {
		for i := 1; i < len(text); i++ {
			switch text[i] {
			case '\\':
				i++
			case '"':
				return i
			}
		}
	}
	if i := strings.IndexAny(text[1:], " \t\r\n\"'`<>"); i >= 0 {
		return i + 1
	}
	return len(text)
}

// shortSecret is a length below which a secret is replaced only where it stands alone: a user named "t" must not
// take every t of a message away.
const shortSecret = 4

func replaceSecret(text, secret string) string {
	if len(secret) >= shortSecret {
		return strings.ReplaceAll(text, secret, Mask)
	}
	for from := 0; secret != ""; {
		i := strings.Index(text[from:], secret)
		if i < 0 {
			break
		}
		i += from
		end := i + len(secret)
		from = end
		if (i == 0 || !isWordByte(text[i-1])) && (end == len(text) || !isWordByte(text[end])) {
			text = text[:i] + Mask + text[end:]
			from = i + len(Mask)
		}
	}
	return text
}

// span is a part of a string: s[from:to].
type span struct{ from, to int }

// maskSpans puts Mask in the place of the spans, of which overlapping ones count as one.
func maskSpans(s string, spans []span) string {
	if len(spans) == 0 {
		return s
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var b strings.Builder
	done := 0
	for i, at := range spans {
		if i == 0 || at.from >= done {
			b.WriteString(s[done:at.from])
			b.WriteString(Mask)
		}
		done = max(done, at.to)
	}
	b.WriteString(s[done:])
	return b.String()
}

// secretSpans finds the secrets in a URL or in what should have been one.
func secretSpans(s string, depth int) []span {
	return pairSpans(s, depth, userinfoSpans(s))
}

// userinfoSpans finds what stands before the @ of an authority: at the start, and after every "://".
func userinfoSpans(s string) []span {
	var spans []span
	start := authorityStart(s)
	for strings.IndexByte(s[start:], '@') >= 0 {
		end := len(s)
		if i := strings.IndexAny(s[start:], "/?#"); i >= 0 {
			end = start + i
		}
		at := strings.LastIndexByte(s[start:end], '@')
		if at < 0 && oddPort(s[start:end]) {
			// "http://user:pass/word@host": it does not parse, and what looked like a port is half a password.
			at = strings.LastIndexByte(s[start:], '@')
		}
		if at > 0 {
			spans = append(spans, span{start, start + at})
			end = max(end, start+at)
		}
		next := strings.Index(s[end:], "://")
		if next < 0 {
			break
		}
		start = end + next + len("://")
	}
	return spans
}

// authorityStart is where the authority of a URL begins, also when its slashes are too few or too many, and 0 where
// there is no scheme.
func authorityStart(s string) int {
	scheme := 0
	for scheme < len(s) && (isWordByte(s[scheme]) || strings.IndexByte(`+-."`, s[scheme]) >= 0) {
		scheme++
	}
	rest := s[scheme:]
	if colon := strings.HasPrefix(rest, ":/") || strings.HasPrefix(rest, `:\`); colon || scheme == 0 && strings.HasPrefix(rest, "//") {
		return len(s) - len(strings.TrimLeft(rest, `:/\`))
	}
	if i := strings.Index(s, "://"); i >= 0 && strings.IndexByte(s[:i], '@') < 0 {
		return i + len("://")
	}
	return 0
}

// oddPort says that an authority has a colon that no port and no IPv6 address explains.
func oddPort(authority string) bool {
	if strings.HasPrefix(authority, "[") {
		return false
	}
	_, port, ok := strings.Cut(authority, ":")
	return ok && strings.TrimLeft(port, "0123456789") != ""
}

// pairSpans adds the values of all key=value pairs whose key looks like a credential. In a path a value ends at the
// next slash. In a query it ends at the next & and at nothing else: what stops at ; or # for us may not for the server.
func pairSpans(s string, depth int, spans []span) []span {
	inQuery := !strings.Contains(s, "://")
	key, end := 0, -1 // where the key begins, and where the value ends
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '?' || c == '#':
			inQuery = true
			key = i + 1
		case c == '&' || c == ';' || c == '/' || c == '"' || c == '(' || c == ',' || c == ' ':
			key = i + 1
		case c == '=':
			fresh := end <= i // the first = of its value
			if fresh {
				end = valueEnd(s, i+1, inQuery)
			}
			value := s[i+1 : end]
			if value != "" && (isSecretPair(s[key:i], value) || fresh && hidesSecret(value, depth)) {
				spans = append(spans, span{i + 1, end})
				i = end - 1 // the byte at end may begin a key, or the query
			}
			key = i + 1
		}
	}
	return spans
}

func valueEnd(s string, from int, inQuery bool) int {
	stops := "&"
	if !inQuery {
		stops = "&/?#"
	}
	if i := strings.IndexAny(s[from:], stops); i >= 0 {
		return from + i
	}
	return len(s)
}

// isSecretPair is IsCredential, but for a sid with plain numbers: those are substances of PubChem.
func isSecretPair(key, value string) bool {
	if key == "sid" && strings.Trim(value, "0123456789,") == "" {
		return false
	}
	return IsCredential(key)
}

// maxDepth is how often a value may be encoded before we take it for noise.
const maxDepth = 3

// hidesSecret says whether an encoded value is itself a URL or a query with secrets.
func hidesSecret(value string, depth int) bool {
	if depth >= maxDepth || strings.IndexByte(value, '%') < 0 {
		return false
	}
	plain, err := url.QueryUnescape(value)
	return err == nil && !plainURL(plain) && len(secretSpans(plain, depth+1)) > 0
}
