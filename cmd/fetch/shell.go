package main

import (
	"strings"

	"example.com/fetch/internal/record"
)

// shellQuoted is a word as a shell takes it, for commands that are printed.
func shellQuoted(word string) string {
	plain := strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:@%+") == ""
	if plain && word != "" {
		return word
	}
	return "'" + strings.ReplaceAll(record.Printable(word), "'", `'\''`) + "'"
}
