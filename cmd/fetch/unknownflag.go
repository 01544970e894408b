package main

import (
	"errors"
	"fmt"
	"regexp"

	"example.com/fetch/internal/nearest"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// goNumberError is how Go says that something is no number.
var goNumberError = regexp.MustCompile(`strconv\.\w+: parsing ".*": [a-z ]+`)

// withNearestFlag adds to an error about an unknown flag which one was probably meant.
func withNearestFlag(cmd *cobra.Command, err error) error {
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
