package spec

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// Flag is one value of a flag of the command line.
type Flag struct {
	Name, Value string
	Implied     bool // it is what the flag has without a value
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

// maybeEmpty are the flags that may have an empty value: no User-Agent, no proxy, an empty body.
var maybeEmpty = []string{"user-agent", "proxy", "data", "data-raw", "data-binary", "data-urlencode", "json"}

// checkEmpty refuses values that are empty. Most often a variable of the shell is unset, and passing over the flag would
// do something else than what was meant: send braces as they stand, or keep nothing.
func (f *Spec) checkEmpty() error {
	for _, v := range f.Given {
		if v.Value == "" && !slices.Contains(maybeEmpty, v.Name) {
			return fmt.Errorf("--%s has an empty value: write one, or leave the flag out", v.Name)
		}
	}
	return nil
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
var Owners = map[string]owner{
	"input-format": OfRun, "rows": OfRun, "set": OfRun, "batch": OfRun, "dedupe": OfRun, "har-cookies": OfRun, "skip-bad": OfRun, "secret": OfRun, "secret-env": OfRun,
	"every": OfRun, "for": OfRun,
	"concurrency": OfLeg, "per-host": OfLeg, "rate": OfLeg, "rate-host": OfLeg, "burst": OfLeg,
	"timeout": OfLeg, "connect-timeout": OfLeg, "ttfb-timeout": OfLeg, "stall-timeout": OfLeg, "total-timeout": OfLeg, "deadline": OfLeg,
	"retries": OfLeg, "retry-max-wait": OfLeg, "retry-on": OfLeg, "retry-unsafe": OfLeg, "retry-budget": OfLeg, "give-up": OfLeg, "no-adapt": OfLeg,
	"request": OfRun, "head": OfRun, "header": OfRun, "location": OfLeg, "max-redirects": OfLeg,
	"data": OfRun, "data-raw": OfRun, "data-binary": OfRun, "data-urlencode": OfRun, "json": OfRun, "get": OfRun,
	"form": OfRun, "form-string": OfRun, "upload-file": OfRun,
	"user-agent": OfLeg, "contact": OfLeg, "user": OfLeg, "bearer-env": OfLeg, "header-env": OfLeg, "netrc": OfLeg, "netrc-file": OfLeg, "auth-host": OfLeg,
	"proxy": OfLeg, "resolve": OfLeg, "insecure": OfLeg, "cacert": OfLeg, "cert": OfLeg, "http1": OfLeg, "testserver": OfLeg,
	"key":    OfLeg, // the file; the column of a --batch is of the run
	"accept": OfRun, "missing-ok": OfRun, "expect": OfRun, "expect-type": OfRun, "max-body": OfLeg,
	"output": OfRun, "overwrite": OfRun, "sync": OfLeg, "sha256": OfRun, "select": OfRun, "split": OfRun, "fields": OfLeg,
	"exec": OfRun, "exec-jobs": OfLeg, "exec-timeout": OfLeg,
	"follow-pages": OfRun, "next": OfRun, "max-pages": OfRun, "next-wait": OfRun,
	"ordered": OfLeg, "fail-fast": OfLeg, "max-errors": OfLeg, "baseline": OfJournal, "journal": OfJournal, "fresh": OfJournal,
	"format": OfLeg, "no-results": OfLeg, "report": OfLeg, "csv-safe": OfLeg, "csv-raw": OfLeg, "progress": OfLeg, "color": OfLeg, "quiet": OfLeg, "verbose": OfLeg,
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
			kept = append(kept, journal.Flag{Name: v.Name, Value: v.Value})
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
		flags = append(flags, journal.Flag{Name: v.Name, Value: v.Value})
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
