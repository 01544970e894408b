package credential

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"example.com/fetch/internal/web"
)

// DefaultNetrc returns the path of the user's netrc file: the value of NETRC, or else .netrc (on Windows _netrc)
// in the home folder.
func DefaultNetrc() (string, error) {
	if name := os.Getenv("NETRC"); name != "" {
		return name, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", errors.New("there is no home folder to find .netrc in; name the file in the environment variable NETRC")
	}
	name := ".netrc"
	if runtime.GOOS == "windows" {
		name = "_netrc"
	}
	return filepath.Join(home, name), nil
}

// maxNetrc is the maximum size of a netrc file.
const maxNetrc = 1 << 20

// logins are the grants for a host, by the user in the URL. The first entry is also for URLs without a user: it
// is under noLogin, too.
type logins map[string]*grant

// noLogin is not a user name, which contains no colon.
const noLogin = ":"

// readNetrc reads the grants by host name. The first entry of a name and a login counts.
func readNetrc(name string, warn func(string)) (map[string]logins, error) {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %q; write one, with lines such as: machine api.example.com login NAME password PASSWORD", name)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		warn(fmt.Sprintf("%s can be read by others; write: chmod 600 %s", name, name))
	}
	text, err := io.ReadAll(io.LimitReader(file, maxNetrc+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxNetrc {
		return nil, fmt.Errorf("%s is larger than 1 MiB, too large for a netrc file", name)
	}
	entries, err := parseNetrc(name, text)
	if err != nil {
		return nil, err
	}
	grants := make(map[string]logins)
	for _, e := range entries {
		switch {
		case e.isDefault:
			warn(fmt.Sprintf("%s:%d: the default entry is not used, since it would go to every host; name the host with machine", name, e.line))
		case e.hasPassword && grants[e.hostname][e.login] == nil:
			g := &grant{header: http.Header{"Authorization": {basic(e.login + ":" + e.password)}}, secret: true}
			if grants[e.hostname] == nil {
				grants[e.hostname] = logins{noLogin: g}
			}
			grants[e.hostname][e.login] = g
		}
	}
	return grants, nil
}

// netrcEntry is the entry of one machine in a netrc file.
type netrcEntry struct {
	hostname        string
	isDefault       bool
	login, password string
	hasPassword     bool
	line            int
}

// parseNetrc parses a netrc file: the words of inetutils' netrc(5), and values in double quotes, like curl. Its
// errors show nothing of the text, because an unknown word is probably part of a password.
func parseNetrc(name string, text []byte) ([]netrcEntry, error) {
	s := &netrcScanner{rest: strings.TrimPrefix(string(text), "\ufeff"), line: 1}
	var entries []netrcEntry
	fail := func(line int, problem string) ([]netrcEntry, error) {
		return nil, fmt.Errorf("%s:%d: %s", name, line, problem)
	}
	for {
		word := s.next(netrcKeyword)[1]
		line := s.line
		switch word {
		case "":
			return entries, nil
		case "default":
			entries = append(entries, netrcEntry{isDefault: true, line: line})
			continue
		case "macdef":
			s.next(netrcMacro)
			continue
		case "machine", "login", "password", "account":
		default:
			return fail(line, "an unknown word instead of machine, default, login, password, account or macdef; quote values that contain spaces")
		}
		value, err := s.value()
		switch {
		case err != nil:
			return fail(line, word+": "+err.Error())
		case hasControl(value):
			return fail(line, "the value of "+word+" holds a control character")
		case word == "machine":
			hostname, _ := web.Hostname(value)
			entries = append(entries, netrcEntry{hostname: hostname, line: line})
			continue
		case len(entries) == 0:
			return fail(line, word+" before any machine")
		}
		e := &entries[len(entries)-1]
		switch word {
		case "login":
			if strings.Contains(value, ":") {
				return fail(line, "a login cannot have a colon in it (RFC 7617)")
			}
			e.login = value
		case "password":
			e.password, e.hasPassword = value, true
		}
	}
}

// The tokens of a netrc file. A comment is allowed only before a keyword, because a password may begin with #. A
// macro ends with an empty line.
var (
	netrcKeyword = regexp.MustCompile(`^(?:[\s\v]+|#[^\n]*)*([^\s\v]*)`)
	netrcValue   = regexp.MustCompile(`^[\s\v]*(?:"((?:[^"\\\n]|\\[^\n])*)"|([^"\s\v][^\s\v]*)|("?))`)
	netrcMacro   = regexp.MustCompile(`(?s)^.*?(?:\n[ \t\r\v\f]*(?:\n|\z)|\z)`)
	netrcEscapes = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r", `\t`, "\t", `\`, "")
)

// netrcScanner scans the words of a netrc file.
type netrcScanner struct {
	rest string
	line int // from 1
}

// next consumes a token.
func (s *netrcScanner) next(what *regexp.Regexp) []string {
	parts := what.FindStringSubmatch(s.rest)
	s.rest = s.rest[len(parts[0]):]
	s.line += strings.Count(parts[0], "\n")
	return parts
}

// value returns the word after a keyword, which may be quoted.
func (s *netrcScanner) value() (string, error) {
	switch parts := s.next(netrcValue); {
	case parts[3] != "":
		return "", errors.New("the quoted value does not end on its line")
	case parts[2] != "":
		return parts[2], nil
	case strings.HasSuffix(parts[0], `"`):
		return netrcEscapes.Replace(parts[1]), nil
	}
	return "", errors.New("its value is missing")
}
