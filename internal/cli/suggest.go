package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/fetch/internal/exit"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/nearest"
)

// WithNearestCommand adds to an error about a source that is not there which command was probably meant.
func WithNearestCommand(cmd *cobra.Command, err error, args []string) error {
	if !errors.Is(err, format.ErrInput) || !errors.Is(err, fs.ErrNotExist) || len(args) == 0 || strings.ContainsAny(args[0], "/.") {
		return err
	}
	var names []string
	for _, c := range cmd.Root().Commands() {
		names = append(names, c.Name())
	}
	if near := nearest.To(args[0], names); near != "" {
		return exit.Usage(fmt.Errorf("%w; did you mean the command: fetch %s?", err, near))
	}
	return err
}

// goNumberError is how Go says that something is no number.
var goNumberError = regexp.MustCompile(`strconv\.\w+: parsing ".*": [a-z ]+`)

// WithNearestFlag adds to an error about an unknown flag which one was probably meant.
func WithNearestFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return errors.New(goNumberError.ReplaceAllString(err.Error(), "write a number"))
	}
	name := unknown.GetSpecifiedName()
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if len(name) > 1 {
		near := otherNames[name]
		if near == "" {
			near = nearest.To(name, names)
		}
		if near != "" {
			return fmt.Errorf("%w; did you mean --%s?", err, near)
		}
	}
	return fmt.Errorf("%w; see %s -h", err, cmd.CommandPath())
}

// otherNames are what other tools call flags of ours, where the nearest name would be a wrong one.
var otherNames = map[string]string{
	"max-time":     "timeout", // curl
	"data-ascii":   "data",
	"post-data":    "data", // wget
	"post-file":    "data-binary",
	"body":         "data", // httpie, hey and others
	"json-body":    "json",
	"parallel-max": "concurrency",
	"retry":        "retries",
	"tries":        "retries",     // wget
	"max-threads":  "concurrency", // wget2
	"jobs":         "concurrency", // GNU parallel, aria2
}
