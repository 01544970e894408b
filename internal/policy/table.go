package policy

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/cli/value"
	"example.com/fetch/internal/nearest"
	"example.com/fetch/internal/web"
)

// table is [hosts."PATTERN"] of a file.
type table struct {
	file    *File
	line    int
	text    string // the pattern
	host    pattern
	entries []*Entry
	under   bool // it is being worked out: a table that starts from it starts from itself
}

// keys of a table of a host.
var keys = []string{"name", "source", "preset", "rates", "rates-with-contact", "burst", "slots", "running-time", "timeout", "connect-timeout", "ttfb-timeout", "stall-timeout",
	"retry-on", "headers"}

// BoundFlags are the flags that bound a part of a hop.
var BoundFlags = []string{"connect-timeout", "ttfb-timeout", "stall-timeout"}

// arrange makes tables of the entries of a file, and finds what is wrong in any of them.
func (f *File) arrange() error {
	byHost := map[pattern]*table{}
	for i := range f.Entries {
		e := &f.Entries[i]
		switch {
		case len(e.Key) == 0 || !e.Table && len(e.Values) == 0 && !e.Many:
			return f.wrong(e.Line, "there is nothing in it")
		case e.Key[0] != "hosts":
			return f.wrong(e.Line, "unknown table or key %s: a file of policies has [hosts.\"NAME\"] and [defaults]", e.Key[0])
		case len(e.Key) == 1 && e.Table:
			continue
		case len(e.Key) == 1 || len(e.Key) == 2 && !e.Table:
			return f.wrong(e.Line, "write a table for each host: [hosts.\"NAME\"], with its name in quotes")
		}
		host, err := parsePattern(e.Key[1])
		if err != nil {
			return f.wrong(e.Line, "the name of a host: %w", err)
		}
		t := byHost[host]
		switch {
		case t == nil:
			t = &table{file: f, line: e.Line, text: e.Key[1], host: host}
			byHost[host], f.tables = t, append(f.tables, t)
		case t.text != e.Key[1]:
			return f.wrong(e.Line, "%s: this is the host of line %d", e.Key[1], t.line)
		}
		if len(e.Key) > 2 {
			t.entries = append(t.entries, e)
		}
	}
	for _, t := range f.tables {
		if err := t.fill(&Policy{}); err != nil {
			return err
		}
	}
	return nil
}

// build makes the policies of a file.
func (f *File) build(named map[string]*table, contact bool) (patterns[*Policy], error) {
	all := patterns[*Policy]{}
	for _, t := range f.tables {
		p, err := t.policy(named, contact)
		if err != nil {
			return nil, err
		}
		all[t.host] = p
	}
	return all, nil
}

// entry is that of a key; nil: there is none.
func (t *table) entry(key string) *Entry {
	for _, e := range t.entries {
		if e.Key[2] == key {
			return e
		}
	}
	return nil
}

// name is that by which others can start from it; empty: it has none.
func (t *table) name() string {
	if e := t.entry("name"); e != nil && len(e.Values) == 1 {
		return e.Values[0]
	}
	return ""
}

// policy is what the table says, beginning with the preset that it names.
func (t *table) policy(named map[string]*table, contact bool) (*Policy, error) {
	p := &Policy{}
	if e := t.entry("preset"); e != nil {
		from := named[e.Values[0]]
		switch {
		case from == nil:
			return nil, t.file.wrong(e.Line, "preset %s: %w", e.Values[0], noPreset(e.Values[0], named))
		case from.under || from == t:
			return nil, t.file.wrong(e.Line, "preset %s: this starts from itself", e.Values[0])
		}
		t.under = true
		base, err := from.policy(named, contact)
		t.under = false
		if err != nil {
			return nil, err
		}
		p = base
		p.Header = nil
	}
	if p.Lines == nil {
		p.Lines = map[string]string{}
	}
	if err := t.fill(p); err != nil {
		return nil, err
	}
	p.Source, p.AnyPort = t.place(t.line), t.host.Port == ""
	if p.Name = t.name(); p.Name == "" {
		p.Name = t.text
		if e := t.entry("preset"); e != nil {
			p.Name = e.Values[0]
		}
	}
	if contact = contact || namesContact(p.Header.Get("User-Agent")); contact && p.withContact != nil {
		p.Limit.Rates, p.Lines["rates"] = p.withContact, p.Lines["rates-with-contact"]
	}
	return p, nil
}

// place says where a line is, or of which preset.
func (t *table) place(line int) string {
	if t.file.isBuiltIn() {
		name := t.name()
		if e := t.entry("preset"); name == "" && e != nil {
			name = e.Values[0]
		}
		return "preset " + name
	}
	return t.file.at(line)
}

// namesContact reports whether a User-Agent says whom to write to.
func namesContact(agent string) bool {
	return strings.Contains(agent, "@") || strings.Contains(agent, "://")
}

// NamesContact reports whether a User-Agent says whom to write to: an address of mail or of the web.
func NamesContact(agent string) bool { return namesContact(agent) }

