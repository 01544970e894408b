package format

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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
	place := e.place()
	if e.Text != "" {
		place += ": " + e.Text
	}
	return (&InputError{Input: place, Problem: e.Problem, Hint: e.Hint}).Error()
}

// place names the line, or the entry.
func (e *LineError) place() string {
	place := placeOf(e.Input, e.Line)
	if e.Entry > 0 {
		place += fmt.Sprintf(", entry %d", e.Entry)
	}
	return place
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
	before, after, colon := strings.Cut(arg, ":")
	switch {
	case other:
		e.Problem, e.Hint, e.Err = "not an http:// or https:// URL, and no file", "only these schemes can be fetched", fs.ErrNotExist
		if equalASCIIFold([]byte(scheme), "file") {
			e.Hint = "name a file by its path"
		}
	case colon && (strings.EqualFold(before, "http") || strings.EqualFold(before, "https")):
		whole := excerpt([]byte(before + "://" + strings.TrimLeft(after, "/")))
		e.Problem, e.Hint = "no such file", "if it is a URL, two slashes follow the scheme: "+Plain(whole)
	case looksLikeHost(arg), mayHoldSecret(arg):
		e.Problem, e.Hint = "no such file", "if it is a URL, write "+withScheme([]byte(arg))
		if near := nearestFile(arg); near != "" && !mayHoldSecret(arg) {
			e.Hint = fmt.Sprintf("did you mean %s? %s", Plain(near), e.Hint)
		}
	case errors.Is(err, fs.ErrNotExist) && isMethod([]byte(arg)):
		e.Input, e.Problem, e.Hint = arg, "no such file", "the method is -X "+arg
	case errors.Is(err, fs.ErrNotExist):
		e.Input, e.Problem, e.Hint = Plain(arg), "no such file", "look at its name and at the folder that it is in"
		if strings.HasPrefix(arg, "/dev/fd/") {
			e.Hint = "it was a pipe, such as <(COMMAND), that only the command it was given to could read; name a file"
		} else if near := nearestFile(arg); near != "" {
			e.Hint = fmt.Sprintf("did you mean %s?", Plain(near))
		}
	default:
		e.Input = Plain(arg)
	}
	return e
}

// mostFiles is how many names of a folder are looked at.
const mostFiles = 1000

// nearestFile is the file in the same folder whose name is nearest; empty if none is near.
func nearestFile(name string) string {
	folder, base := filepath.Split(name)
	d, err := os.Open(cmp.Or(folder, "."))
	if err != nil {
		return ""
	}
	defer d.Close()
	names, _ := d.Readdirnames(mostFiles)
	slices.Sort(names)
	if near := nearest.To(base, names); near != "" {
		return folder + near
	}
	return ""
}

// mayHoldSecret reports whether an argument has what looks like a password or a query.
func mayHoldSecret(arg string) bool {
	_, query, _ := strings.Cut(arg, "?")
	i := strings.LastIndexByte(arg, '@')
	return i >= 0 && strings.Contains(arg[:i], ":") || strings.Contains(query, "=")
}

// UnreadableBody is the error of a body that cannot be read.
func UnreadableBody(err error) error {
	return &InputError{Problem: "the body cannot be read: " + WithPlace(err).Error(), Err: err}
}

// WithPlace adds to the error of a file that is not there where it was looked for.
func WithPlace(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; %s", err, BodyFileHint)
	}
	return err
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

// maxText is how many characters of a line an error shows.
const maxText = 80

// Masked is what an error may show of a line: not what stands before the @ of what may be a URL, since a password may hold
// anything, nor a query or a fragment, nor the value of what looks like a setting or a header field.
func Masked(text []byte) string { return strconv.Quote(excerpt(text)) }

