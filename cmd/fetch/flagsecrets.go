package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/net/http/httpguts"

	"example.com/fetch/internal/record"
)

// flagSecrets tells what in a command line is secret: for reports, which show it, and for journals, which keep it.
type flagSecrets struct {
	templated bool     // braces stand for cells, and so hold no secret themselves
	sets      []string // the names of those --set whose values are credentials
	further   bool     // of a further leg, on which a --set is given only if it is one of those
}

// secretsIn looks the whole command line over: the values of a --set are credentials if a template has them in the place
// of one: ?token={x}, or X-Api-Key: {x}.
func secretsIn(groups []group, sources []string) flagSecrets {
	var all, shown strings.Builder
	var strict, s flagSecrets // strict masks what is in braces, too
	for _, text := range sources {
		all.WriteString(text)
		shown.WriteString(record.MaskURL(text))
	}
	eachGiven(groups, func(f *pflag.Flag) {
		for _, value := range valuesOf(f) {
			switch f.Name {
			case "rows":
				s.templated = true
			case "header":
				masked, _ := strict.masked(f.Name, value)
				all.WriteString(value)
				shown.WriteString(masked)
			case "data":
				whole, masked := seenData(value)
				all.WriteString(whole)
				shown.WriteString(masked)
			case "set":
				s.templated = true
				name, _, _ := strings.Cut(value, "=")
				s.sets = append(s.sets, name)
			}
		}
	})
	s.sets = slices.DeleteFunc(s.sets, func(name string) bool {
		brace := "{" + name + "}"
		return strings.Count(all.String(), brace) == strings.Count(shown.String(), brace)
	})
	return s
}

// masked is the value of a flag without what may be secret in it, and whether that is less than the value. Names of files
// and of variables that hold secrets are none.
func (s flagSecrets) masked(flag, value string) (text string, secret bool) {
	switch flag {
	case "user":
		return record.Mask, true
	case "header":
		return s.header(value)
	case "data":
		return s.data(value)
	case "set":
		return s.set(value)
	case "proxy":
		return same(record.MaskURL(value), value)
	case "select", "split", "expect", "next":
		return expression(value)
	case "key":
		return keyValue(value)
	case "exec", "user-agent":
		if hasCredentialWord(value) {
			return record.Mask, true
		}
		return withMail(value)
	case "contact":
		return withMail(value)
	case "output":
		return outputValue(value)
	case "netrc-file", "cert", "cacert", "rows", "bearer-env", "header-env", // references
		"per-host", "rate-host": // HOST=N, and a host may be called auth.example.com
		return value, false
	}
	return s.text(value)
}

// source is a source without its secrets, and whether that is less.
func (s flagSecrets) source(text string) (masked string, secret bool) {
	if !strings.Contains(text, "://") && !strings.HasPrefix(text, "{") {
		return text, false // a file
	}
	return s.unlessBraces(record.MaskURL, text)
}

func same(masked, value string) (string, bool) { return masked, masked != value }

func (s flagSecrets) text(value string) (string, bool) {
	return s.unlessBraces(func(text string) string { return record.MaskText(text) }, value)
}

// unlessBraces masks a text, but leaves it whole where nothing is masked but {column}.
func (s flagSecrets) unlessBraces(mask func(string) string, text string) (string, bool) {
	if plain := s.withoutBraces(text); mask(plain) == plain {
		return text, false
	}
	return same(mask(text), text)
}

var braces = regexp.MustCompile(`\{[^{}":]+\}`)

// withoutBraces leaves out of a template what stands for a cell. What has many digits is no name of a column, but may be
// a key: {3F2504E0-4F89-11D3-9A0C-0305E82C3301}.
func (s flagSecrets) withoutBraces(text string) string {
	if !s.templated {
		return text
	}
	return braces.ReplaceAllStringFunc(text, func(brace string) string {
		const most = 4
		digits := 0
		for _, c := range []byte(brace) {
			if '0' <= c && c <= '9' {
				digits++
			}
		}
		if digits > most {
			return brace
		}
		return ""
	})
}

