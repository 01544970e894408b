package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/nearest"
)

// withoutHint leaves out what an error about a source says of what to do.
func withoutHint(err error) error {
	if no, ok := errors.AsType[*format.InputError](err); ok {
		return &format.InputError{Input: no.Input, Problem: no.Problem, Err: no.Err}
	}
	return err
}

// WithNearestCommand adds to an error about a source that is not there which command was probably meant, or for which flag it
// was a value.
func WithNearestCommand(cmd *cobra.Command, err error, args []string) error {
	if !errors.Is(err, format.ErrInput) || !errors.Is(err, fs.ErrNotExist) || len(args) == 0 {
		return err
	}
	if i := slices.IndexFunc(args, valueLike.MatchString); i >= 0 && strings.Contains(err.Error(), args[i]) {
		if hint := takesNone(cmd.Flags(), args[i]); hint != "" {
			return exit.Usage(fmt.Errorf("%w; %s", withoutHint(err), hint))
		}
	}
	if strings.ContainsAny(args[0], "/.") {
		return err
	}
	var names []string
	for _, c := range cmd.Root().Commands() {
		names = append(names, c.Name())
	}
	if near := nearest.To(args[0], names); near != "" {
		return exit.Usage(fmt.Errorf("%w; did you mean the command: fetch %s?", withoutHint(err), near))
	}
	return err
}

// valueLike finds what is a number, a time, or a host with a port, rather than a file.
var valueLike = regexp.MustCompile(`^([\w.-]*:)?[0-9.]+[a-z]{0,2}$`)

// takesNone says which of the flags that were given do not take what follows them for their value.
func takesNone(flags *pflag.FlagSet, value string) string {
	var hints []string
	flags.VisitAll(func(f *pflag.Flag) {
		switch {
		case !f.Changed || f.Hidden || f.NoOptDefVal == "" || f.Value.String() != f.NoOptDefVal:
		case f.Value.Type() == "bool":
			hints = append(hints, noValue(f))
		default:
			hints = append(hints, fmt.Sprintf("write the value of --%s after an =: --%[1]s=%s", f.Name, value))
		}
	})
	return strings.Join(hints, "; ")
}

// noValue says that a flag takes no value.
func noValue(f *pflag.Flag) string {
	if f.Name == "quiet" {
		return "-q means quiet, and takes no value; a rate is -r 100/s"
	}
	return "--" + f.Name + " takes no value"
}

// goNumberError is how Go says that something is no number.
var goNumberError = regexp.MustCompile(`strconv\.\w+: parsing ".*": [a-z ]+`)

// WithNearestFlag adds to an error about an unknown flag which one was probably meant, or what to write in its place.
func WithNearestFlag(cmd *cobra.Command, err error) error {
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		advice := "write a number"
		if f := wrong.GetFlag(); f.Value.Type() == "bool" {
			advice = noValue(f)
		}
		return errors.New(goNumberError.ReplaceAllString(err.Error(), advice))
	}
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return err
	}
	name, flags := unknown.GetSpecifiedName(), cmd.Flags()
	if said := instructed(flags, name); said != "" {
		return fmt.Errorf("%w; %s", err, said)
	}
	if '0' <= name[0] && name[0] <= '9' && len(name) == 1 {
		return fmt.Errorf("%w; write a number after a flag that takes one: -c 10, -r 100/s", err)
	}
	for _, other := range append([]*cobra.Command{cmd.Root()}, cmd.Root().Commands()...) {
		if f := lookup(other.Flags(), name); f != nil && other != cmd {
			if of, ok := f.Value.(*alias); ok {
				f = of.of
			}
			return fmt.Errorf("%w; --%s is a flag of %s; see %s --help", err, f.Name, other.CommandPath(), cmd.CommandPath())
		}
	}
	if near := nearestFlag(flags, name); near != "" && len(name) > 1 {
		return fmt.Errorf("%w; did you mean --%s?", err, near)
	}
	return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
}

// instructed is what the table of foreign flags says about one, if it has it.
func instructed(flags *pflag.FlagSet, name string) string {
	for _, row := range foreign {
		if row.same || flags.Lookup(row.ours) == nil || !slices.Contains(strings.Fields(row.names), name) {
			continue
		}
		if row.say == "" {
			return "did you mean --" + row.ours + "?"
		}
		return row.say
	}
	return ""
}

// nearestFlag is the flag that was probably mistyped. Nobody mistypes the first letter, nor one digit for another, and what
// several flags begin with could be each of them.
func nearestFlag(flags *pflag.FlagSet, name string) string {
	var names []string
	begin := 0
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name[0] != name[0] || digitsOf(f.Name) != digitsOf(name) {
			return
		}
		names = append(names, f.Name)
		if strings.HasPrefix(f.Name, name) {
			begin++
		}
	})
	if begin > 1 {
		return ""
	}
	return nearest.To(name, names)
}

func digitsOf(name string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, name)
}

// lookup finds a flag by its name, or by its letter.
func lookup(flags *pflag.FlagSet, name string) *pflag.Flag {
	if len(name) == 1 {
		return flags.ShorthandLookup(name)
	}
	return flags.Lookup(name)
}