func excerpt(text []byte) string {
	s := string(text)
	head := ""
	if at, after := FindScheme(text); at == 0 {
		head, s = s[:after], s[after:]
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 && (head != "" || strings.IndexByte(s[:i], ':') >= 0) {
		s = "***" + s[i:]
	}
	end := strings.IndexAny(s, "?#=")
	if i := strings.Index(s, ": "); i >= 0 && (end < 0 || i < end) {
		end = i
	}
	if end >= 0 {
		s = s[:end+1] + "…"
	}
	return cut(head + s)
}

// cut is as much of a text as an error shows.
func cut(text string) string {
	if r := []rune(text); len(r) > maxText {
		return string(r[:maxText]) + "…"
	}
	return text
}

// Shortened is a word of the list for a message.
func Shortened(word string) string { return Plain(cut(word)) }

// noScheme says what to write in place of a line without http:// or https://.
func noScheme(line []byte) *LineError {
	e := BadLine("there is no http:// or https://", "write one URL on each line, with the scheme").about(line)
	words := bytes.Fields(line)
	last := words[len(words)-1]
	scheme, _, other := bytes.Cut(last, []byte("://"))
	switch {
	case other:
		e.Problem = "the scheme is neither http:// nor https://"
		e.Hint = "only these can be fetched"
		if len(scheme) > 2 && len(scheme) < 8 && lower(scheme[0]) == 'h' {
			e.Hint = "write http:// or https://"
		}
	case equalASCIIFold(last[:min(len(last), 5)], "http:"), equalASCIIFold(last[:min(len(last), 6)], "https:"):
		e.Problem, e.Hint = "two slashes do not follow the scheme", "write http:// or https://"
	case isMethod(words[0]):
		e.Problem = "this looks like a raw HTTP request"
		e.Hint = "write the whole URL alone, and give the method with -X " + string(words[0])
	case isOption(line):
		return optionLine(line)
	case words[0][len(words[0])-1] == ':' && len(words) > 1:
		e.Problem, e.Hint = "this looks like a header field, not a URL", "give header fields with -H"
	case looksLikeHost(string(last)):
		e.Hint = "write " + withScheme(last)
	}
	return e
}

// optionLine is the error of a line that is an option of aria2. Its value may be a credential.
func optionLine(line []byte) *LineError {
	name, _, _ := bytes.Cut(line, []byte("="))
	return &LineError{
		Text: strconv.Quote(string(name) + "=…"), Problem: "this looks like an option of aria2's format", Hint: "say --input-format aria2",
	}
}

// withScheme is what to write for a URL without its scheme, as far as it may be shown: one with a port of its own, or of this
// machine, mostly speaks no TLS.
func withScheme(text []byte) string {
	rest, scheme := strings.TrimPrefix(string(text), "//"), "https://"
	if u, err := url.Parse("http://" + rest); err == nil {
		address, _ := netip.ParseAddr(u.Hostname())
		if port := u.Port(); port != "" && port != "443" || u.Hostname() == "localhost" || address.IsLoopback() {
			scheme = "http://"
		}
	}
	shown := strconv.Quote(excerpt([]byte(scheme + rest)))
	return shown[1 : len(shown)-1]
}

// looksLikeHost reports whether text may well be a URL without its scheme: it begins with a host name, and is not just the
// name of a file that a list may have.
func looksLikeHost(text string) bool {
	parts := hostAndRest.FindStringSubmatch(text)
	host, rest := parts[1], parts[2]
	return host == "localhost" || hostName.MatchString(host) && (rest != "" || !fileName.MatchString(host))
}

// hostAndRest divides what may be a URL without its scheme, behind its userinfo.
var hostAndRest = regexp.MustCompile(`(?s)^(?://)?(?:.*@)?([^/:?#]*)(.*)$`)

// hostName is a name with a dot in it, of what a host may have, or is not ASCII.
var hostName = regexp.MustCompile(`^[0-9A-Za-z._\-\x{80}-\x{10FFFF}]+\.[0-9A-Za-z_\-\x{80}-\x{10FFFF}]+$`)

// fileName is the name of a file that a list may have.
var fileName = regexp.MustCompile(`(?i)\.(txt|csv|tsv|json|jsonl|ndjson|har|list|lst|urls|log|md|html|xml|yaml|yml|conf|gz|zip|zst|xz)$`)
