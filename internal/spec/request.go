package spec

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/credential"
	"example.com/fetch/internal/list/format"
	"example.com/fetch/internal/list/template"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// Request reads -X -I -H -A, and what is sent: what every request of a list has beside its URL and name. Header fields that are
// credentials are not in it but in secret, since they are for one host and no other.
func (f *Spec) Request() (r fetcher.Request, secret http.Header, err error) {
	r = fetcher.Request{Method: cmp.Or(f.Method, f.Body.method()), Header: http.Header{}}
	if f.Method != "" && !httpguts.ValidHeaderFieldName(f.Method) {
		return r, nil, fmt.Errorf("-X %q is not an HTTP method; write a word like GET or POST", f.Method)
	}
	if f.Head {
		r.Method = http.MethodHead
	}
	agent := f.Agent
	if f.Contact != "" {
		if agent, err = credential.UserAgent(f.Agent, f.Contact); err != nil {
			return r, nil, fmt.Errorf("--contact: %w", err)
		}
	}
	r.Header.Set("User-Agent", agent)
	r.Header.Set("Accept", "*/*")
	f.Body.setHeader(r.Header)
	seen := map[string]bool{}
	for _, h := range f.Headers {
		lines, err := headerLines(h)
		if err != nil {
			return r, nil, err
		}
		for _, line := range lines {
			if err := setHeader(r.Header, line, seen); err != nil {
				return r, nil, err
			}
		}
	}
	if f.kind() == formBody && strings.Contains(r.Header.Get("Content-Type"), "boundary") {
		return r, nil, errors.New("-F has a boundary of its own: leave that out of -H 'Content-Type: …'")
	}
	return r, f.takeSecrets(r.Header), nil
}

// CheckHeader finds what is wrong with a -H, if it names no file.
func CheckHeader(text string) error {
	if strings.HasPrefix(text, "@") {
		return nil
	}
	return setHeader(http.Header{}, text, map[string]bool{})
}

// headerLines are the lines of a -H: one, or those of a file.
func headerLines(text string) ([]string, error) {
	name, isFile := strings.CutPrefix(text, "@")
	if !isFile {
		return []string{text}, nil
	}
	all, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("-H: %w", format.WithPlace(err))
	}
	lines := strings.Split(string(all), "\n")
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	return lines, nil
}

// takeSecrets moves the fields that are credentials out of a header: those that package secret knows, and those in which a
// column that is secret, or a --secret-env, stands. A column in one of them is secret.
func (f *Spec) takeSecrets(header http.Header) http.Header {
	rules, secret := f.Secrets(), http.Header{}
	for name, values := range header {
		var columns []string
		for _, value := range values {
			for _, found := range bracedNames.FindAllStringSubmatch(value, -1) {
				columns = append(columns, found[1])
			}
		}
		isSecret := func(column string) bool { return rules.Column(column) || slices.Contains(f.SecretEnv, column) }
		if !rules.Header(name) && !slices.ContainsFunc(columns, isSecret) {
			continue
		}
		for _, column := range columns {
			rules.AddColumn(column)
		}
		rules.AddHeader(name)
		secret[name] = values
		delete(header, name)
	}
	return secret
}

// bracedNames finds what may be the name of a column in braces.
var bracedNames = regexp.MustCompile(`\{([^{}]+)\}`)

// setHeader adds one header as curl has it: "Name: value" adds, "Name:" takes away, "Name;" sends it empty. The first
// of a name takes the place of our own. A value is never shown in an error, since it may be a secret.
func setHeader(header http.Header, line string, seen map[string]bool) error {
	if strings.TrimSpace(line) == "" {
		return nil
	}
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		if name, ok = strings.CutSuffix(line, ";"); !ok {
			return errors.New("-H: write 'Name: value'; 'Name:' takes a header away, 'Name;' sends it empty")
		}
	}
	value = strings.TrimSpace(value)
	if name, ok = web.FieldName(strings.TrimSpace(name)); !ok {
		return fmt.Errorf("-H: %q is not a header name", name)
	}
	if !httpguts.ValidHeaderFieldValue(value) {
		return fmt.Errorf("-H %s: the value holds a character that may not stand in a header", name)
	}
	if !seen[name] {
		header.Del(name)
		seen[name] = true
	}
	switch {
	case value != "" || strings.HasSuffix(line, ";"):
		header.Add(name, value)
	case name == "User-Agent":
		header[name] = []string{""} // net/http would send its own
	}
	return nil
}

