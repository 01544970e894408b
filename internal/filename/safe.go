// Package filename makes names of files from any text, and knows their extensions.
package filename

import (
	"hash/fnv"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// nameless replaces a name of which nothing is left.
const nameless = "unnamed"

// Safe makes of any text a name that can be in a folder of any system, hides nothing, and is obeyed by no shell
// and no terminal:
//   - UTF-8 in the normal form C, so that what looks the same is the same;
//   - without / \ : * ? " < > | and without control characters and those that change the direction of text, all of which
//     become _, as do bytes that are not UTF-8;
//   - a dot or a dash at its beginning and a dot at its end become _; surrounding blanks are removed;
//   - the names of Windows devices get a _ before them;
//   - at most limit bytes: the end of a longer one is replaced by a checksum of the whole name.
func Safe(text string, limit int) string {
	if len(text) <= limit && isPlain(text) && !devices.MatchString(text) {
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
	if devices.MatchString(name) {
		name = "_" + name
	}
	if len(name) <= limit {
		return name
	}
	hash := fnv.New64a()
	hash.Write([]byte(text))
	sum := strconv.FormatUint(hash.Sum64()>>32|1<<32, 16)[1:] // 8 digits
	end := limit - 1 - len(sum)
	for !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end] + "-" + sum
}

// plain are the characters that are allowed anywhere in a name.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_,-. "

// isPlain reports whether a name needs no change, unless it is too long or that of a device: the fast path.
func isPlain(name string) bool {
	return name != "" && strings.TrimLeft(name, plain) == "" && !strings.Contains("-. ", name[:1]) && !strings.Contains(". ", name[len(name)-1:])
}

// allowed returns the character itself, or _ for one that is not allowed.
func allowed(r rune) rune {
	const joiners = "\u200c\u200d" // invisible, but necessary in some languages
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

// IsDevice reports whether Windows reserves a name for a device.
func IsDevice(name string) bool { return devices.MatchString(name) }

// devices matches the names that Windows reserves for devices, whatever their extension.
var devices = regexp.MustCompile(`^(?i:con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)`)
