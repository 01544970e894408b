package cli

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/fetch/internal/nearest"
)

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
		near := OtherNames[name]
		if near == "" {
			near = nearest.To(name, names)
		}
		if near != "" {
			return fmt.Errorf("%w; did you mean --%s?", err, near)
		}
	}
	return fmt.Errorf("%w; see %s -h", err, cmd.CommandPath())
}

// OtherNames are what other tools call flags of ours, where the nearest name would be a wrong one.
var OtherNames = map[string]string{
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