// header masks a -H: a line, or @file.
func (s flagSecrets) header(line string) (string, bool) {
	if strings.HasPrefix(line, "@") {
		return line, false
	}
	name, value, ok := strings.Cut(line, ":")
	bare := strings.TrimSpace(strings.TrimSuffix(name, ";"))
	if !httpguts.ValidHeaderFieldName(bare) {
		return record.Mask, true // which is an error, whatever it was meant to be
	}
	value = strings.TrimSpace(value)
	if !ok || value == "" {
		return line, false
	}
	scheme, rest, hasScheme := strings.Cut(value, " ")
	hasScheme = hasScheme && slices.ContainsFunc(authSchemes, func(known string) bool { return strings.EqualFold(scheme, known) })
	if record.IsCredentialHeader(bare) || hasScheme {
		if !hasScheme {
			rest = value
		}
		if strings.TrimSpace(s.withoutBraces(rest)) == "" {
			return line, false
		}
		return name + ": " + record.Mask, true
	}
	if strings.Contains(value, `"`) && hasCredentialWord(value) {
		return name + ": " + record.Mask, true
	}
	masked, secret := s.text(value)
	if strings.EqualFold(bare, "From") || strings.EqualFold(bare, "User-Agent") {
		masked, secret = withMail(value)
	}
	if !secret {
		return line, false
	}
	return name + ": " + masked, true
}

// authSchemes begin a value that is a credential, whatever the header is called.
var authSchemes = []string{"Basic", "Bearer", "Digest", "Negotiate", "Token"}

// set masks a --set NAME=VALUES, or NAME=@file. That the name is "key" says nothing: it is that of a column.
func (s flagSecrets) set(value string) (string, bool) {
	name, values, ok := strings.Cut(value, "=")
	switch {
	case !ok:
		return record.Mask, true // which is an error
	case strings.HasPrefix(values, "@"):
		return value, false
	case s.further, record.IsCredentialColumn(name), slices.Contains(s.sets, name):
		return name + "=" + record.Mask, true
	}
	masked, secret := same(record.MaskText(values), values)
	return name + "=" + masked, secret
}

var (
	literals    = regexp.MustCompile(`"(?:[^"\\]|\\.)+"`)
	joined      = regexp.MustCompile(`\+|\b(add|join)\b`)
	comparisons = regexp.MustCompile(`\.(\w+)\s*[=!]=\s*("(?:[^"\\]|\\.)+")?`)
)

// expression masks a jq expression. A secret in it is in a literal: one that MaskText finds, one that is put together of
// several, as in "?token=" + "…", or one that a field is compared with whose name is a credential's. None is shown then.
func expression(text string) (string, bool) {
	all := literals.FindAllString(text, -1)
	secret := len(all) > 1 && joined.MatchString(text) && slices.ContainsFunc(all, hasCredentialWord)
	plain := comparisons.ReplaceAllStringFunc(text, func(c string) string {
		parts := comparisons.FindStringSubmatch(c)
		secret = secret || parts[2] != "" && record.IsCredentialColumn(parts[1])
		return " " + parts[2] // to compare something with a "key" is harmless
	})
	if !secret && record.MaskText(plain) == plain {
		return text, false
	}
	return literals.ReplaceAllString(record.MaskText(text), `"`+record.Mask+`"`), true
}

// keyValue masks a --key: the name of a file, or COLUMN=JQ.
func keyValue(text string) (string, bool) {
	var k keys
	if err := k.Set(text); err != nil || k.row == "" {
		return text, false
	}
	column, query, _ := strings.Cut(text, "=")
	masked, secret := expression(query)
	return column + "=" + masked, secret
}

// outputValue masks a -o, folder by folder, in which braces stand for something even without a table.
func outputValue(text string) (string, bool) {
	parts := strings.Split(text, "/")
	for i, part := range parts {
		parts[i], _ = flagSecrets{templated: true}.text(part)
	}
	return same(strings.Join(parts, "/"), text)
}

// mail is an address that stands by itself, so that what is before its @ is neither a password nor a user name of a URL.
var mail = regexp.MustCompile(`(?:^|\s)[(<]?\+?(?:mailto:)?[\w.%+-]+@[\w.-]+`)

// withMail masks a text in which a mail address is no secret, as it is there for others to see.
func withMail(text string) (string, bool) {
	if plain := mail.ReplaceAllString(text, " "); record.MaskText(plain) == plain {
		return text, false
	}
	return same(record.MaskText(text), text)
}

// hasCredentialWord says whether there is a word in a text that announces a credential.
func hasCredentialWord(text string) bool {
	isBetween := func(c rune) bool {
		return c < 0x80 && c != '_' && c != '-' && c != '.' && !('a' <= c && c <= 'z') && !('A' <= c && c <= 'Z') && !('0' <= c && c <= '9')
	}
	return slices.ContainsFunc(strings.FieldsFunc(text, isBetween), record.IsCredential)
}
