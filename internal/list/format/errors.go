package format

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/nearest"
)

// ErrInput is matched by every error that comes of what the user gave: a bad line, a file that is none.
var ErrInput = errors.New("unusable input")

// maxShown bounds how many bad lines an error tells of.
const maxShown = 20

// LineError is a bad line of a list or a table, a bad URL among the arguments, or a row whose values make no request. No
// part of it shows a user name, a password or a query.
type LineError struct {
	Input   string // the file, "standard input", or "argument 2"
	Line    int64  // from 1; 0 for an argument
	Entry   int64  // from 1, where entries are counted and not lines, as in a HAR file; otherwise 0
	Text    string // the part that matters, masked, shortened and printable; may be empty
	Problem string
	Hint    string // what to write instead

	// Values is set where the line itself is whole, and only its values make no request. It never ends a list.
	Values bool

	Partial Partial
}

// Partial is as much as could be read of a bad line.
type Partial struct {
	Method, Name, URL string
	Row               fetcher.Row
	Shifted           bool // cells may stand in other columns than their own
}

// BadLine is the error of a line, whose place is not known yet.
func BadLine(problem, hint string) *LineError { return &LineError{Problem: problem, Hint: hint} }

// about says which text matters.
func (e *LineError) about(text []byte) *LineError {
	e.Text = Masked(text)
	return e
}

func (e *LineError) Error() string {
	place := placeOf(e.Input, e.Line)
	if e.Entry > 0 {
		place += fmt.Sprintf(", entry %d", e.Entry)
	}
	if e.Text != "" {
		place += ": " + e.Text
	}
	return (&InputError{Input: place, Problem: e.Problem, Hint: e.Hint}).Error()
}

// placeOf names a line of an input; 0 is none.
func placeOf(input string, line int64) string {
	switch {
	case line == 0:
		return input
	case input == stdinName:
		return fmt.Sprintf("%s, line %d", input, line)
	}
	return fmt.Sprintf("%s:%d", input, line)
}

func (e *LineError) Is(target error) bool { return target == ErrInput }

// BadLinesError is all the bad lines of what Open checked.
type BadLinesError struct {
	First []error // at most 20
	Count int64   // of all
}

// Add adds one more, a *LineError or what else says that a request of a list cannot be sent.
func (e *BadLinesError) Add(line error) {
	e.Count++
	if len(e.First) < maxShown {
		e.First = append(e.First, line)
	}
}

func (e *BadLinesError) Error() string {
	text := fmt.Sprint(errors.Join(e.First...))
	if more := e.Count - int64(len(e.First)); more > 0 {
		text += fmt.Sprintf("\nand %d more bad lines", more)
	}
	return text
}

func (e *BadLinesError) Is(target error) bool { return target == ErrInput }

// Unwrap gives the lines that are in First.
func (e *BadLinesError) Unwrap() []error { return e.First }

// InputError is an input that cannot be used at all. It wraps what the system said: fs.ErrNotExist for a file that is
// missing.
type InputError struct {
	Input   string // as in LineError; empty if it is about all of them
	Problem string
	Hint    string // what to do; may be empty
	Err     error  // may be nil
}

// BadInput is the error of an input, or of a flag, that cannot be used.
func BadInput(input, problem, hint string) *InputError {
	return &InputError{Input: input, Problem: problem, Hint: hint}
}

func (e *InputError) Error() string {
	s := e.Problem
	if e.Input != "" {
		s = e.Input + ": " + s
	}
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

func (e *InputError) Is(target error) bool { return target == ErrInput }

func (e *InputError) Unwrap() error { return e.Err }

// Unreadable makes an InputError of what went wrong while reading.
func (in *Input) Unreadable(err error) error {
	if _, ok := errors.AsType[*InputError](err); ok {
		return err
	}
	return &InputError{Input: in.Name, Problem: "cannot be read: " + Reason(err), Err: err}
}

// Reason is an error of the system without what a message has said already.
func Reason(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return err.Error()
}

// noFile is the error of an argument that is neither a URL nor a file that can be looked at.
func noFile(arg string, err error) error {
	e := &InputError{Input: Masked([]byte(arg)), Problem: Reason(err), Err: err}
	scheme, _, other := strings.Cut(arg, "://")
	switch {
	case other:
		e.Problem, e.Hint, e.Err = "not an http:// or https:// URL, and no file", "only these schemes can be fetched", fs.ErrNotExist
		if equalASCIIFold([]byte(scheme), "file") {
			e.Hint = "name a file by its path"
		}
	case looksLikeHost(arg), mayHoldSecret(arg):
		e.Problem, e.Hint = "no such file", "if it is a URL, write "+withScheme([]byte(arg))
	case errors.Is(err, fs.ErrNotExist):
		e.Input, e.Problem = Plain(arg), "no such file"
	default:
		e.Input = Plain(arg)
	}
	return e
}

// mayHoldSecret reports whether an argument has what looks like a password or a query.
func mayHoldSecret(arg string) bool {
	_, query, _ := strings.Cut(arg, "?")
	i := strings.LastIndexByte(arg, '@')
	return i >= 0 && strings.Contains(arg[:i], ":") || strings.Contains(query, "=")
}

// UnreadableBody is the error of a body that cannot be read.
func UnreadableBody(err error) error {
	return &InputError{Problem: "the body cannot be read: " + err.Error(), Err: err}
}

// Enumerate joins names for a message, each as it is to be shown, up to a number that can be read.
func Enumerate(names []string, most int, show func(string) string) string {
	list := ""
	for i, name := range names {
		if i == most {
			return list + fmt.Sprintf(" and %d more", len(names)-most)
		}
		if i > 0 {
			list += ", "
		}
		list += show(name)
	}
	return list
}

// BodyFileHint says where the file for a body is looked for.
const BodyFileHint = "its name counts from the folder in which fetch is started"

// UnusableFile says what is wrong with a file for a body.
func UnusableFile(err error) string { return "the file for the body cannot be used: " + Reason(err) }

// nearestOf is a hint: which of the words was probably meant, or all of them.
func nearestOf(word string, words []string) string {
	if best := nearest.To(word, words); best != "" {
		return fmt.Sprintf("did you mean %s?", best)
	}
	return "known are " + strings.Join(words, ", ")
}
