package fetch_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// maxProse is how many characters a line of prose in a page may have. Tables, commands and what they print are not prose.
const maxProse = 100

// pages are all pages of documentation, by their paths from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "bench/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all[filepath.ToSlash(name)] = string(text)
		}
	}
	return all
}

// prose calls line with each line of a page that is neither in a block of code nor indented like one, and its number.
func prose(page string, line func(number int, text string)) {
	code := false
	for i, text := range strings.Split(page, "\n") {
		if strings.HasPrefix(text, "```") {
			code = !code
		} else if !code && !strings.HasPrefix(text, "    ") {
			line(i+1, text)
		}
	}
}

// anchors are what links may lead to within a page: its headings, as GitHub names them.
func anchors(page string) []string {
	var all []string
	prose(page, func(_ int, text string) {
		if title, ok := strings.CutPrefix(strings.TrimLeft(text, "#"), " "); ok && strings.HasPrefix(text, "#") {
			title = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(title), "")
			all = append(all, strings.ReplaceAll(title, " ", "-"))
		}
	})
	return all
}

// TestLinksLeadSomewhere: a heading that is renamed leaves no link behind.
func TestLinksLeadSomewhere(t *testing.T) {
	all := pages(t)
	link := regexp.MustCompile(`\]\(([^)#\s]*)(?:#([^)\s]*))?\)`)
	for name, page := range all {
		prose(page, func(number int, text string) {
			for _, m := range link.FindAllStringSubmatch(text, -1) {
				if strings.Contains(m[1], "://") {
					continue
				}
				target := name
				if m[1] != "" {
					target = filepath.ToSlash(filepath.Join(filepath.Dir(name), m[1]))
				}
				if _, err := os.Stat(target); err != nil {
					t.Errorf("%s:%d: %v", name, number, err)
				} else if m[2] != "" && !slices.Contains(anchors(all[target]), m[2]) {
					t.Errorf("%s:%d: %s has no heading #%s", name, number, target, m[2])
				}
			}
		})
	}
}

// TestProseIsNarrow: long lines neither diff nor read well.
func TestProseIsNarrow(t *testing.T) {
	for name, page := range pages(t) {
		prose(page, func(number int, text string) {
			if n := utf8.RuneCountInString(text); n > maxProse && !strings.HasPrefix(text, "|") {
				t.Errorf("%s:%d has %d characters, more than %d", name, number, n, maxProse)
			}
		})
	}
}
