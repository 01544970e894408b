package cli

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/nearest"
)

// helpWidth is the width of the help text in columns: that of the narrowest terminal people still have.
const helpWidth = 80

// path is how a command is called.
func (c *Command) path() string { return strings.TrimSpace("fetch " + c.Name) }

// usage is the lines that say how a command is called.
func (c *Command) usage() string {
	text := "  " + strings.TrimSpace(c.path()+" [flags] "+c.Arguments) + "\n"
	if c.Name == "" {
		text = "  fetch [flags] SOURCE...      a SOURCE is a URL, a file of URLs, or - for stdin\n  fetch COMMAND [flags] ...\n"
	}
	return text
}

// shortHelp is the one screen of -h.
func (p *Program) shortHelp(c *Command) string {
	intro, _, _ := strings.Cut(c.Long, "\n\n")
	more := func(how, what string) string { return hanging("  "+how, what, 23) }
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\nUsage:\n%s\n", filled(intro), c.usage())
	flags := ""
	for _, g := range c.Groups {
		g.Flags.VisitAll(func(f *pflag.Flag) {
			if slices.Contains(c.Essential, f.Name) || len(c.Essential) == 0 && g.Topic == "" {
				flags += flagHelp(f, true)
			}
		})
	}
	if flags != "" {
		fmt.Fprintf(&text, "Flags:\n%s\n", flags)
	}
	fmt.Fprintf(&text, "Examples:\n%s\n\nMore:\n%s", c.Example, more(c.path()+" --help", "more, and all flags"))
	switch {
	case c.Name == "":
		var names []string
		for _, cmd := range p.root.Commands() {
			names = append(names, cmd.Name())
		}
		text.WriteString(more("fetch help TOPIC", strings.Join(topicNames(), " ")) + more("fetch COMMAND -h", strings.Join(names, " ")))
	case c.AsFetch != nil:
		text.WriteString(more("fetch -h", "flags of fetch itself, which it takes, too"))
	case topicOf(c.Name) != nil:
		text.WriteString(more("fetch help "+c.Name, topicOf(c.Name).title))
	}
	return text.String()
}

// help is all that there is to say of a command.
func (p *Program) help(c *Command) string {
	text := c.Long
	if c.Name == "" {
		text += "\n\n" + topicOf("list").text
	}
	text = filled(text) + "\n\nUsage:\n" + c.usage() + "\nExamples:\n" + c.Example + "\n" + groupsHelp(c.Groups)
	if c.AsFetch != nil {
		text += "\nAll flags of fetch itself are taken, too: fetch --help lists them.\n"
	}
	if c.Name == "" {
		text += "\n" + p.overview() + "\n" + helpEnd
	}
	return text
}

// helpEnd stands below all flags.
const helpEnd = `A file named as a command is ./NAME. Times are written 30s, 1.5s or 2m; a bare
number means seconds, and 0 means no limit.
`

// overview is the commands and the topics.
func (p *Program) overview() string {
	text := "Commands:\n"
	for _, cmd := range p.root.Commands() {
		text += pair(cmd.Name(), cmd.Short)
	}
	text += "\nTopics (fetch help TOPIC):\n"
	for _, t := range topics {
		text += pair(t.name, t.title)
	}
	return text
}

// topicHelp is what fetch help says of a topic: its text, and the flags of its groups.
func (p *Program) topicHelp(t *topic) string {
	c := p.Root
	if i := slices.IndexFunc(p.Commands, func(c *Command) bool { return c.Name == t.name }); i >= 0 {
		c = p.Commands[i]
	}
	groups := slices.DeleteFunc(slices.Clone(c.Groups), func(g Group) bool { return g.Topic != t.name })
	switch {
	case c == p.Root:
		return filled(t.text) + "\n" + groupsHelp(groups)
	case len(groups) == 0:
		return p.help(c)
	}
	return filled(c.Long) + "\n" + groupsHelp(groups) + "\nFlags that it shares with fetch: " + c.path() + " --help lists all.\n"
}

