package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/spec"
)

// Man writes man pages of fetch and of its commands into a folder, which it makes: the same texts as those of the help.
func (p *Program) Man(folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	for _, c := range append([]*Command{p.Root}, p.Commands...) {
		name := strings.ReplaceAll(c.path(), " ", "-")
		if err := os.WriteFile(filepath.Join(folder, name+".1"), []byte(p.manPage(name, c)), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// manPage is one page, in the language of man(7).
func (p *Program) manPage(name string, c *Command) string {
	var b strings.Builder
	section := func(title string) { b.WriteString(".SH " + title + "\n") }
	b.WriteString(".TH " + strings.ToUpper(name) + " 1 \"\" \"fetch " + spec.Version + "\" \"fetch\"\n")
	section("NAME")
	b.WriteString(roff(name) + " \\- " + roff(c.Short) + "\n")
	section("SYNOPSIS")
	b.WriteString(roffBlock(c.usage()))
	section("DESCRIPTION")
	b.WriteString(roffText(c.Long))
	section("EXAMPLES")
	b.WriteString(roffBlock(c.Example))
	section("OPTIONS")
	told := map[string]bool{}
	for _, g := range c.Groups {
		b.WriteString(".SS " + roff(g.Title) + "\n")
		if t := topicOf(g.Topic); c == p.Root && t != nil && !told[t.name] {
			told[t.name] = true
			b.WriteString(roffText(t.text))
		}
		g.Flags.VisitAll(func(f *pflag.Flag) {
			value, text := valueAndText(f)
			b.WriteString(".TP\n.B " + roff(names(f, value)) + "\n" + roff(text) + "\n")
		})
	}
	if c.AsFetch != nil {
		b.WriteString(".PP\nAll flags of\n.BR fetch (1)\nare taken, too.\n")
	}
	if c == p.Root {
		section("COMMANDS")
		for _, other := range p.Commands {
			b.WriteString(".TP\n.B " + roff(other.path()) + "\n" + roff(other.Short) + "\n")
		}
	}
	section("EXIT STATUS")
	b.WriteString(roffText(topicOf("exit-codes").text))
	section("SEE ALSO")
	for _, other := range append([]*Command{p.Root}, p.Commands...) {
		if other != c {
			b.WriteString(".BR " + roff(strings.ReplaceAll(other.path(), " ", "-")) + " (1)\n")
		}
	}
	return b.String()
}

// roffText is paragraphs, of which those with an indented line keep their lines.
func roffText(text string) string {
	var b strings.Builder
	for paragraph := range strings.SplitSeq(strings.Trim(text, "\n"), "\n\n") {
		b.WriteString(".PP\n")
		if isBlock(paragraph) {
			b.WriteString(roffBlock(paragraph))
		} else {
			b.WriteString(roff(paragraph) + "\n")
		}
	}
	return b.String()
}

// roffBlock is lines as they are.
func roffBlock(text string) string { return ".nf\n" + roff(strings.TrimRight(text, "\n")) + "\n.fi\n" }

// roff is a text without what it would mean to roff.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	text = strings.TrimPrefix(strings.ReplaceAll("\n"+text, "\n.", "\n\\&."), "\n")
	var ascii strings.Builder
	for _, r := range text {
		if r < utf8.RuneSelf {
			ascii.WriteRune(r)
		} else {
			fmt.Fprintf(&ascii, `\[u%04X]`, r)
		}
	}
	return ascii.String()
}
