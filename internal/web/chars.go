package web

// Where a byte is allowed in a URL as it is sent.
const (
	InHost     = 1 << iota // in a host name, in lower case
	InTail                 // in path and query
	InUser                 // in user name and password
	unreserved             // anywhere (RFC 3986, section 2.3)
	reserved               // unreserved, or with a meaning of its own (section 2.2)
)

// MaxLabel is the maximum length of a label of a host name (RFC 1035, section 2.3.4).
const MaxLabel = 63

const hexDigits = "0123456789ABCDEF"

const (
	letters = "abcdefghijklmnopqrstuvwxyz"
	capital = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits  = "0123456789"
)

// chars is RFC 3986, sections 2.2 to 3.4. In addition, host names may contain underscores, as many do; square
// brackets are allowed in path and query, as in net/url; and the first colon of userinfo splits it.
var chars = func() (t [256]uint8) {
	for class, set := range map[uint8]string{
		InHost: letters + digits + "-._",
		InTail: letters + capital + digits + "-._~!$&'()*+,;=:@/?[]",
		InUser: letters + capital + digits + "-._~!$&'()*+,;=:",

		unreserved: letters + capital + digits + "-._~",
		reserved:   letters + capital + digits + "-._~:/?#[]@!$&'()*+,;=",
	} {
		for i := range len(set) {
			t[set[i]] |= class
		}
	}
	return t
}()

// IsHostByte reports whether a byte is allowed in the name of a host, in lower case.
func IsHostByte(c byte) bool { return chars[c]&InHost != 0 }

// IsClean reports whether a URL can be sent unchanged: a fast path for most URLs. False means nothing.
func IsClean(u []byte) bool {
	i := len("http://")
	switch {
	case len(u) < i:
		return false
	case string(u[:i]) == "http://":
	case string(u[:i]) == "https:/":
		i++
	default:
		return false
	}
	start := i
	for i < len(u) && chars[u[i]]&InHost != 0 {
		if u[i] == '.' && (i == start || u[i-1] == '.') {
			return false
		}
		i++
	}
	if n := i - start; n == 0 || n > MaxLabel {
		return false
	}
	if i < len(u) && u[i] == ':' {
		n, ok := portLength(u[i+1:])
		if !ok {
			return false
		}
		i += 1 + n
	}
	return i == len(u) || (u[i] == '/' || u[i] == '?') && isCleanTail(u[i:])
}

// portLength returns the length of the port, a plain number from 1 to 65535, that s begins with.
func portLength(s []byte) (n int, ok bool) {
	value := 0
	for n < len(s) && n < 6 && '0' <= s[n] && s[n] <= '9' {
		value = 10*value + int(s[n]-'0')
		n++
	}
	return n, n > 0 && s[0] != '0' && value <= 65535
}

func isCleanTail[T string | []byte](s T) bool {
	for i := 0; i < len(s); i++ {
		if chars[s[i]]&InTail != 0 {
			continue
		}
		if !isEscape(s[i:]) {
			return false
		}
		i += 2
	}
	return true
}

// isEscape reports whether s begins with a percent sign and two hexadecimal digits.
func isEscape[T string | []byte](s T) bool {
	return len(s) > 2 && s[0] == '%' && isHex(s[1]) && isHex(s[2])
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= lower(c) && lower(c) <= 'f' }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// AppendEscaped appends s, percent-encoding every byte that is neither of the class nor part of an escape. It
// returns false if there is a percent sign that does not begin an escape, and rest begins with it.
func AppendEscaped(dst, s []byte, class uint8) (out, rest []byte, ok bool) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case chars[c]&class != 0:
			dst = append(dst, c)
		case c != '%':
			dst = append(dst, '%', hexDigits[c>>4], hexDigits[c&15])
		case isEscape(s[i:]):
			dst = append(dst, s[i:i+3]...)
			i += 2
		default:
			return dst, s[i:], false
		}
	}
	return dst, nil, true
}

// AppendTail appends a part of a path or a query, encoded for sending, and reports whether every % in it begins
// an escape.
func AppendTail(dst, s []byte) (out []byte, ok bool) {
	out, _, ok = AppendEscaped(dst, s, InTail)
	return out, ok
}

// escapeTail returns a path or a query, encoded for sending; stray replaces a percent sign that does not begin an
// escape.
func escapeTail(s, stray string) string {
	if isCleanTail(s) {
		return s
	}
	out, rest, ok := AppendEscaped(make([]byte, 0, len(s)+16), []byte(s), InTail)
	for !ok {
		out, rest, ok = AppendEscaped(append(out, stray...), rest[1:], InTail)
	}
	return string(out)
}

// AppendEncoded appends a value with all but unreserved characters percent-encoded, byte by byte of their UTF-8.
// If reserved characters are let through, so are escapes (RFC 6570, section 3.2.3).
func AppendEncoded(dst []byte, value string, letThrough bool) []byte {
	class := uint8(unreserved)
	if letThrough {
		class = reserved
	}
	for i := range len(value) {
		switch c := value[i]; {
		case chars[c]&class != 0, letThrough && c == '%' && isEscape(value[i:]):
			dst = append(dst, c)
		default:
			dst = append(dst, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return dst
}
