package extract

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
)

// Text is what a body must contain: a literal text, or a match of a regular expression.
type Text struct {
	given   string
	pattern *regexp.Regexp // nil: literal text
}

// ParseText parses a text, or a regular expression (RE2) between slashes: /^ok$/.
func ParseText(text string) (Text, error) {
	switch {
	case text == "" || text == "//":
		return Text{}, errors.New("an empty text is in every body; write a part of it, or /a regular expression/")
	case len(text) < 2 || text[0] != '/' || text[len(text)-1] != '/':
		return Text{given: text}, nil
	}
	pattern, err := regexp.Compile(text[1 : len(text)-1])
	if err != nil {
		return Text{}, fmt.Errorf("%w; text between slashes is a regular expression", err)
	}
	return Text{text, pattern}, nil
}

// check returns an error if a body does not contain it.
func (t Text) check(body []byte) error {
	switch {
	case t.pattern != nil && t.pattern.Match(body), t.pattern == nil && bytes.Contains(body, []byte(t.given)):
		return nil
	case len(body) == 0:
		return errors.New("an empty body instead of one with " + t.shown())
	}
	return fmt.Errorf("not as expected: the body has no %s", t.shown())
}

// shown returns the text for a message.
func (t Text) shown() string {
	if t.pattern != nil {
		return cut(t.given, maxShownText)
	}
	return fmt.Sprintf("%q", cut(t.given, maxShownText))
}
