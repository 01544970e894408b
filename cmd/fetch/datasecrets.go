package main

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"example.com/fetch/internal/record"
)

// data masks a -d: text, or @file. Text is kept whole only if it plainly holds no secret.
func (s flagSecrets) data(value string) (string, bool) {
	if strings.HasPrefix(value, "@") {
		return value, false
	}
	plain := s.withoutBraces(value)
	if s.templated && !isJSON(plain) {
		if text := s.withoutBraces(bareBraces.ReplaceAllString(value, "${1}null")); isJSON(text) {
			plain = text
		}
	}
	secret := false
	eachPart(plain, func(_ string, isSecret bool) { secret = secret || isSecret })
	if secret {
		return record.Mask, true
	}
	return value, false
}

// bareBraces are those that stand for a cell in the place of a JSON value: {"id": {id}}.
var bareBraces = regexp.MustCompile(`([:,\[]\s*)\{[^{}":]+\}`)

// seenData gives the parts of a -d in a row: all of them, and those that are not secret.
func seenData(value string) (all, plain string) {
	var a, p strings.Builder
	eachPart(value, func(text string, secret bool) {
		a.WriteString(text)
		if !secret {
			p.WriteString(text)
		}
	})
	return a.String(), p.String()
}

// eachPart visits the parts of what is sent: the members of JSON, the fields of a form, or other text as a whole.
func eachPart(text string, visit func(text string, secret bool)) {
	if isJSON(text) {
		eachMember(text, false, visit)
		return
	}
	if form.MatchString(text) {
		for field := range strings.SplitSeq(text, "&") {
			eachField(field, visit)
		}
		return
	}
	visit(text, record.MaskText(text) != text || hasCredentialWord(text))
}

// form is k=v&k=v.
var form = regexp.MustCompile(`^[^\s&=<>"':;]+=[^&]*(&[^\s&=<>"':;]+=[^&]*)*&?$`)

// eachField visits a field of a form, whose value may be JSON.
func eachField(field string, visit func(text string, secret bool)) {
	key, value, _ := strings.Cut(field, "=")
	plain, err := url.QueryUnescape(value)
	if err != nil {
		plain = value
	}
	if isJSON(plain) {
		eachMember(plain, record.IsCredential(key), visit)
		return
	}
	_, secret := withMail(plain)
	pair := key + "=" + value
	if !record.IsCredential(key) {
		pair = key + "=" + mail.ReplaceAllString(value, "")
	}
	visit(field, secret || record.MaskURL(pair) != pair)
}

// isJSON says whether a text is an object or an array.
func isJSON(text string) bool {
	text = strings.TrimSpace(text)
	return text != "" && (text[0] == '{' || text[0] == '[') && json.Valid([]byte(text))
}

// members visits the keys, strings and numbers of JSON, which is read piece by piece: what is decoded has of two members
// of one name the last only.
type members struct {
	*json.Decoder
	visit func(text string, secret bool)
}

func eachMember(text string, secret bool, visit func(text string, secret bool)) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	members{d, visit}.value(secret, secret)
}

// value visits the next value. Secret and secretNumber say that it stands below a key that looks like a credential;
// that something is empty, true or null is no secret. The text is known to be JSON.
func (m members) value(secret, secretNumber bool) {
	token, err := m.Token()
	if err != nil {
		return
	}
	switch v := token.(type) {
	case json.Delim:
		for m.More() {
			own, ownNumber := secret, secretNumber
			if v == '{' {
				token, _ := m.Token()
				key, _ := token.(string)
				m.visit(key, false)
				own = own || record.IsCredential(key)
				ownNumber = ownNumber || own && !strings.EqualFold(key, "sid") // a sid that is a number is a substance of PubChem
			}
			m.value(own, ownNumber)
		}
		m.Token()
	case string:
		m.visit(v, v != "" && (secret || hidesSecret(v)))
	case json.Number:
		m.visit(v.String(), secretNumber)
	}
}

// hidesSecret says whether a string within JSON has a secret in it. One with quotes or tags is itself some language.
func hidesSecret(text string) bool {
	_, masked := withMail(text)
	return masked || strings.ContainsAny(text, `"'<`) && hasCredentialWord(text)
}
