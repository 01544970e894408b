package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"example.com/fetch/internal/exit"
)

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

// RefuseArguments has the commands refuse arguments that they know nothing of, where cobra would print help and call it a
// success.
func RefuseArguments(root *cobra.Command) {
	for _, c := range root.Commands() {
		if c.Name() == "help" || ownFlags(c) != nil || c.Annotations[JournalsKey] != "" || c.Annotations[SourcesKey] != "" {
			continue
		}
		c.Args = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return exit.Usage(fmt.Errorf("%s: unexpected argument %q; see %s -h", cmd.CommandPath(), args[0], cmd.CommandPath()))
		}
		if !c.Runnable() && c.HasSubCommands() {
			c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
}
