package spec

import (
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"

	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// Flag is one value of a flag of the command line.
type Flag struct {
	Name, Value string
	Implied     bool // it is what the flag has without a value
	Default     bool // it is of a file of the user's, and was not typed
}

// gives reports whether a flag was given.
func (f *Spec) gives(name string) bool {
	return slices.ContainsFunc(f.Given, func(v Flag) bool { return v.Name == name })
}

// byFlag gives the values of each flag together. Those of what is sent are one.
func byFlag(given []Flag) iter.Seq[[]Flag] {
	return func(yield func([]Flag) bool) {
		for len(given) > 0 {
			first, n := given[0].Name, 1
			for n < len(given) && (given[n].Name == first || isBodyFlag(first) && isBodyFlag(given[n].Name)) {
				n++
			}
			if !yield(given[:n]) {
				return
			}
			given = given[n:]
		}
	}
}

// Invocation is the command line as reports show it: the command, the flags that were given, then the sources, without
// secrets.
func Invocation(command string, given []Flag, sources []string, secrets Secrets) []string {
	words := []string{"fetch"}
	if command != "run" {
		words = append(words, command)
	}
	for values := range byFlag(given) {
		isSecret := isBodyFlag(values[0].Name) && secrets.wholeBody(values)
		for _, v := range values {
			word := "--" + v.Name
			if !v.Implied {
				shown, part := secrets.masked(v.Name, v.Value)
				if isSecret && !part && fileOfBody(v.Name, v.Value) == "" {
					shown = secret.Mask // a piece of JSON, perhaps, of which another has the name
				}
				word += "=" + shown
			}
			words = append(words, word)
		}
	}
	for _, s := range sources {
		shown, _ := secrets.source(s)
		words = append(words, shown)
	}
	return words
}

// owner says to what a flag belongs, and so which of two command lines counts where a run is gone on with.
type owner uint8

const (
	OfLeg     owner = iota + 1 // to the leg: it may be given anew, and the whole flag is then what was given
	OfRun                      // to the run: the records would be those of another if it were changed
	OfJournal                  // to the beginning of the journal: it is not kept in it
)

// Owners has all flags of a run. A new one has to be thought about: what says which requests there are, what each asks
// for, or what is made of its answer, is of the run.
var Owners = ownersOf(map[owner]string{
	OfRun: `input-format rows set batch dedupe har-cookies skip-bad secret secret-env every for
		request head header data data-raw data-binary data-urlencode json get form form-string upload-file
		cookies accept missing-ok expect expect-text expect-type output overwrite sha256 select split row-key exec
		follow-pages next max-pages next-wait`,
	OfLeg: `concurrency per-host rate rate-host burst robots policy preset no-presets
		timeout connect-timeout ttfb-timeout stall-timeout total-timeout deadline
		retries retry-max-wait retry-on retry-unsafe retry-budget give-up no-adapt no-share location max-redirects
		user-agent contact user bearer-env header-env netrc netrc-file auth-host
		deny-private proxy resolve insecure cacert cert http1 testserver key
		max-body max-memory sync fields exec-jobs exec-timeout ordered fail-fast max-errors
		format no-results report drop-failed csv-safe csv-raw progress metrics color quiet verbose`,
	OfJournal: "baseline journal fresh forget",
})

func ownersOf(flags map[owner]string) map[string]owner {
	owners := map[string]owner{}
	for o, names := range flags {
		for name := range strings.FieldsSeq(names) {
			owners[name] = o
		}
	}
	return owners
}

// Stored is a command line as a journal keeps it, so that nothing else but secrets is needed to go on with the run.
// Flags are those that were given, each value by itself, without what may be secret; stored are the sources, masked. Again
// names what was left out, in words of the command line, and has to be given again: "--user", "--header Authorization",
// "--set key", "SOURCE 2" (from 1). A --set that was left out keeps its place, since the order of the requests comes of
// it: its value is secret.Mask.
func Stored(given []Flag, sources []string, secrets Secrets) (flags []journal.Flag, stored []string, again []string) {
	leaveOut := func(words ...string) {
		for _, word := range words {
			if !slices.Contains(again, word) {
				again = append(again, word)
			}
		}
	}
	for values := range byFlag(given) {
		name := values[0].Name
		if Owners[name] == OfJournal {
			continue
		}
		store := secrets.storedValues
		if isBodyFlag(name) {
			store = secrets.storedBody
		}
		kept, left := store(values)
		flags = append(flags, kept...)
		leaveOut(left...)
	}
	for i, s := range sources {
		masked, isSecret := secrets.source(s)
		if isSecret || !utf8.ValidString(s) {
			leaveOut(SourceWord + strconv.Itoa(i+1))
		}
		stored = append(stored, strings.ToValidUTF8(masked, "\uFFFD"))
	}
	return flags, stored, again
}

// storedValues are the values of one flag. If one without a name may be secret, the whole flag has to be given again,
// which is one text.
func (s Secrets) storedValues(values []Flag) (kept []journal.Flag, again []string) {
	for _, v := range values {
		_, isSecret := s.masked(v.Name, v.Value)
		if !isSecret && utf8.ValidString(v.Value) { // JSON cannot hold other text
			kept = append(kept, journal.Flag{Name: v.Name, Value: v.Value, Default: v.Default})
			continue
		}
		name := PartName(v.Name, v.Value)
		if name == "" {
			return nil, append(again, "--"+v.Name)
		}
		again = append(again, "--"+v.Name+" "+name)
		if v.Name == "set" {
			kept = append(kept, journal.Flag{Name: v.Name, Value: name + "=" + secret.Mask})
		}
	}
	return kept, again
}

// storedBody is what is sent, in the order in which it was given. It is one whole: if a part may be secret, or cannot
// stand in JSON, all of its flags have to be given again.
func (s Secrets) storedBody(body []Flag) (flags []journal.Flag, again []string) {
	whole := !s.wholeBody(body)
	for _, v := range body {
		whole = whole && utf8.ValidString(v.Value)
		flags = append(flags, journal.Flag{Name: v.Name, Value: v.Value, Default: v.Default})
		again = append(again, "--"+v.Name)
	}
	if whole {
		return flags, nil
	}
	return nil, again
}

// SourceWord stands before the number of a source that has to be given again.
const SourceWord = "SOURCE "

// PartName is the name by which one value of a flag is known among the others; empty: the flag is one whole.
func PartName(flag, value string) string {
	name, ok := "", false
	switch flag {
	case "header":
		if name, _, ok = strings.Cut(value, ":"); !ok {
			name = strings.TrimSuffix(value, ";")
		}
		name = strings.TrimSpace(name)
		if _, none := (Secrets{}).header(name + ";"); none {
			return "" // it is no name
		}
	case "set":
		if name, _, ok = strings.Cut(value, "="); !ok {
			return ""
		}
	}
	if !utf8.ValidString(name) {
		return ""
	}
	return name
}

// ListMask masks what a command line says of a list: a source, or a --set. Where secrets tell requests apart they count, under
// the key of the run; common are the hosts for whose sources they do not.
func ListMask(given []Flag, secrets Secrets, common map[string]string) func(text string) string {
	return func(text string) string {
		masked, isSecret := secrets.source(text)
		isCommon := common[web.HostOf(text)] != ""
		if slices.Contains(given, Flag{Name: "set", Value: text}) {
			name, _, _ := strings.Cut(text, "=")
			masked, isSecret = secrets.set(text)
			isCommon = secrets.Rules.Common(strings.TrimSpace(name))
		}
		if isSecret && !isCommon {
			return secrets.Rules.Digest(text)
		}
		return masked
	}
}

// Secrets tells what in a command line is secret: for reports, which show it, and for journals, which keep it.
type Secrets struct {
	Rules *secret.Rules
	// Variables are the names that stand in braces for values, so that these are not there literally.
	Variables []string
	Further   bool // of a further leg, on which a --set or a body is given only if it is secret
}

// masked is the value of a flag with its secrets masked, and reports whether it has any. Names of files and of variables
// that hold secrets are none.
func (s Secrets) masked(flag, value string) (text string, isSecret bool) {
	switch {
	case isBodyFlag(flag):
		return s.body(flag, value)
	case flag == "user": // without the password, or nothing of a name alone, which may be a key
		if name, password, ok := strings.Cut(value, ":"); ok && password != "" {
			return name + ":" + secret.Mask, true
		}
		return secret.Mask, true
	case flag == "header":
		return s.header(value)
	case flag == "set":
		return s.set(value)
	case flag == "proxy":
		return s.proxy(value)
	}
	return value, false
}

// source is a source with its secrets masked, and reports whether it has any.
func (s Secrets) source(text string) (masked string, isSecret bool) {
	if !strings.Contains(text, "://") && !strings.HasPrefix(text, "{") {
		return text, false // a file
	}
	return s.mask(text, func(text string) []secret.Span { return s.Rules.URLSpans(text) })
}

// mask masks the spans of a text in which something stands literally. They are found with digits in the place of what
// stands for a value, so that it may stand where any value can: {"id": {id}}, http://h:{port}/.
func (s Secrets) mask(text string, find func(text string) []secret.Span) (masked string, isSecret bool) {
	marked, isValue := []byte(text), make([]bool, len(text))
	for _, at := range Expressions.FindAllStringSubmatchIndex(text, -1) {
		for name := range strings.SplitSeq(text[at[2]:at[3]], ",") {
			name, _, _ = strings.Cut(strings.TrimSuffix(name, "*"), ":")
			if slices.ContainsFunc(s.Variables, func(v string) bool { return v == name || strings.TrimSpace(v) == name }) {
				for i := at[0]; i < at[1]; i++ {
					marked[i], isValue[i] = digit, true
				}
			}
		}
	}
	spans := slices.DeleteFunc(find(string(marked)), func(at secret.Span) bool {
		values, literal := false, false
		for i := at.From; i < at.To; i++ {
			values = values || isValue[i]
			literal = literal || !isValue[i] && text[i] != ' '
		}
		return !literal || values && at.Kind == secret.IfLiteral
	})
	return secret.MaskSpans(text, spans), len(spans) > 0
}

// digit stands in the place of each byte of an expression.
const digit = '9'

// Expressions finds what may stand for a value: {name}, {+name}, {name:3}, {?a,b*}.
var Expressions = regexp.MustCompile(`\{[+#./;?&]?([^{}]+)\}`)

// proxy masks a -x, whose scheme may be left out.
func (s Secrets) proxy(value string) (string, bool) {
	text := value
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	masked := s.Rules.MaskURL(text)
	return masked[len(text)-len(value):], masked != text
}

// header masks a -H: a line, or @file.
func (s Secrets) header(line string) (string, bool) {
	if strings.HasPrefix(line, "@") {
		return line, false
	}
	name, value, ok := strings.Cut(line, ":")
	bare := strings.TrimSpace(strings.TrimSuffix(name, ";"))
	if !httpguts.ValidHeaderFieldName(bare) {
		return secret.Mask, true // which is an error, whatever it was meant to be
	}
	value = strings.TrimSpace(value)
	if !ok || value == "" {
		return line, false
	}
	masked, isSecret := s.mask(value, func(text string) []secret.Span { return s.Rules.HeaderSpans(bare, text) })
	if !isSecret {
		return line, false
	}
	return name + ": " + masked, true
}

// body masks a value of what is sent: text, or a name of a file, which is no secret.
func (s Secrets) body(flag, value string) (string, bool) {
	text := asData(flag, value)
	if strings.HasPrefix(text, "@") {
		return value, false
	}
	if s.Further {
		return secret.Mask, true
	}
	masked, isSecret := s.mask(text, func(text string) []secret.Span { return s.Rules.BodySpans("", text) })
	if !isSecret {
		return value, false
	}
	return masked, true
}

// wholeBody reports whether something in what is sent is secret: in a value, or in all of them together.
func (s Secrets) wholeBody(body []Flag) bool {
	var all strings.Builder
	for i, v := range body {
		if _, isSecret := s.body(v.Name, v.Value); isSecret {
			return true
		}
		if i > 0 && v.Name != "json" {
			all.WriteByte('&')
		}
		if fileOfBody(v.Name, v.Value) == "" {
			all.WriteString(asData(v.Name, v.Value))
		}
	}
	_, isSecret := s.body("data-raw", all.String())
	return isSecret
}

// set masks a --set NAME=VALUES, or NAME=@file.
func (s Secrets) set(value string) (string, bool) {
	name, values, ok := strings.Cut(value, "=")
	switch {
	case !ok:
		return secret.Mask, true // which is an error
	case strings.HasPrefix(values, "@"):
		return value, false
	case s.Further, s.Rules.Column(strings.TrimSpace(name)):
		return name + "=" + secret.Mask, true
	}
	return value, false
}
