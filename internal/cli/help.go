package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is the width of the help text in columns: that of the narrowest terminal people still have.
const helpWidth = 80

// RootHelp prints the help of fetch itself, with its flags in groups, and that of cobra's own commands as cobra does.
func RootHelp(root *cobra.Command, groups []Group) func(*cobra.Command, []string) {
	usual := root.HelpFunc()
	return func(cmd *cobra.Command, args []string) {
		if cmd != root {
			usual(cmd, args)
			return
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%s\n\nUsage:\n  fetch [flags] SOURCE...\n  fetch COMMAND\n\nExamples:\n%s\n", root.Long, root.Example)
		groupsHelp(&b, groups)
		b.WriteString("\nCommands:\n")
		for _, c := range root.Commands() {
			fmt.Fprintf(&b, "  %-14s %s\n", c.Name(), c.Short)
		}
		b.WriteString(helpEnd)
		io.WriteString(cmd.OutOrStdout(), b.String())
	}
}

// help is the help of a command that is used in this way.
func (c *Command) help(use string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nUsage:\n  fetch %s\n\nExamples:\n%s\n", c.Long, use, c.Example)
	groupsHelp(&b, c.Groups)
	if c.Own != nil {
		b.WriteString("\nFlags:\n")
		c.Own.VisitAll(func(f *pflag.Flag) { b.WriteString(flagHelp(f)) })
	}
	if c.AsFetch != nil {
		b.WriteString("\nAll flags of fetch itself are taken, too: fetch -h lists them.\n")
	}
	return b.String()
}

// groupsHelp is the lines about flags, under the headings of their groups.
func groupsHelp(b *strings.Builder, groups []Group) {
	for _, g := range groups {
		fmt.Fprintf(b, "\n%s:\n", g.Title)
		g.Flags.SortFlags = false
		g.Flags.VisitAll(func(f *pflag.Flag) { b.WriteString(flagHelp(f)) })
	}
}

const helpEnd = `
A file named as a command is ./NAME. Times are written 30s, 1.5s or 2m; a bare
number means seconds, and 0 means no bound. Exit codes: 0 all went well, 3 some
requests failed, 4 an answer was not what was expected, 7 unfinished, 99 a
threshold of fetch load or a limit of fetch diff does not hold, 2 bad usage or
list, 1 our own fault; 129, 130, 143 interrupted. What
the numbers of the report mean: fetch help report.
`

// flagHelp is the lines about one flag: its names and value, then what it does, indented alike for all.
func flagHelp(f *pflag.Flag) string {
	const indent = 30
	value, text := pflag.UnquoteUsage(f)
	switch {
	case value == "" || f.Value.Type() == "bool":
	case f.NoOptDefVal != "":
		value = "[=" + value + "]"
	default:
		value = " " + value
	}
	names := "      --" + f.Name + value
	if f.Shorthand != "" {
		names = "  -" + f.Shorthand + ", --" + f.Name + value
	}
	if d := f.DefValue; d != "" && d != "0" && d != "0s" && d != "false" && d != "[]" {
		text += " (" + d + ")"
	}
	var b strings.Builder
	b.WriteString(names)
	column := len(names)
	if column > indent-2 {
		b.WriteByte('\n')
		column = 0
	}
	b.WriteString(strings.Repeat(" ", indent-column))
	column = indent
	for i, word := range strings.Fields(text) {
		if i > 0 && column+1+len(word) > helpWidth {
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		} else if i > 0 {
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	b.WriteByte('\n')
	return b.String()
}
