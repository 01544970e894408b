package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/fetch/internal/exit"
)

// Command is a command of fetch, or fetch itself.
type Command struct {
	Name, Short, Example string // Name is empty for fetch itself
	Long                 string // its first paragraph is what -h says
	Arguments            string // such as SOURCE...; empty: it takes none
	Run                  func(ctx context.Context, args []string) error
	Own                  func(*pflag.FlagSet) // defines flags that its help lists; nil: none
	Groups               []Group              // of flags, whose headings its help has
	AsFetch              *Flags               // all flags of fetch itself; nil: it does not take them
	Essential            []string             // the flags that -h lists; none: all of Own
	Formats              []string             // of -f; none: those of a run

	isShort bool // -h was given, not --help
}

// Program is fetch itself and its commands, of which help, man pages and completions are made.
type Program struct {
	Root     *Command
	Commands []*Command

	root *cobra.Command
	of   map[*cobra.Command]*Command
}

// Cobra is the program as cobra has it.
func (p *Program) Cobra() *cobra.Command {
	p.of = map[*cobra.Command]*Command{}
	p.root = p.cobra(p.Root)
	for _, c := range p.Commands {
		p.root.AddCommand(p.cobra(c))
	}
	p.root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return exit.Usage(WithNearestFlag(cmd, err)) })
	usual := p.root.HelpFunc()
	p.root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		c := p.of[cmd]
		switch {
		case c == nil: // of cobra's own
			cmd.Long = filled(cmd.Long)
			usual(cmd, args)
		case c.isShort:
			fmt.Fprint(cmd.OutOrStdout(), p.shortHelp(c))
		default:
			fmt.Fprint(cmd.OutOrStdout(), p.help(c))
		}
	})
	p.root.SetHelpCommand(p.helpCommand())
	p.root.CompletionOptions.HiddenDefaultCmd = false
	p.root.InitDefaultCompletionCmd()
	if c, _, err := p.root.Find([]string{"completion"}); err == nil {
		c.Short = "completion for bash, zsh, fish and powershell"
		c.Args = NoArguments
		c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	return p.root
}

// cobra is one command.
func (p *Program) cobra(c *Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:               strings.TrimSpace(c.Name + " [flags] " + c.Arguments),
		Short:             c.Short,
		Args:              cobra.ArbitraryArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			err := c.Run(cmd.Context(), args)
			if strings.HasPrefix(c.Arguments, "SOURCE") {
				return WithNearestCommand(cmd, err, args)
			}
			return err
		},
	}
	if c.Name == "" {
		cmd.Use = "fetch " + strings.TrimSpace(cmd.Use)
	}
	if c.Arguments == "" {
		cmd.Args = NoArguments
	}
	if c.Own != nil {
		c.Groups = append(slices.Clip(c.Groups), group("", "Flags", c.Own))
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	for _, g := range c.Groups {
		flags.AddFlagSet(g.Flags)
	}
	if c.AsFetch != nil {
		for _, g := range c.AsFetch.Groups {
			flags.AddFlagSet(g.Flags)
		}
	}
	if flags.Lookup("help") == nil {
		flags.Bool("help", false, "")
	}
	h := &pflag.Flag{Name: "h", Shorthand: "h", Value: &shortHelp{flags, &c.isShort}, NoOptDefVal: "true", Hidden: true}
	flags.AddFlag(h)
	AddAliases(flags)
	p.of[cmd] = c
	return cmd
}

// shortHelp is -h: --help, but short. Cobra knows --help alone, before arguments are looked at.
type shortHelp struct {
	flags *pflag.FlagSet
	given *bool
}

func (h *shortHelp) String() string { return "false" }
func (h *shortHelp) Type() string   { return "bool" }

func (h *shortHelp) Set(text string) (err error) {
	if *h.given, err = strconv.ParseBool(text); err != nil {
		return err
	}
	return h.flags.Set("help", text)
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
