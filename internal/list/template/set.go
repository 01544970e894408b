package template

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/table"
)

const (
	maxSetFile      = 1_000_000 // values
	maxCombinations = 1 << 53
)

// set is a name and the values that it takes in turn.
type set struct {
	name  string
	parts []setPart
	count int64
}

// setPart is one value, or the numbers of a range.
type setPart struct {
	first int64 // index of its first value in the set
	text  string
	count int64 // of a range; 0: the value is text
	from  int64
	step  int64
	width int // minimum number of digits, padded with zeros; 0: no padding
}

// parseSet parses NAME=VALUES: values separated by commas, each of which may be a range FROM..TO or FROM..TO..STEP of
// whole numbers; or @FILE with a value on each line.
func parseSet(text string) (*set, error) {
	name, list, ok := strings.Cut(text, "=")
	name = strings.TrimSpace(name)
	if !ok || name == "" {
		return nil, format.BadInput("--set", "there is no NAME=VALUES",
			"write it like id=1..100, name=water,ethanol or name=@FILE")
	}
	s := &set{name: name}
	if file, isFile := strings.CutPrefix(list, "@"); isFile {
		return s, s.readFile(file)
	}
	for word := range strings.SplitSeq(list, ",") {
		p, problem := parseSetPart(word)
		if problem != "" {
			return nil, format.BadInput("--set "+format.Shortened(name), problem,
				"write it like id=1..100, name=water,ethanol or name=@FILE")
		}
		s.add(p)
	}
	return s, nil
}

func (s *set) add(p setPart) {
	p.first = s.count
	s.parts = append(s.parts, p)
	s.count += max(p.count, 1)
}

func parseSetPart(word string) (p setPart, problem string) {
	from, to, isRange := strings.Cut(word, "..")
	to, by, hasStep := strings.Cut(to, "..")
	first, err := strconv.ParseInt(from, 10, 64)
	last, err2 := strconv.ParseInt(to, 10, 64)
	switch {
	case isRange && (errors.Is(err, strconv.ErrRange) || errors.Is(err2, strconv.ErrRange)):
		return p, "a number of the range is too large"
	case isRange && err == nil && err2 == nil:
	case word == "":
		return p, "there is an empty value"
	case !utf8.ValidString(word):
		return p, "a value is not UTF-8"
	default: // a value may contain two dots
		return setPart{text: word}, ""
	}
	p = setPart{from: first, step: 1}
	if hasStep {
		if p.step, err = strconv.ParseInt(by, 10, 64); err != nil || p.step <= 0 {
			return p, "the step of the range is not a whole number over 0"
		}
	}
	if math.Abs(float64(last)-float64(first)) >= maxCombinations {
		return p, "the range has too many numbers"
	}
	if withZeros.MatchString(from) || withZeros.MatchString(to) {
		p.width = max(len(from), len(to))
	}
	if last < first {
		p.step = -p.step
	}
	p.count = (last-first)/p.step + 1
	return p, ""
}

// withZeros matches a number with leading zeros.
var withZeros = regexp.MustCompile(`^[+-]*0[0-9]`)

func (s *set) readFile(name string) error {
	input := "--set " + format.Shortened(s.name)
	f, err := os.Open(name)
	if err != nil {
		return UnreadableSet(s.name, name, err)
	}
	defer f.Close()
	r := table.NewReader(f, table.Lines)
	for {
		row, err := r.Next()
		switch {
		case err == io.EOF && s.count == 0:
			return format.BadInput(input, "there is no value in "+format.Plain(name), "write one on each line")
		case err == io.EOF:
			return nil
		case err != nil:
			return &format.InputError{Input: input, Problem: format.Plain(name) + ": " + format.Reason(err), Err: err}
		case s.count == maxSetFile:
			return format.BadInput(input, fmt.Sprintf("there are more than %d values in %s", maxSetFile, format.Plain(name)),
				"give the file with --rows")
		}
		s.add(setPart{text: row[0].Value})
	}
}

// UnreadableSet returns the error of a set whose file cannot be read.
func UnreadableSet(name, file string, err error) error {
	return &format.InputError{Input: "--set " + format.Shortened(name), Problem: format.Plain(file) + " cannot be read: " + format.Reason(err), Err: err}
}

// sets are the sets whose values are combined.
type sets struct {
	all   []*set
	count int64 // number of combinations; 1 if there is no set
}

func parseSets(texts []string) (*sets, error) {
	s := &sets{count: 1}
	for _, text := range texts {
		one, err := parseSet(text)
		if err != nil {
			return nil, err
		}
		if one.count > maxCombinations/s.count {
			return nil, format.BadInput("--set", "there are too many combinations", "take smaller ranges")
		}
		s.count *= one.count
		s.all = append(s.all, one)
	}
	return s, nil
}

// combinations iterates over all combinations. The named set varies fastest, otherwise the last one.
type combinations struct {
	*sets
	order  []int       // from the fastest to the slowest
	cells  fetcher.Row // of the present combination, in the order of the sets
	number int64       // of the current one, from 1; 0 before the first
}

func (s *sets) combine(fastest string) *combinations {
	c := &combinations{sets: s, cells: make(fetcher.Row, len(s.all))}
	for i, one := range s.all {
		c.cells[i].Column = one.name
		if one.name == fastest {
			c.order = append(c.order, i)
		}
	}
	for i, one := range slices.Backward(s.all) {
		if one.name != fastest {
			c.order = append(c.order, i)
		}
	}
	return c
}

// next advances; without sets there is one combination. After the last one it starts again, and returns false.
func (c *combinations) next() bool {
	if c.number == c.count {
		c.number = 0
		return false
	}
	left := c.number
	c.number++
	for _, i := range c.order {
		index := left % c.all[i].count
		left /= c.all[i].count
		c.cells[i].Value = c.all[i].value(index)
		if index > 0 { // slower ones do not change
			break
		}
	}
	return true
}

// value returns the value with an index from 0.
func (s *set) value(index int64) string {
	p := s.parts[sort.Search(len(s.parts), func(i int) bool { return s.parts[i].first > index })-1]
	n := p.from + (index-p.first)*p.step
	switch {
	case p.count == 0:
		return p.text
	case p.width > 0:
		return fmt.Sprintf("%0*d", p.width, n)
	}
	return strconv.FormatInt(n, 10)
}

// on returns a new row, with the cells of the current combination at its end; row itself if there is no set.
func (c *combinations) on(row fetcher.Row) fetcher.Row {
	if len(c.cells) == 0 {
		return row
	}
	return slices.Concat(row, c.cells)
}
