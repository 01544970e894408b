package units

import (
	"strings"

	"example.com/fetch/internal/record"
)

// Inert takes the meaning from everything that Markdown or HTML would act upon: a server's text must make no link, no
// image and no cell. Nothing in it is obeyed by a terminal.
func Inert(s string) string { return markup.Replace(record.Printable(s)) }

var markup = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;",
)
