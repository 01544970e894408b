package cli

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// ListCommand is a command that takes a list, and all the flags of fetch with it.
type ListCommand struct {
	Name, Short, Long, Example string
	Arguments                  string         // empty: SOURCE...
	Own                        *pflag.FlagSet // what only this command has; nil: nothing
	Run                        func(ctx context.Context, flags *Flags, sources []string) error
}

// ownFlagsKey marks a cobra.Command as one of these.
const ownFlagsKey = "list"

func (c ListCommand) Command() *cobra.Command {
	flags := NewFlags()
	cmd := &cobra.Command{
		Use:           c.Name + " [flags] " + cmp.Or(c.Arguments, "SOURCE..."),
		Short:         c.Short,
		Long:          c.Long,
		Example:       c.Example,
		Args:          cobra.ArbitraryArgs,
		Annotations:   map[string]string{ownFlagsKey: ""},
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return WithNearestCommand(c.Run(cmd.Context(), flags, args), args)
		},
	}
	for _, g := range flags.Groups {
		cmd.Flags().AddFlagSet(g.Flags)
	}
	if c.Own != nil {
		c.Own.VisitAll(func(f *pflag.Flag) { f.Annotations = map[string][]string{ownFlagsKey: nil} })
		cmd.Flags().AddFlagSet(c.Own)
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

// JournalsKey marks a cobra.Command whose arguments are journals.
const JournalsKey = "journals"

// SourcesKey marks a cobra.Command whose arguments are SOURCEs, but whose flags are not those of a run.
const SourcesKey = "sources"
