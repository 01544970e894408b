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

// HelpWith prints the root's help with its flags in groups, and other commands' as cobra does.
func HelpWith(root *cobra.Command, groups []Group) func(*cobra.Command, []string) {
	usual := root.HelpFunc()
	return func(cmd *cobra.Command, args []string) {
		if own := ownFlags(cmd); own != nil {
			io.WriteString(cmd.OutOrStdout(), listHelp(cmd, own))
			return
		}
		if cmd.Annotations[PlainHelpKey] != "" {
			io.WriteString(cmd.OutOrStdout(), commandHelp(cmd, cmd.LocalFlags()))
			return
		}
		if cmd != root {
			usual(cmd, args)
			return
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%s\n\nUsage:\n  fetch [flags] SOURCE...\n  fetch COMMAND\n\nExamples:\n%s\n", root.Long, root.Example)
		b.WriteString(groupsText(groups))
		b.WriteString("\nCommands:\n")
		for _, c := range root.Commands() {
			fmt.Fprintf(&b, "  %-14s %s\n", c.Name(), c.Short)
		}
		b.WriteString(helpEnd)
		io.WriteString(cmd.OutOrStdout(), b.String())
	}
}

// GroupedHelp prints the help of a command whose flags are in groups.
func GroupedHelp(groups []Group) func(*cobra.Command, []string) {
	return func(cmd *cobra.Command, _ []string) {
		text := fmt.Sprintf("%s\n\nUsage:\n  fetch %s\n\nExamples:\n%s\n%s", cmd.Long, cmd.Use, cmd.Example, groupsText(groups))
		io.WriteString(cmd.OutOrStdout(), text)
	}
}

// groupsText is the lines about flags, under the headings of their groups.
func groupsText(groups []Group) string {
	var b strings.Builder
	for _, g := range groups {
		fmt.Fprintf(&b, "\n%s:\n", g.Title)
		g.Flags.SortFlags = false
		g.Flags.VisitAll(func(f *pflag.Flag) { b.WriteString(flagHelp(f)) })
	}
	return b.String()
}

// listHelp is the help of a command that takes a list, and the flags of fetch with it.
func listHelp(cmd *cobra.Command, own *pflag.FlagSet) string {
	return commandHelp(cmd, own) + "\nAll flags of fetch itself are taken, too: fetch -h lists them.\n"
}

// PlainHelpKey marks a cobra.Command whose help is commandHelp, with all its flags.
const PlainHelpKey = "plain help"

// commandHelp is the help of a command, with these of its flags.
func commandHelp(cmd *cobra.Command, flags *pflag.FlagSet) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nUsage:\n  fetch %s\n\nExamples:\n%s\n", cmd.Long, cmd.Use, cmd.Example)
	if flags.HasFlags() {
		b.WriteString("\nFlags:\n")
		flags.VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" {
				b.WriteString(flagHelp(f))
			}
		})
	}
	return b.String()
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
