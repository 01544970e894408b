package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// nearest is the candidate that was probably meant, or "" if none is near.
func nearest(word string, candidates []string) string {
	best, least := "", 0
	word = strings.ToLower(word)
	for _, c := range candidates {
		d := distance(word, strings.ToLower(c))
		if strings.HasPrefix(c, word) && len(word) >= 3 {
			d = min(d, 1)
		}
		if best == "" || d < least {
			best, least = c, d
		}
	}
	if least > max(1, len(word)/3) {
		return ""
	}
	return best
}

// otherNames are what other tools call flags of ours, where the nearest name would be a wrong one.
var otherNames = map[string]string{
	"max-time":     "timeout", // curl
	"parallel-max": "concurrency",
	"retry":        "retries",
	"tries":        "retries",     // wget
	"max-threads":  "concurrency", // wget2
	"jobs":         "concurrency", // GNU parallel, aria2
}

// distance is the number of letters to put in, take out, change, or swap with the next (Damerau's, restricted).
func distance(a, b string) int {
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last = last, slices.Clone(row)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}

// withNearestCommand adds to an error about a file that is not there which command was probably meant.
func withNearestCommand(err error, args []string) error {
	if !errors.Is(err, fs.ErrNotExist) || len(args) == 0 || strings.ContainsAny(args[0], "/.") {
		return err
	}
	if near := nearest(args[0], commandNames); near != "" {
		return fmt.Errorf("%w; did you mean the command: fetch %s?", err, near)
	}
	return err
}

var commandNames = []string{"plan", "sync", "serve", "completion", "help"}
