// Package nearest finds the word that was probably meant, for messages about one that is not known.
package nearest

import "strings"

// longest is the length in bytes of the longest words that are compared: what is longer was not mistyped.
const longest = 80

// To gives the candidate that was probably meant by a word, in any case of its letters; empty if none is near: at most a
// third of its letters, and one at least, are mistaken. Of several that are as near the first is given. A candidate that
// begins with the word, if that has three letters, is as near as if one letter were wrong.
func To(word string, candidates []string) string {
	best, least := "", 0
	word = strings.ToLower(word)
	if len(word) > longest {
		return ""
	}
	for _, c := range candidates {
		if len(c) > longest {
			continue
		}
		lower := strings.ToLower(c)
		d := distance(word, lower)
		if strings.HasPrefix(lower, word) && len(word) >= 3 {
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

// distance is the number of letters to put in, take out, change, or swap with the next (Damerau's, restricted).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, before
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
