package main

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// listCommand is a command that takes a list, and all the flags of fetch with it.
type listCommand struct {
	name, short, long, example string
	arguments                  string         // empty: SOURCE...
	own                        *pflag.FlagSet // what only this command has; nil: nothing
	run                        func(ctx context.Context, flags *commandFlags, sources []string) error
}

// ownFlagsKey marks a cobra.Command as one of these.
const ownFlagsKey = "list"

func (c listCommand) command() *cobra.Command {
	flags := newCommandFlags()
	cmd := &cobra.Command{
		Use:           c.name + " [flags] " + cmp.Or(c.arguments, "SOURCE..."),
		Short:         c.short,
		Long:          c.long,
		Example:       c.example,
		Args:          cobra.ArbitraryArgs,
		Annotations:   map[string]string{ownFlagsKey: ""},
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return withNearestCommand(c.run(cmd.Context(), flags, args), args)
		},
	}
	for _, g := range flags.groups {
		cmd.Flags().AddFlagSet(g.flags)
	}
	if c.own != nil {
		c.own.VisitAll(func(f *pflag.Flag) { f.Annotations = map[string][]string{ownFlagsKey: nil} })
		cmd.Flags().AddFlagSet(c.own)
	}
	return cmd
}

// ownFlags are the flags that only this command has; nil if it takes no list, or is fetch itself.
func ownFlags(cmd *cobra.Command) *pflag.FlagSet {
	if _, ok := cmd.Annotations[ownFlagsKey]; !ok {
		return nil
	}
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if _, ok := f.Annotations[ownFlagsKey]; ok {
			own.AddFlag(f)
		}
	})
	return own
}

// journalsKey marks a cobra.Command whose arguments are journals.
const journalsKey = "journals"

// sourcesKey marks a cobra.Command whose arguments are SOURCEs, but whose flags are not those of a run.
const sourcesKey = "sources"
