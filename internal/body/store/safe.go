package store

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// longestName is the most bytes that a name may have. File systems take 255, some with encryption on 143.
	longestName = 200
	// longestStem leaves room within that for the suffix of a page, one that tells equal names apart, and an extension.
	longestStem = 160
)

// nameless stands for a name of which nothing is left.
const nameless = "unnamed"

// safeName makes of any text a name that can stand in a folder of any system, hides nothing, and is obeyed by no shell
// and no terminal:
//   - UTF-8 in the normal form C, so that what looks the same is the same;
//   - without / \ : * ? " < > | and without control characters and those that change the direction of text, all of which
//     become _, as do bytes that are not UTF-8;
//   - a dot or a dash at its beginning and a dot at its end become _; blanks at its ends go;
//   - the names of devices in Windows have a _ before them;
//   - at most limit bytes, the end of a longer one being replaced by a checksum of all of it.
func safeName(text string, limit int) string {
	if len(text) <= limit && isPlain(text) && !isDevice(text) {
		return text
	}
	name := strings.Trim(strings.Map(allowed, norm.NFC.String(strings.ToValidUTF8(text, "_"))), " ")
	if name == "" {
		return nameless
	}
	if name[0] == '.' || name[0] == '-' {
		name = "_" + name[1:]
	}
	if n := len(name) - 1; name[n] == '.' {
		name = name[:n] + "_"
	}
	if isDevice(name) {
		name = "_" + name
	}
	if len(name) <= limit {
		return name
	}
	sum := strconv.FormatUint(hashBytes(hashStart, text)>>32|1<<32, 16)[1:] // 8 digits
	end := limit - 1 - len(sum)
	for !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end] + "-" + sum
}

// plainBytes can stand anywhere in a name.
var plainBytes = func() (t [256]bool) {
	for c := range 256 {
		t[c] = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == ','
	}
	return t
}()

// isPlain says that a name needs no change, unless it is too long or a device's. It is the short way for most.
func isPlain(name string) bool {
	for i := range len(name) {
		c := name[i]
		if plainBytes[c] || i > 0 && (c == '-' || i < len(name)-1 && (c == '.' || c == ' ')) {
			continue
		}
		return false
	}
	return name != ""
}

// allowed gives the character itself, or _ in the place of one that may stand in no name.
func allowed(r rune) rune {
	const joiners = "\u200c\u200d" // are invisible, but some languages are not written without them
	switch {
	case r < utf8.RuneSelf:
		if r < ' ' || r == 0x7f || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) && !strings.ContainsRune(joiners, r):
		return '_'
	}
	return r
}

// isDevice reports whether Windows takes a name for that of a device, whatever its extension.
func isDevice(name string) bool {
	base, _, _ := strings.Cut(name, ".")
	base = strings.TrimRight(base, " ")
	if len(base) < len("CON") || len(base) > len("CONOUT$") {
		return false
	}
	base = strings.ToUpper(base)
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	number, ok := strings.CutPrefix(base, "COM")
	if !ok {
		number, ok = strings.CutPrefix(base, "LPT")
	}
	return ok && (len(number) == 1 && '0' <= number[0] && number[0] <= '9' || number == "¹" || number == "²" || number == "³")
}
