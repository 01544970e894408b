package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"example.com/fetch/internal/nearest"
)

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

// withNearestCommand adds to an error about a file that is not there which command was probably meant.
func withNearestCommand(err error, args []string) error {
	if !errors.Is(err, fs.ErrNotExist) || len(args) == 0 || strings.ContainsAny(args[0], "/.") {
		return err
	}
	if near := nearest.To(args[0], commandNames); near != "" {
		return fmt.Errorf("%w; did you mean the command: fetch %s?", err, near)
	}
	return err
}

var commandNames = []string{"plan", "load", "sweep", "resume", "retry", "report", "diff", "sync", "serve", "completion", "help"}