// fill sets what the table has in a policy.
func (t *table) fill(p *Policy) error {
	for _, e := range t.entries {
		key := e.Key[2]
		if key != "headers" && len(e.Key) > 3 || key == "headers" && len(e.Key) > 4 {
			return t.file.wrong(e.Line, "unknown key %s", strings.Join(e.Key[2:], "."))
		}
		var err error
		switch key {
		case "name", "preset":
			var name string
			if name, err = e.text(); err == nil && (name == "" || strings.ContainsAny(name, "= ")) {
				err = errors.New("a name is a word without =")
			}
		case "source":
			p.Figures, err = e.text()
		case "rates":
			p.Limit.Rates, err = e.rates()
		case "rates-with-contact":
			p.withContact, err = e.rates()
		case "burst":
			p.burst, err = e.number()
		case "slots":
			p.Limit.InFlight, err = e.number()
		case "running-time":
			p.Limit.RunningTime, err = e.runningTime()
		case "timeout":
			p.Timeout, err = e.time()
		case "connect-timeout", "ttfb-timeout", "stall-timeout":
			var d time.Duration
			d, err = e.time()
			if p.Bounds = maps.Clone(p.Bounds); p.Bounds == nil {
				p.Bounds = map[string]time.Duration{}
			}
			p.Bounds[key] = d
		case "retry-on":
			p.RetryOn, err = e.retryOn()
		case "headers":
			err = e.header(p)
		default:
			hint := ""
			if near := nearest.To(key, keys); near != "" {
				hint = "; did you mean " + near + "?"
			}
			return t.file.wrong(e.Line, "unknown key %s%s", key, hint)
		}
		if err != nil {
			return t.file.wrong(e.Line, "%s: %w", key, err)
		}
		if p.Lines != nil {
			p.Lines[key] = t.place(e.Line)
		}
	}
	if p.withContact != nil && t.entry("rates") != nil && t.entry("rates-with-contact") == nil {
		p.withContact = nil // those that it started from
	}
	for _, rates := range [][]fetcher.Rate{p.Limit.Rates, p.withContact} {
		for i := range rates {
			rates[i].Burst = max(p.burst, 1)
		}
	}
	return nil
}

func (e *Entry) rates() (rates []fetcher.Rate, err error) {
	texts, err := e.texts()
	for _, text := range texts {
		rate, err := value.ParseRate(text)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
		rates = append(rates, rate)
	}
	return rates, err
}

func (e *Entry) runningTime() (r fetcher.RunningTime, err error) {
	text, err := e.text()
	if err != nil {
		return r, err
	}
	used, per, ok := strings.Cut(text, "/")
	if per == "s" || per == "m" || per == "h" {
		per = "1" + per
	}
	r.Time, err = time.ParseDuration(strings.TrimSpace(used))
	if err == nil {
		r.Per, err = time.ParseDuration(strings.TrimSpace(per))
	}
	if !ok || err != nil || r.Time <= 0 || r.Per <= 0 {
		return r, fmt.Errorf("%q: write a time in a time, such as 300s/1m", text)
	}
	return r, nil
}

func (e *Entry) time() (time.Duration, error) {
	text, err := e.text()
	if err != nil {
		return 0, fmt.Errorf("%w, such as \"35s\"", err)
	}
	var d value.Seconds
	if err := d.Set(text); err != nil {
		return 0, fmt.Errorf("%q: %w", text, err)
	}
	if d == 0 {
		return 0, fmt.Errorf("%q: a time is more than 0", text)
	}
	return time.Duration(d), nil
}

func (e *Entry) retryOn() (r value.RetryOn, err error) {
	text, err := e.text()
	if err == nil {
		err = r.Set(text)
	}
	return r, err
}

// header sets one field of a policy. No value is in an error, since it may be a secret.
func (e *Entry) header(p *Policy) error {
	if len(e.Key) == 3 {
		if !e.Table {
			return errors.New(`write a table: headers = { Accept = "text/csv" }`)
		}
		return nil
	}
	name, ok := web.FieldName(e.Key[3])
	text, err := e.text()
	switch {
	case !ok:
		return fmt.Errorf("%q is not a header name", e.Key[3])
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	case !httpguts.ValidHeaderFieldValue(text):
		return fmt.Errorf("%s: the value holds a character that may not stand in a header", name)
	case name == "Proxy-Authorization":
		return errors.New("Proxy-Authorization is for a proxy: write -x http://NAME:PASSWORD@HOST:PORT")
	case p.Header[name] != nil: // those of what it starts from are not there
		return fmt.Errorf("%s: it is there twice", name)
	}
	if p.Header = maps.Clone(p.Header); p.Header == nil {
		p.Header = http.Header{}
	}
	p.Header[name] = []string{text}
	return nil
}

// Kept are the entries without the fields that hold a secret, and whether there are any of these.
func (f *File) Kept(isSecret func(field string) bool) (kept []Entry, left bool) {
	kept = slices.Clone(f.Entries)
	kept = slices.DeleteFunc(kept, func(e Entry) bool {
		left = left || e.holds(isSecret)
		return e.holds(isSecret)
	})
	return kept, left
}

// holds reports whether the entry is a field that holds a secret.
func (e *Entry) holds(isSecret func(field string) bool) bool {
	return len(e.Key) == 4 && e.Key[2] == "headers" && isSecret(e.Key[3])
}

// WithSecrets is a file as it was kept, with the fields that hold a secret as they are now.
func (f *File) WithSecrets(now *File, isSecret func(field string) bool) (*File, error) {
	entries := slices.Clone(f.Entries)
	for _, e := range now.Entries {
		if e.holds(isSecret) && slices.ContainsFunc(f.tables, func(t *table) bool { return t.text == e.Key[1] }) {
			entries = append(entries, e)
		}
	}
	return OfEntries(f.Path, entries)
}

// HasHeaders reports whether any policy has header fields.
func (s *Set) HasHeaders() bool {
	return s.file != nil && slices.ContainsFunc(s.file.Entries, func(e Entry) bool { return len(e.Key) == 4 })
}

// Longest is the longest time that any policy has for a part of a hop; 0: none has.
func (s *Set) Longest(flag string) (longest time.Duration) {
	for _, layer := range s.layers {
		for _, p := range layer {
			longest = max(longest, p.Bounds[flag])
		}
	}
	if s.others != nil {
		longest = max(longest, s.others.Bounds[flag])
	}
	return longest
}

// File is the user's file; nil: there is none.
func (s *Set) File() *File { return s.file }
