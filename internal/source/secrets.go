package source

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// Secret is a value that stands for {Name} in templates like that of a set, and that nobody is shown: it is in no row.
type Secret struct{ Name, Value string }

// credentials are those that the entries of a list bring for each host, where all that bring any bring the same; nil: they
// differ.
type credentials map[string]*string

// maxHosts is for how many hosts they are looked at. At further ones they count as different.
const maxHosts = 10_000

func (c credentials) add(host, own string) {
	all, known := c[host]
	switch {
	case own == "":
	case !known && len(c) < maxHosts:
		c[host] = &own
	case known && all != nil && *all != own:
		c[host] = nil
	}
}

// Credentials has for each host a keyed digest of the credentials that all entries for it have in common that bring any;
// nothing for a host where they differ, or whose entries come from a stream. They do not count for what a request is known
// by. What an earlier leg has found stands as long as there is nothing new.
func (l *List) Credentials() map[string]string {
	all := maps.Clone(l.options.Common)
	for host := range l.own {
		if own := l.commonTo(host); own != nil {
			if all == nil {
				all = map[string]string{}
			}
			all[host] = l.options.Secrets.Digest(*own)
		}
	}
	return all
}

// commonTo is what the entries for a host have in common; nil: nothing.
func (l *List) commonTo(host string) *string {
	if _, before := l.options.Common[host]; l.options.Common != nil && !before || !l.known && l.filled == nil {
		return nil
	}
	return l.own[host]
}

// isCommon reports whether the credentials that an entry brings for a host are those of all, now or in an earlier leg.
func (l *List) isCommon(host, own string) bool {
	if own == "" {
		return false
	}
	if l.commonTo(host) != nil {
		return true
	}
	before := l.options.Common[host]
	return before != "" && l.options.Secrets.Digest(own) == before
}

// settle gives a request whose credentials are common an origin that says so.
func (l *List) settle(req *fetcher.Request) {
	if len(l.own)+len(l.options.Common) == 0 {
		return
	}
	if own := secret.Of(req).Credentials(); own != "" && l.isCommon(web.HostOf(req.URL), own) {
		req.Tag = secret.OriginOf(req).Common()
	}
}

// origin is the origin of a request to which an entry gives a header and a body.
func (e *entry) origin(tag any) any {
	base, ok := tag.(*secret.Origin)
	if !ok || e.body == nil && !e.hasCredential(base.Rules) {
		return tag
	}
	own := *base
	own.OwnBody, own.OwnHeader = e.body != nil, e.header
	return &own
}

func (e *entry) hasCredential(rules *secret.Rules) bool {
	for name := range e.header {
		if rules.Header(name) {
			return true
		}
	}
	return false
}

// marker stands for a variable in a template that is looked over for the places of secrets: a number, so that it can stand
// wherever a value can.
const marker = "902718281828459"

func markerOf(variable int) string { return marker + strconv.Itoa(100_000+variable) }

// placeholder stands for a secret while a template is filled in to be shown: letters, which no encoding changes.
// They are small, as those of a host are.
const placeholder = "zthesecretthatisnotshownherez"

// lookOver finds the variables of a template that are secret, since they fill a credential, the ambiguous parameters that
// a variable fills, and the credentials that stand in it literally.
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
	var url []byte
	for _, p := range t.url {
		if p.expression == nil {
			url = append(url, p.literal...)
			continue
		}
		url = p.expression.append(url, v)
	}
	whole := string(url)
	if t.query != nil {
		whole, _ = t.query.on(whole, v) // which was tried
	}
	look(whole, rules.URLSpans(whole), &t.data)
	if t.host = web.HostOf(whole); strings.Contains(t.host, marker) {
		t.host = "" // it is another for each row
	}
	for name, values := range credentialHeader(rules, t.request.Header) {
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

// findSecrets looks all templates over, and says of each request that they make what is secret in it.
func (l *List) findSecrets() {
	f, rules := l.filled, l.options.Secrets
	for _, t := range f.templates {
		t.lookOver(rules)
		l.own.add(t.host, t.literal)
	}
	for _, s := range f.sets.all {
		if s.count == 1 {
			rules.AddCommon(s.name)
		}
	}
	var values []string
	for _, s := range l.options.SecretValues {
		values = append(values, s.Value)
	}
	for _, t := range f.templates {
		t.settle(rules, len(f.variables.names)-l.hidden())
		t.origin = &secret.Origin{
			Rules: rules, Data: t.data, BodyData: t.bodyData, Values: values, OwnURL: true, OwnBody: true, OwnHeader: credentialHeader(rules, t.request.Header),
		}
		if l.isCommon(t.host, t.literal) {
			t.origin = t.origin.Common()
		}
		t.request.Tag = t.origin
	}
}

// settle finds out which of the variables are secret, and what requests are named by: never by one of those.
func (t *template) settle(rules *secret.Rules, given int) {
	names := t.variables.names
	t.secret = make([]bool, len(names))
	for i, name := range names {
		t.secret[i] = i >= given || rules.Column(name)
		t.hides = t.hides || t.secret[i] && t.used[i]
	}
	if t.name != nil {
		t.name.each(func(i int) { t.hides = t.hides || t.secret[i] })
	}
	t.first = -1
	for _, i := range t.order {
		if !t.secret[i] {
			t.first = i
			break
		}
	}
}

// hide gives the request the origin that says where the template has put secrets into it.
func (w *walk) hide(t *template, req *fetcher.Request, v *values) {
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
	o.URL = secret.Mask // of what is no URL without its secret
	if url, p := w.sent(t, shown); p == nil {
		o.URL = strings.ReplaceAll(url, placeholder, secret.Mask)
	}
	if t.body != nil {
		content, _ := t.withContent(shown).Content()
		o.Body = strings.ReplaceAll(string(content), placeholder, secret.Mask)
	}
	req.Name = strings.ReplaceAll(t.nameOf(shown), placeholder, secret.Mask)
	req.Tag = &o
}

// hidden is how many of the variables are in no row: the last ones.
func (l *List) hidden() int { return len(l.options.SecretValues) }

// visible is a row without them; nil if nothing is left.
func (l *List) visible(row fetcher.Row) fetcher.Row {
	n := len(row) - l.hidden()
	if n <= 0 && l.hidden() > 0 {
		return nil
	}
	return row[:n:n]
}

// credentialHeader are the fields of a header that hold credentials.
func credentialHeader(rules *secret.Rules, header http.Header) http.Header {
	own := http.Header{}
	for name, values := range header {
		if rules.Header(name) {
			own[name] = values
		}
	}
	return own
}
