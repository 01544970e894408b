package spec

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/web"
)

// Request reads -X -I -H -A, and what is sent: what every request of a list has beside its URL and name. Header fields that are
// credentials are not in it but in secret, since they are for one host and no other.
func (f *Spec) Request() (r fetcher.Request, secret http.Header, err error) {
	r = fetcher.Request{Method: f.Method, Header: http.Header{}}
	if f.Method != "" && !httpguts.ValidHeaderFieldName(f.Method) {
		return r, nil, fmt.Errorf("-X %q is not an HTTP method", f.Method)
	}
	agent, err := f.userAgent()
	if err != nil {
		return r, nil, err
	}
	if f.Head {
		r.Method = http.MethodHead
	}
	r.Header.Set("User-Agent", agent)
	r.Header.Set("Accept", "*/*")
	if r.Method == "" {
		r.Method = f.Body.method()
	}
	f.Body.setHeader(r.Header)
	seen := map[string]bool{}
	for _, h := range f.Headers {
		lines := []string{h}
		if name, isFile := strings.CutPrefix(h, "@"); isFile {
			text, err := os.ReadFile(name)
			if err != nil {
				return r, nil, fmt.Errorf("-H: %w", err)
			}
			lines = strings.Split(string(text), "\n")
		}
		for _, line := range lines {
			if err := setHeader(r.Header, strings.TrimSuffix(line, "\r"), seen); err != nil {
				return r, nil, err
			}
		}
	}
	if kinds := r.Header["Content-Type"]; f.kind() == formBody && len(kinds) > 0 && strings.Contains(kinds[0], "boundary") {
		return r, nil, errors.New("-F has a boundary of its own: leave that out of -H 'Content-Type: …'")
	}
	return r, f.takeSecrets(r.Header), nil
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
