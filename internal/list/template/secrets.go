package template

import (
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// Secret is a value for {Name} in templates, like that of a set, that is never shown: it is in no row.
type Secret struct{ Name, Value string }

// marker replaces a variable when a template is searched for secrets: a number, so that it is valid wherever a value
// may be.
const marker = "902718281828459"

func markerOf(variable int) string { return marker + strconv.Itoa(100_000+variable) }

// placeholder replaces a secret when a template is filled in for display: letters, which no encoding changes, in
// lower case like those of a host.
const placeholder = "zthesecretthatisnotshownherez"

// lookOver finds the variables of a template that are secret because they fill a credential, the ambiguous parameters
// that a variable fills, and the literal credentials.
func (t *template) lookOver(rules *secret.Rules) {
	v := &values{row: make(fetcher.Row, len(t.variables.names)), whole: true}
	for i := range v.row {
		v.row[i].Value = markerOf(i)
	}
	var b strings.Builder
	look := func(text string, spans []secret.Span, data *[]string) {
		for _, at := range spans {
			value := text[at.From:at.To]
			filled := false
			for i, name := range t.variables.names {
				if !strings.Contains(value, v.row[i].Value) {
					continue
				}
				filled = true
				if at.Kind != secret.IfLiteral {
					rules.AddColumn(name)
				}
			}
			if filled && at.Kind == secret.IfLiteral {
				*data = append(*data, at.Name)
			} else {
				b.WriteString(at.Name + "=" + value)
				b.WriteByte(0)
			}
		}
	}
	whole := string(t.url.append(nil, v, nil))
	whole, _ = t.query.on(whole, v) // checked before
	look(whole, rules.URLSpans(whole), &t.data)
	if t.host = web.HostOf(whole); strings.Contains(t.host, marker) {
		t.host = "" // it differs between rows
	}
	for name, values := range format.CredentialHeader(rules, t.request.Header) {
		for i, value := range values {
			for _, h := range t.header {
				if h.name == name && h.at == i {
					value = string(h.text.append(nil, v, appendRaw))
				}
			}
			look(value, rules.HeaderSpans(name, value), nil)
		}
	}
	k := t.withContent(v)
	content, _ := k.Content()
	look(string(content), rules.BodySpans(k.ContentType(), string(content)), &t.bodyData)
	t.literal = b.String()
}

// FindSecrets finds the secrets in all templates. Own is called with the literal credentials of each and their host;
// isCommon reports afterwards whether these are common to the list.
func (f *Filled) FindSecrets(own func(host, credentials string), isCommon func(host, credentials string) bool) {
	rules := f.Rules
	for _, t := range f.templates {
		t.lookOver(rules)
		own(t.host, t.literal)
	}
	for _, s := range f.sets.all {
		if s.count == 1 {
			rules.AddCommon(s.name)
		}
	}
	for _, t := range f.templates {
		t.settle(rules)
		t.origin = &secret.Origin{
			Rules: rules, Data: t.data, BodyData: t.bodyData, Values: f.values, OwnURL: true, OwnBody: true,
			OwnHeader: format.CredentialHeader(rules, t.request.Header),
		}
		if isCommon(t.host, t.literal) {
			t.origin = t.origin.Common()
		}
		t.request.Tag = t.origin
	}
}

// settle determines which variables are secret, and what requests are named by: never by one of those.
func (t *template) settle(rules *secret.Rules) {
	names, inName := t.variables.names, t.name.variables()
	t.secret = make([]bool, len(names))
	for i, name := range names {
		t.secret[i] = i >= t.variables.given || rules.Column(name)
		t.hides = t.hides || t.secret[i] && (t.uses(i) || slices.Contains(inName, i))
	}
	t.first = -1
	if at := slices.IndexFunc(t.order, func(i int) bool { return !t.secret[i] }); at >= 0 {
		t.first = t.order[at]
	}
}

// hide gives the request the origin that says where the template has filled in secrets.
func (m *maker) hide(t *template, req *fetcher.Request, v *values) {
	shown := &values{row: slices.Clone(v.row), list: v.list, batch: v.batch, whole: true}
	o := *t.origin
	for i, isSecret := range t.secret {
		if !isSecret || v.row[i].Value == "" {
			continue
		}
		shown.row[i].Value = placeholder
		if v.list != nil && i == v.batch {
			shown.list = []string{placeholder}
		}
	}
	for _, p := range t.url {
		if p.expression == nil {
			continue
		}
		for i := range p.expression.parts {
			if part := &p.expression.parts[i]; part.prefix > 0 && t.secret[part.variable] {
				o.Values = append(slices.Clip(o.Values), part.valueIn(v))
			}
		}
	}
	o.URL = secret.Mask // it is not a URL without its secret
	if url, p := m.sent(t, shown); p == nil {
		o.URL = strings.ReplaceAll(url, placeholder, secret.Mask)
	}
	if t.body != nil {
		content, _ := t.withContent(shown).Content()
		o.Body = strings.ReplaceAll(string(content), placeholder, secret.Mask)
	}
	req.Name = strings.ReplaceAll(t.nameOf(shown), placeholder, secret.Mask)
	req.Tag = &o
}
