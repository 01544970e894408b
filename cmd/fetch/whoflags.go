package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/credential"
	"example.com/fetch/internal/list/template"
	"example.com/fetch/internal/secret"
)

// whoFlags say who asks.
type whoFlags struct {
	agent, contact  string
	user, bearerEnv string
	headerEnv       []string
	netrc           bool
	netrcFile       string
	authHosts       []string
	secretNames     []string
	secretEnv       []string

	rules  *secret.Rules
	common map[string]string // of the leg before: see lists.Options
}

const ownAgent = "fetch/" + version

func (f *whoFlags) define() *pflag.FlagSet {
	who := pflag.NewFlagSet("", pflag.ContinueOnError)
	who.StringVarP(&f.agent, "user-agent", "A", ownAgent, "`NAME` to go by")
	who.StringVar(&f.contact, "contact", "", "`MAIL` address to add to it, for those who run the servers")
	who.StringVarP(&f.user, "user", "u", "", "`NAME:PASSWORD` for basic authentication")
	who.StringVar(&f.bearerEnv, "bearer-env", "", "`VARIABLE` of the environment with a bearer token")
	who.StringArrayVar(&f.headerEnv, "header-env", nil, "`NAME=VARIABLE`: a header with a value from the environment; repeatable")
	who.BoolVar(&f.netrc, "netrc", false, "passwords from ~/.netrc")
	who.StringVar(&f.netrcFile, "netrc-file", "", "passwords from `FILE`")
	who.StringArrayVar(&f.authHosts, "auth-host", nil, "`HOST[:PORT]` that the credentials are for (default: that of the first request); repeatable")
	who.StringArrayVar(&f.secretNames, "secret", nil, "`NAME` of a header, a parameter or a column whose values are secret; repeatable")
	who.StringArrayVar(&f.secretEnv, "secret-env", nil, "`VARIABLE` of the environment whose value stands for {VARIABLE} in URLs, -H and -d, and is shown nowhere; repeatable")
	return who
}

// secrets are the rules by which this run knows what is secret.
func (f *whoFlags) secrets() *secret.Rules {
	if f.rules == nil {
		f.rules = secret.NewRules(f.secretNames...)
	}
	return f.rules
}

// secretValues are the values of --secret-env.
func (f *whoFlags) secretValues() (all []template.Secret, err error) {
	for _, name := range f.secretEnv {
		value, err := credential.ReadEnv(name)
		if err != nil {
			return nil, fmt.Errorf("--secret-env: %w", err)
		}
		all = append(all, template.Secret{Name: name, Value: value})
	}
	return all, nil
}

func (f *whoFlags) check() error {
	if f.contact != "" && f.agent != ownAgent {
		return errors.New("--contact is added to our own User-Agent: put it into -A yourself")
	}
	return nil
}

// givesSecrets reports whether there are secrets beside those in -H.
func (f *whoFlags) givesSecrets() bool {
	return f.user != "" || f.bearerEnv != "" || len(f.headerEnv) > 0 || f.netrc || f.netrcFile != ""
}

// userAgent is what we go by.
func (f *whoFlags) userAgent() (string, error) {
	if f.contact == "" {
		return f.agent, nil
	}
	agent, err := credential.UserAgent(f.agent, f.contact)
	if err != nil {
		return "", fmt.Errorf("--contact: %w", err)
	}
	return agent, nil
}

// credentials binds the secrets, those of other headers among them, to their hosts. Warnings go to w. With isLocal a host
// is on this machine whatever its name.
func (f *whoFlags) credentials(header http.Header, isLocal func(string) bool, w io.Writer) (_ *credential.Credentials, err error) {
	o := credential.Options{
		User: f.user, Header: header, Hosts: f.authHosts, Netrc: f.netrcFile, IsLocal: isLocal,
		OnWarning: func(text string) { fmt.Fprintln(w, "fetch: warning:", text) },
	}
	if f.bearerEnv != "" {
		if o.Bearer, err = credential.ReadEnv(f.bearerEnv); err != nil {
			return nil, fmt.Errorf("--bearer-env: %w", err)
		}
	}
	for _, text := range f.headerEnv {
		name, value, err := credential.ParseHeaderEnv(text)
		if err != nil {
			return nil, fmt.Errorf("--header-env: %w", err)
		}
		o.Header.Add(name, value)
	}
	if f.netrc && o.Netrc == "" {
		if o.Netrc, err = credential.DefaultNetrc(); err != nil {
			return nil, fmt.Errorf("--netrc: %w; name the file with --netrc-file", err)
		}
	}
	return credential.New(o)
}

// secretVariables are the environment variables that hold secrets of ours: programs that we start have no need of them.
func (f *whoFlags) secretVariables() []string {
	names := slices.Clone(f.secretEnv)
	if f.bearerEnv != "" {
		names = append(names, f.bearerEnv)
	}
	for _, text := range f.headerEnv {
		if _, variable, ok := strings.Cut(text, "="); ok {
			names = append(names, variable)
		}
	}
	return names
}
