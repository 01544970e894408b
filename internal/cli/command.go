package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/fetch/internal/exit"
)

// Command is a command of fetch.
type Command struct {
	Name, Short, Long, Example string
	Arguments                  string // such as SOURCE...; empty: it takes none
	Run                        func(ctx context.Context, args []string) error
	Own                        func(*pflag.FlagSet) // defines flags that its help lists; nil: none
	Groups                     []Group              // of flags, whose headings its help has
	AsFetch                    *Flags               // all flags of fetch itself; nil: it does not take them
}

// Cobra is the command as cobra has it.
func (c Command) Cobra() *cobra.Command {
	cmd := &cobra.Command{
		Use:           strings.TrimSpace(c.Name + " [flags] " + c.Arguments),
		Short:         c.Short,
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			err := c.Run(cmd.Context(), args)
			if strings.HasPrefix(c.Arguments, "SOURCE") {
				return WithNearestCommand(cmd, err, args)
			}
			return err
		},
	}
	if c.Arguments == "" {
		cmd.Args = NoArguments
	}
	groups := c.Groups
	if c.AsFetch != nil {
		groups = c.AsFetch.Groups
	}
	for _, g := range groups {
		cmd.Flags().AddFlagSet(g.Flags)
	}
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	if c.Own != nil {
		c.Own(own)
		cmd.Flags().AddFlagSet(own)
	}
	AddAliases(cmd.Flags())
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		w := cmd.OutOrStdout()
		fmt.Fprintf(w, "%s\n\nUsage:\n  fetch %s\n\nExamples:\n%s\n%s", c.Long, cmd.Use, c.Example, groupsHelp(c.Groups))
		if c.Own != nil {
			fmt.Fprint(w, "\nFlags:\n", flagsHelp(own))
		}
		if c.AsFetch != nil {
			fmt.Fprintln(w, "\nAll flags of fetch itself are taken, too: fetch -h lists them.")
		}
	})
	return cmd
}

// NoArguments refuses arguments, where cobra would print help and call it a success.
func NoArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	if cmd.Flags().Lookup("listen") != nil && valueLike.MatchString(args[0]) {
		hint = "write --listen " + args[0] + "; "
	}
	return exit.Usage(fmt.Errorf("%s: unexpected argument %q; %ssee %[1]s -h", cmd.CommandPath(), args[0], hint))
}

// HelpCommand is cobra's help command, but for a topic that there is not.
func HelpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "what a command does",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return exit.Usage(fmt.Errorf("no help on %q; see fetch -h", strings.Join(args, " ")))
			}
			return cmd.Help()
		},
	}
}

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
		w := cmd.OutOrStdout()
		fmt.Fprintf(w, "%s\n\nUsage:\n  fetch [flags] SOURCE...\n  fetch COMMAND\n\nExamples:\n%s\n%s\nCommands:\n",
			root.Long, root.Example, groupsHelp(groups))
		for _, c := range root.Commands() {
			fmt.Fprintf(w, "  %-14s %s\n", c.Name(), c.Short)
		}
		io.WriteString(w, helpEnd)
	}
}

// groupsHelp is the lines about flags, under the headings of their groups.
func groupsHelp(groups []Group) (text string) {
	for _, g := range groups {
		g.Flags.SortFlags = false
		text += "\n" + g.Title + ":\n" + flagsHelp(g.Flags)
	}
	return text
}

// flagsHelp is the lines about flags.
func flagsHelp(flags *pflag.FlagSet) (text string) {
	flags.VisitAll(func(f *pflag.Flag) { text += flagHelp(f) })
	return text
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
	value, usage := pflag.UnquoteUsage(f)
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
		usage += " (" + d + ")"
	}
	margin := "\n" + strings.Repeat(" ", indent)
	if len(names) > indent-2 {
		names += margin
	}
	column := indent
	var text strings.Builder
	text.WriteString(strings.Repeat(" ", max(indent-len(names), 0)))
	for i, word := range strings.Fields(usage) {
		switch {
		case i > 0 && column+1+len(word) > helpWidth:
			text.WriteString(margin)
			column = indent
		case i > 0:
			text.WriteString(" ")
			column++
		}
		text.WriteString(word)
		column += len(word)
	}
	return names + text.String() + "\n"
}
