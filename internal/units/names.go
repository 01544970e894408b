package units

import (
	"strings"
	"unicode"

	"example.com/fetch/internal/record"
	"example.com/fetch/internal/web"
)

// Host formats the name of a host (hostname:port) without a default port. Control characters are escaped.
func Host(host string) string {
	if host == "" {
		return "(none)"
	}
	return record.Printable(web.ShownHost(host))
}

// Hosts formats names of hosts that are listed together: those that would look the same without their ports keep
// them.
func Hosts[T any](all []T, host func(*T) string) []string {
	names, times := make([]string, len(all)), map[string]int{}
	for i := range all {
		names[i] = Host(host(&all[i]))
		times[names[i]]++
	}
	for i, name := range names {
		if times[name] > 1 {
			names[i] = record.Printable(host(&all[i]))
		}
	}
	return names
}

// ShellWord quotes a word for a shell, for commands that are printed. Control characters are escaped, which
// requires a shell that understands $'...', such as bash and zsh.
func ShellWord(word string) string {
	switch {
	case record.Printable(word) != word:
		return "$'" + record.Printable(strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(word)) + "'"
	case word != "" && !strings.ContainsFunc(word, special):
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// special reports whether a character may mean something to a shell.
func special(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-./=,:@%+", r)
}

// ShellPath is ShellWord for a file name that must not be taken for a flag.
func ShellPath(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	return ShellWord(path)
}

// Inert escapes everything that has a meaning in Markdown or HTML: text from a server must not create links,
// images or cells. Control characters are escaped, too.
func Inert(s string) string { return markup.Replace(record.Printable(s)) }

var markup = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;",
)
