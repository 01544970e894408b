package main

import (
	"errors"
	"strings"
)

// keys is the flag --key, which has two meanings: as in curl a file with the key of our certificate, and COLUMN=JQ, by
// which a piece of an answer is led back to its row. What has a = in it, and is no path, is the latter.
type keys struct {
	file, row string
}

func (k *keys) String() string { return strings.Join(k.Values(), " ") }
func (k *keys) Type() string   { return "FILE" }

func (k *keys) Set(text string) error {
	switch {
	case text == "":
		return errors.New("write a file, or COLUMN=JQ")
	case strings.Contains(text, "=") && text[0] != '/' && text[0] != '.':
		k.row = text
	default:
		k.file = text
	}
	return nil
}

// Values are the values as they were given.
func (k *keys) Values() []string {
	var all []string
	for _, text := range []string{k.file, k.row} {
		if text != "" {
			all = append(all, text)
		}
	}
	return all
}