// helpCommand is cobra's help command, but with topics, and with man pages.
func (p *Program) helpCommand() *cobra.Command {
	man := ""
	cmd := &cobra.Command{
		Use:   "help [COMMAND|TOPIC]",
		Short: "help on a command or a topic",
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return p.helpNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			name, w := strings.Join(args, " "), cmd.OutOrStdout()
			if man != "" {
				return p.Man(man)
			}
			if name == "" {
				_, err := fmt.Fprint(w, "fetch help COMMAND or TOPIC says more. fetch -h lists the most used flags.\n\n", p.overview())
				return err
			}
			if t := topicOf(name); t != nil {
				_, err := fmt.Fprint(w, p.topicHelp(t))
				return err
			}
			found, rest, err := p.root.Find(args)
			if err == nil && len(rest) == 0 {
				return found.Help()
			}
			hint := ""
			if near := nearest.To(name, p.helpNames()); near != "" {
				hint = "did you mean " + near + "? "
			}
			return exit.Usage(fmt.Errorf("no help on %q; %sfetch help lists all commands and topics", name, hint))
		},
	}
	cmd.Flags().StringVar(&man, "man", "", "write man pages to this folder")
	return cmd
}

// helpNames are what there is help on.
func (p *Program) helpNames() []string {
	names := topicNames()
	for _, cmd := range p.root.Commands() {
		if !slices.Contains(names, cmd.Name()) {
			names = append(names, cmd.Name())
		}
	}
	return names
}

// groupsHelp is the lines about flags, under the headings of their groups.
func groupsHelp(groups []Group) (text string) {
	for _, g := range groups {
		text += "\n" + g.Title + ":\n"
		g.Flags.VisitAll(func(f *pflag.Flag) { text += flagHelp(f, false) })
	}
	return text
}

// valueAndText are what stands for a flag's value, and what the flag does.
func valueAndText(f *pflag.Flag) (value, text string) {
	value, text = pflag.UnquoteUsage(f)
	if rest, ok := strings.CutPrefix(f.Usage, "`"+value+"` "); ok {
		text = rest
	}
	if f.Value.Type() == "bool" {
		value = ""
	}
	if d := f.DefValue; d != "" && d != "0" && d != "0s" && d != "false" && d != "[]" {
		head, rest, more := strings.Cut(text, "; ") // the default belongs to what the value is
		if text = head + " (" + d + ")"; more {
			text += "; " + rest
		}
	}
	return value, text
}

// names are how a flag is given, such as -c, --concurrency N.
func names(f *pflag.Flag, value string) string {
	switch {
	case value == "":
	case f.NoOptDefVal != "":
		value = "[=" + value + "]"
	default:
		value = " " + value
	}
	if f.Shorthand != "" {
		return "-" + f.Shorthand + ", --" + f.Name + value
	}
	return "--" + f.Name + value
}

// flagHelp is the lines about one flag: its names and value, then what it does, or only the most important of it.
func flagHelp(f *pflag.Flag, short bool) string {
	value, text := valueAndText(f)
	if short {
		text, _, _ = strings.Cut(text, "; ")
	}
	indent := "      "
	if f.Shorthand != "" {
		indent = "  "
	}
	return hanging(indent+names(f, value), text, 30)
}

// pair is a name and what it is, in two columns.
func pair(name, text string) string { return hanging("  "+name, text, 17) }

// hanging is a text in a column of its own beside a name, which is above it if it is too long.
func hanging(name, text string, indent int) string {
	margin := "\n" + strings.Repeat(" ", indent)
	if n := utf8.RuneCountInString(name); n > indent-2 {
		name += margin
	} else {
		name += strings.Repeat(" ", indent-n)
	}
	return name + wrapped(text, helpWidth-indent, margin) + "\n"
}

// wrapped is the words of a text in lines of a width.
func wrapped(text string, width int, lineEnd string) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i > 0 && column+1+n > width:
			b.WriteString(lineEnd)
			column = 0
		case i > 0:
			b.WriteString(" ")
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// filled is a text whose paragraphs fill the lines. Those with an indented line keep their lines.
func filled(text string) string {
	paragraphs := strings.Split(text, "\n\n")
	for i, one := range paragraphs {
		if !isBlock(one) {
			paragraphs[i] = wrapped(one, helpWidth, "\n")
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// isBlock reports whether a paragraph has lines that are to stay as they are.
func isBlock(paragraph string) bool {
	return strings.HasPrefix(paragraph, " ") || strings.HasPrefix(paragraph, "\t") ||
		strings.Contains(paragraph, "\n ") || strings.Contains(paragraph, "\n\t")
}
