package spec

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"example.com/fetch/internal/credential"
	"example.com/fetch/internal/list/template"
	"example.com/fetch/internal/secret"
)

// Who say who asks.
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

func (f *Who) check() error {
	if f.Contact != "" && f.Agent != OwnAgent {
		return errors.New("--contact is added to our own User-Agent: put it into -A yourself")
	}
	return nil
}

// GivesSecrets reports whether there are secrets beside those in -H.
func (f *Who) GivesSecrets() bool {
	return f.User != "" || f.BearerEnv != "" || len(f.HeaderEnv) > 0 || f.Netrc || f.NetrcFile != ""
}

// userAgent is what we go by.
func (f *Who) userAgent() (string, error) {
	if f.Contact == "" {
		return f.Agent, nil
	}
	agent, err := credential.UserAgent(f.Agent, f.Contact)
	if err != nil {
		return "", fmt.Errorf("--contact: %w", err)
	}
	return agent, nil
}

// Credentials binds the secrets, those of other headers among them, to their hosts. Warnings go to w. With isLocal a host
// is on this machine whatever its name.
func (f *Who) Credentials(header http.Header, isLocal func(string) bool, w io.Writer) (_ *credential.Credentials, err error) {
	o := credential.Options{
		User: f.User, Header: header, Hosts: f.AuthHosts, Netrc: f.NetrcFile, IsLocal: isLocal,
		OnWarning: func(text string) { fmt.Fprintln(w, "fetch: warning:", text) },
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