// Who says who asks.
type Who struct {
	Agent, Contact  string
	User, BearerEnv string
	HeaderEnv       []string
	Netrc           bool
	NetrcFile       string
	AuthHosts       []string
	SecretNames     []string
	SecretEnv       []string

	rules  *secret.Rules
	Common map[string]string // of the leg before: see lists.Options
}

// OwnAgent is the User-Agent that is sent if no other was asked for.
const OwnAgent = "fetch/" + Version

// Secrets are the rules by which this run knows what is secret.
func (f *Who) Secrets() *secret.Rules {
	if f.rules == nil {
		f.rules = secret.NewRules(f.SecretNames...)
	}
	return f.rules
}

// SecretValues are the values of --secret-env.
func (f *Who) SecretValues() (all []template.Secret, err error) {
	for _, name := range f.SecretEnv {
		value, err := credential.ReadEnv(name)
		if err != nil {
			return nil, fmt.Errorf("--secret-env: %w", err)
		}
		all = append(all, template.Secret{Name: name, Value: value})
	}
	return all, nil
}

// GivesSecrets reports whether there are secrets beside those in -H.
func (f *Who) GivesSecrets() bool {
	return f.User != "" || f.BearerEnv != "" || len(f.HeaderEnv) > 0 || f.Netrc || f.NetrcFile != ""
}

// Credentials binds the secrets, those of other headers among them, to their hosts. With isLocal a host
// is on this machine whatever its name.
func (f *Spec) Credentials(header http.Header, isLocal func(string) bool, warn func(text string)) (_ *credential.Credentials, err error) {
	o := credential.Options{
		User: f.User, Header: header, Hosts: f.AuthHosts, Netrc: f.NetrcFile, IsLocal: isLocal,
		OnWarning: warn, Policy: f.policyFields(), Usual: f.usualFields(), IsSecret: f.Secrets().Header,
	}
	if f.BearerEnv != "" {
		if o.Bearer, err = credential.ReadEnv(f.BearerEnv); err != nil {
			return nil, fmt.Errorf("--bearer-env: %w", err)
		}
	}
	for _, text := range f.HeaderEnv {
		name, value, err := credential.ParseHeaderEnv(text)
		if err != nil {
			return nil, fmt.Errorf("--header-env: %w", err)
		}
		o.Header.Add(name, value)
	}
	if f.Netrc && o.Netrc == "" {
		if o.Netrc, err = credential.DefaultNetrc(); err != nil {
			return nil, fmt.Errorf("--netrc: %w; name the file with --netrc-file", err)
		}
	}
	return credential.New(o)
}

// SecretVariables are the environment variables that hold secrets of ours: programs that we start have no need of them.
func (f *Who) SecretVariables() []string {
	names := slices.Clone(f.SecretEnv)
	if f.BearerEnv != "" {
		names = append(names, f.BearerEnv)
	}
	for _, text := range f.HeaderEnv {
		if _, variable, ok := strings.Cut(text, "="); ok {
			names = append(names, variable)
		}
	}
	return names
}

// KnownBy has requests be known by what they were known by in an earlier leg, or an earlier run over a folder.
func (f *Who) KnownBy(key string, credentials map[string]string) {
	f.Secrets().SetKey([]byte(key))
	if f.Common = credentials; f.Common == nil {
		f.Common = map[string]string{}
	}
}
