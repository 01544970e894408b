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

// ErrInput is matched by every error about the user's input: a bad line, a file that does not exist.
var ErrInput = errors.New("unusable input")

// maxShown is the maximum number of bad lines that an error lists.
const maxShown = 20

// LineError is a bad line of a list or a table, a bad URL among the arguments, or a row whose values do not make a
// valid request. It never shows a user name, a password or a query.
type LineError struct {
	Input   string // the file, "standard input", or "argument 2"
	Line    int64  // from 1; 0 for an argument
	Entry   int64  // from 1, in formats that count entries instead of lines, such as HAR; otherwise 0
	Text    string // the relevant part, masked, shortened and printable; may be empty
	Problem string
	Hint    string // what to write instead

	// Values is set if the line itself is valid, and only its values do not make a request. Such an error never ends a
	// list.
	Values bool

	Partial Partial
}

// Partial is what could be read of a bad line.
type Partial struct {
	Method, Name, URL string
	Row               fetcher.Row
	Shifted           bool // cells may be in the wrong columns
}

// BadLine returns the error of a line whose place is not known yet.
func BadLine(problem, hint string) *LineError { return &LineError{Problem: problem, Hint: hint} }

// about sets the relevant text.
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

// Add adds an error: a *LineError or another one that says that a request of a list cannot be sent.
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

// Unwrap returns First.
func (e *BadLinesError) Unwrap() []error { return e.First }

// InputError is an input that cannot be used at all. It wraps the system error: fs.ErrNotExist if a file is missing.
type InputError struct {
	Input   string // as in LineError; empty if it concerns all inputs
	Problem string
	Hint    string // what to do; may be empty
	Err     error  // may be nil
}

// BadInput returns the error of an input, or of a flag, that cannot be used.
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

// Unreadable converts an error of reading into an InputError.
func (in *Input) Unreadable(err error) error {
	if _, ok := errors.AsType[*InputError](err); ok {
		return err
	}
	return &InputError{Input: in.Name, Problem: "cannot be read: " + Reason(err), Err: err}
}

// Reason returns a system error without what the message around it says already.
func Reason(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return err.Error()
}

// noFile returns the error of an argument that is neither a URL nor an accessible file.
func noFile(arg string, err error) error {
	e := &InputError{Input: Masked([]byte(arg)), Problem: Reason(err), Err: err}
	scheme, _, other := strings.Cut(arg, "://")
	before, after, colon := strings.Cut(arg, ":")
	switch {
	case other:
		e.Problem, e.Hint, e.Err = "neither an http:// or https:// URL nor a file", "only these schemes can be fetched", fs.ErrNotExist
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

// mostFiles is the maximum number of names of a folder that are considered.
const mostFiles = 1000

// nearestFile returns the file in the same folder whose name is nearest; empty if none is near.
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

// mayHoldSecret reports whether an argument seems to contain a password or a query.
func mayHoldSecret(arg string) bool {
	_, query, _ := strings.Cut(arg, "?")
	i := strings.LastIndexByte(arg, '@')
	return i >= 0 && strings.Contains(arg[:i], ":") || strings.Contains(query, "=")
}

// UnreadableBody returns the error of a body that cannot be read.
func UnreadableBody(err error) error {
	return &InputError{Problem: "the body cannot be read: " + WithPlace(err).Error(), Err: err}
}

// WithPlace adds the current folder to the error of a missing file.
func WithPlace(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; %s", err, BodyFileHint)
	}
	return err
}

// Enumerate joins names for a message, each as formatted by show, up to a readable number.
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

// BodyFileHint says where the file of a body is looked for.
const BodyFileHint = "its name is relative to the folder in which fetch is started"

// UnusableFile says what is wrong with the file of a body.
func UnusableFile(err error) string { return "the file for the body cannot be used: " + Reason(err) }

// nearestOf returns a hint: the word that was probably meant, or all of them.
func nearestOf(word string, words []string) string {
	if best := nearest.To(word, words); best != "" {
		return fmt.Sprintf("did you mean %s?", best)
	}
	return "known are " + strings.Join(words, ", ")
}

// maxText is the maximum number of characters of a line in an error.
const maxText = 80

// Masked returns what an error may show of a line: nothing before the @ of a possible URL, because a password may
// contain any character, no query or fragment, and no value of a possible setting or header field.
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

// cut shortens a text for an error.
func cut(text string) string {
	if r := []rune(text); len(r) > maxText {
		return string(r[:maxText]) + "…"
	}
	return text
}

// Shortened prepares a word of the list for a message.
func Shortened(word string) string { return Plain(cut(word)) }

// noScheme says what to write instead of a line without http:// or https://.
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

// optionLine returns the error of a line that is an option of aria2. Its value may be a credential.
func optionLine(line []byte) *LineError {
	name, _, _ := bytes.Cut(line, []byte("="))
	return &LineError{
		Text: strconv.Quote(string(name) + "=…"), Problem: "this looks like an option of aria2's format", Hint: "say --input-format aria2",
	}
}

// withScheme returns a suggestion for a URL without its scheme, without secrets: hosts with an explicit port, and
// this machine, usually do not use TLS.
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

// looksLikeHost reports whether text may be a URL without its scheme: it begins with a host name, and is not merely
// the name of a file.
func looksLikeHost(text string) bool {
	parts := hostAndRest.FindStringSubmatch(text)
	host, rest := parts[1], parts[2]
	return host == "localhost" || hostName.MatchString(host) && (rest != "" || !fileName.MatchString(host))
}

// hostAndRest splits a possible URL without its scheme, after its userinfo.
var hostAndRest = regexp.MustCompile(`(?s)^(?://)?(?:.*@)?([^/:?#]*)(.*)$`)

// hostName matches a name with a dot that a host may have, or that is not ASCII.
var hostName = regexp.MustCompile(`^[0-9A-Za-z._\-\x{80}-\x{10FFFF}]+\.[0-9A-Za-z_\-\x{80}-\x{10FFFF}]+$`)

// fileName matches the name of a file that may be in a list.
var fileName = regexp.MustCompile(`(?i)\.(txt|csv|tsv|json|jsonl|ndjson|har|list|lst|urls|log|md|html|xml|yaml|yml|conf|gz|zip|zst|xz)$`)
