package units

import (
	"strings"
	"unicode"

	"example.com/fetch/internal/record"
	"example.com/fetch/internal/web"
)

// Host writes the name of a host (hostname:port) without the default ports, of which its scheme has one. Nothing in it is
// obeyed by a terminal.
func Host(host string) string {
	if host == "" {
		return "(none)"
	}
	return record.Printable(web.ShownHost(host))
}

// Hosts writes names of hosts that stand together: those that would look the same without their ports keep them.
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

// ShellWord is a word as a shell takes it, for commands that are printed. Nothing in it is obeyed by a terminal: what is not
// to be printed is escaped, which takes a shell that knows $'...', as bash and zsh do.
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

// ShellPath is ShellWord for the name of a file, which no command takes for a flag.
func ShellPath(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	return ShellWord(path)
}

// Inert takes the meaning from everything that Markdown or HTML would act upon: a server's text must make no link, no
// image and no cell. Nothing in it is obeyed by a terminal.
func Inert(s string) string { return markup.Replace(record.Printable(s)) }

var markup = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;",
)
