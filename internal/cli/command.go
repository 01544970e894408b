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
	Own                        *pflag.FlagSet // flags that its help lists; nil: none
	Groups                     []Group        // of flags, whose headings its help has
	AsFetch                    *Flags         // all flags of fetch itself; nil: it does not take them
}

// Cobra is the command as cobra has it.
func (c Command) Cobra() *cobra.Command {
	cmd := &cobra.Command{
		Use:           strings.TrimSpace(c.Name + " [flags] " + c.Arguments),
		Short:         c.Short,
		Long:          c.Long,
		Example:       c.Example,
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
	if c.Own != nil {
		cmd.Flags().AddFlagSet(c.Own)
	}
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) { io.WriteString(cmd.OutOrStdout(), c.help(cmd.Use)) })
	return cmd
}

// NoArguments refuses arguments, where cobra would print help and call it a success.
func NoArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return exit.Usage(fmt.Errorf("%s: unexpected argument %q; see %s -h", cmd.CommandPath(), args[0], cmd.CommandPath()))
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
