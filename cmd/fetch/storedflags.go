package main

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// owner says to what a flag belongs, and so which of two command lines counts where a run is gone on with.
type owner uint8

const (
	ofLeg     owner = iota + 1 // to the leg: it may be given anew, and the whole flag is then what was given
	ofRun                      // to the run: the records would be those of another if it were changed
	ofJournal                  // to the beginning of the journal: it is not kept in it
)

// owners has all flags of a run. A new one has to be thought about: what says which requests there are, what each asks
// for, or what is made of its answer, is of the run.
var owners = map[string]owner{
	"input-format": ofRun, "rows": ofRun, "set": ofRun, "batch": ofRun, "dedupe": ofRun, "har-cookies": ofRun, "skip-bad": ofRun, "secret": ofRun, "secret-env": ofRun,
	"every": ofRun, "for": ofRun,
	"concurrency": ofLeg, "per-host": ofLeg, "rate": ofLeg, "rate-host": ofLeg, "burst": ofLeg,
	"timeout": ofLeg, "connect-timeout": ofLeg, "ttfb-timeout": ofLeg, "stall-timeout": ofLeg, "total-timeout": ofLeg, "deadline": ofLeg,
	"retries": ofLeg, "retry-max-wait": ofLeg, "retry-on": ofLeg, "retry-unsafe": ofLeg, "retry-budget": ofLeg, "give-up": ofLeg, "no-adapt": ofLeg,
	"request": ofRun, "head": ofRun, "header": ofRun, "location": ofLeg, "max-redirects": ofLeg,
	"data": ofRun, "data-raw": ofRun, "data-binary": ofRun, "data-urlencode": ofRun, "json": ofRun, "get": ofRun,
	"form": ofRun, "form-string": ofRun, "upload-file": ofRun,
	"user-agent": ofLeg, "contact": ofLeg, "user": ofLeg, "bearer-env": ofLeg, "header-env": ofLeg, "netrc": ofLeg, "netrc-file": ofLeg, "auth-host": ofLeg,
	"proxy": ofLeg, "resolve": ofLeg, "insecure": ofLeg, "cacert": ofLeg, "cert": ofLeg, "http1": ofLeg, "testserver": ofLeg,
	"key":    ofLeg, // the file; the column of a --batch is of the run
	"accept": ofRun, "missing-ok": ofRun, "expect": ofRun, "expect-type": ofRun, "max-body": ofLeg,
	"output": ofRun, "overwrite": ofRun, "sync": ofLeg, "sha256": ofRun, "select": ofRun, "split": ofRun, "fields": ofLeg,
	"exec": ofRun, "exec-jobs": ofLeg, "exec-timeout": ofLeg,
	"follow-pages": ofRun, "next": ofRun, "max-pages": ofRun, "next-wait": ofRun,
	"ordered": ofLeg, "fail-fast": ofLeg, "max-errors": ofLeg, "baseline": ofJournal, "journal": ofJournal, "fresh": ofJournal,
	"format": ofLeg, "no-results": ofLeg, "report": ofLeg, "csv-safe": ofLeg, "csv-raw": ofLeg, "progress": ofLeg, "color": ofLeg, "quiet": ofLeg, "verbose": ofLeg,
}

// storedFlags is a command line as a journal keeps it, so that nothing else but secrets is needed to go on with the run.
// Flags are those that were given, each value by itself, without what may be secret; stored are the sources, masked. Again
// names what was left out, in words of the command line, and has to be given again: "--user", "--header Authorization",
// "--set key", "SOURCE 2" (from 1). A --set that was left out keeps its place, since the order of the requests comes of
// it: its value is secret.Mask.
func storedFlags(given []flagValue, sources []string, secrets flagSecrets) (flags []journal.Flag, stored []string, again []string) {
	leaveOut := func(words ...string) {
		for _, word := range words {
			if !slices.Contains(again, word) {
				again = append(again, word)
			}
		}
	}
	for values := range byFlag(given) {
		name := values[0].name
		if owners[name] == ofJournal {
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
			leaveOut(sourceWord + strconv.Itoa(i+1))
		}
		stored = append(stored, strings.ToValidUTF8(masked, "\uFFFD"))
	}
	return flags, stored, again
}

// storedValues are the values of one flag. If one without a name may be secret, the whole flag has to be given again,
// which is one text.
func (s flagSecrets) storedValues(values []flagValue) (kept []journal.Flag, again []string) {
	for _, v := range values {
		_, isSecret := s.masked(v.name, v.value)
		if !isSecret && utf8.ValidString(v.value) { // JSON cannot hold other text
			kept = append(kept, journal.Flag{Name: v.name, Value: v.value})
			continue
		}
		name := partName(v.name, v.value)
		if name == "" {
			return nil, append(again, "--"+v.name)
		}
		again = append(again, "--"+v.name+" "+name)
		if v.name == "set" {
			kept = append(kept, journal.Flag{Name: v.name, Value: name + "=" + secret.Mask})
		}
	}
	return kept, again
}

// storedBody is what is sent, in the order in which it was given. It is one whole: if a part may be secret, or cannot
// stand in JSON, all of its flags have to be given again.
func (s flagSecrets) storedBody(body []flagValue) (flags []journal.Flag, again []string) {
	whole := !s.wholeBody(body)
	for _, v := range body {
		whole = whole && utf8.ValidString(v.value)
		flags = append(flags, journal.Flag{Name: v.name, Value: v.value})
		again = append(again, "--"+v.name)
	}
	if whole {
		return flags, nil
	}
	return nil, again
}

const sourceWord = "SOURCE "

// partName is the name by which one value of a flag is known among the others; empty: the flag is one whole.
func partName(flag, value string) string {
	name, ok := "", false
	switch flag {
	case "header":
		if name, _, ok = strings.Cut(value, ":"); !ok {
			name = strings.TrimSuffix(value, ";")
		}
		name = strings.TrimSpace(name)
		if _, none := (flagSecrets{}).header(name + ";"); none {
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

// listMask masks what a command line says of a list: a source, or a --set. Where secrets tell requests apart they count, under
// the key of the run; common are the hosts for whose sources they do not.
func listMask(given []flagValue, secrets flagSecrets, common map[string]string) func(text string) string {
	return func(text string) string {
		masked, isSecret := secrets.source(text)
		isCommon := common[web.HostOf(text)] != ""
		if slices.Contains(given, flagValue{name: "set", value: text}) {
			name, _, _ := strings.Cut(text, "=")
			masked, isSecret = secrets.set(text)
			isCommon = secrets.rules.Common(strings.TrimSpace(name))
		}
		if isSecret && !isCommon {
			return secrets.rules.Digest(text)
		}
		return masked
	}
}
