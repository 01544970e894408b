package value

import (
	"errors"
	"strings"
)

// Keys is the flag --key, which has two meanings: as in curl a file with the key of our certificate, and COLUMN=JQ, by
// which a piece of an answer is led back to its row. What has a = in it, and is no path, is the latter.
type Keys struct {
	File, Row string
}

func (k *Keys) String() string { return strings.Join(k.Values(), " ") }
func (k *Keys) Type() string   { return "FILE" }

func (k *Keys) Set(text string) error {
	switch {
	case text == "":
		return errors.New("write a file, or COLUMN=JQ")
	case strings.Contains(text, "=") && text[0] != '/' && text[0] != '.':
		k.Row = text
	default:
		k.File = text
	}
	return nil
}

// Values are the values as they were given.
func (k *Keys) Values() []string {
	var all []string
	for _, text := range []string{k.File, k.Row} {
		if text != "" {
			all = append(all, text)
		}
	}
	return all
}
