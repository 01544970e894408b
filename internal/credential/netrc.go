package credential

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"example.com/fetch/internal/web"
)

// DefaultNetrc is where a user's netrc file is: what the variable NETRC says, else .netrc (on Windows _netrc) in the home
// folder.
func DefaultNetrc() (string, error) {
	if name := os.Getenv("NETRC"); name != "" {
		return name, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", errors.New("there is no home folder to find .netrc in; name the file in the environment variable NETRC")
	}
	if runtime.GOOS == "windows" {
		return filepath.Join(home, "_netrc"), nil
	}
	return filepath.Join(home, ".netrc"), nil
}

// maxNetrc bounds the size of a netrc file.
const maxNetrc = 1 << 20

// readNetrc reads what each host name gets. The first entry of a name counts.
func readNetrc(name string, warn func(string)) (map[string]*grant, error) {
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
		return nil, fmt.Errorf("%s is larger than 1 MiB, which is no netrc file", name)
	}
	entries, err := parseNetrc(name, text)
	if err != nil {
		return nil, err
	}
	grants := make(map[string]*grant)
	for _, e := range entries {
		switch {
		case e.isDefault:
			warn(fmt.Sprintf("%s:%d: the default entry is not used, since it would go to every host; name the host with machine", name, e.line))
		case e.hasPassword && grants[e.hostname] == nil:
			grants[e.hostname] = &grant{http.Header{"Authorization": {basic(e.login + ":" + e.password)}}}
		}
	}
	return grants, nil
}

// netrcEntry is what a netrc file says of one machine.
type netrcEntry struct {
	hostname        string
	isDefault       bool
	login, password string
	hasPassword     bool
	line            int
}

// parseNetrc reads the text of a netrc file: the words of inetutils' netrc(5), and values in double quotes, as curl reads
// them. Its errors show nothing of the text, since what is no word is likely a part of a password.
func parseNetrc(name string, text []byte) ([]netrcEntry, error) {
	s := &netrcScanner{text: bytes.TrimPrefix(text, []byte("\ufeff")), line: 1}
	var entries []netrcEntry
	fail := func(line int, problem string) ([]netrcEntry, error) {
		return nil, fmt.Errorf("%s:%d: %s", name, line, problem)
	}
	for {
		word, ok := s.keyword()
		if !ok {
			return entries, nil
		}
		line := s.line
		switch word {
		case "default":
			entries = append(entries, netrcEntry{isDefault: true, line: line})
			continue
		case "macdef":
			s.skipMacro()
			continue
		case "machine", "login", "password", "account":
		default:
			return fail(line, "a word that is none of machine, default, login, password, account and macdef; a value with spaces stands in double quotes")
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
			return fail(line, word+" stands before any machine")
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

// netrcScanner goes through the words of a netrc file.
type netrcScanner struct {
	text []byte
	at   int
	line int // from 1
}

// skipSpace goes to the next word.
func (s *netrcScanner) skipSpace() {
	for ; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case '\n':
			s.line++
		case ' ', '\t', '\r', '\v', '\f':
		default:
			return
		}
	}
}

func (s *netrcScanner) skipLine() {
	if i := bytes.IndexByte(s.text[s.at:], '\n'); i >= 0 {
		s.at += i
		return
	}
	s.at = len(s.text)
}

// keyword is the next word that is no value. Only before one may a comment stand: a password may begin with #.
func (s *netrcScanner) keyword() (string, bool) {
	for {
		s.skipSpace()
		if s.at == len(s.text) {
			return "", false
		}
		if s.text[s.at] != '#' {
			return s.word(), true
		}
		s.skipLine()
	}
}

func (s *netrcScanner) word() string {
	rest := s.text[s.at:]
	if i := bytes.IndexAny(rest, " \t\r\n\v\f"); i >= 0 {
		rest = rest[:i]
	}
	s.at += len(rest)
	return string(rest)
}

var (
	errNoValue  = errors.New("its value is missing")
	errNotEnded = errors.New("the quoted value does not end on its line")
)

// value is the word after a keyword, which may be quoted.
func (s *netrcScanner) value() (string, error) {
	s.skipSpace()
	if s.at == len(s.text) {
		return "", errNoValue
	}
	if s.text[s.at] != '"' {
		return s.word(), nil
	}
	var value []byte
	for s.at++; s.at < len(s.text) && s.text[s.at] != '\n'; s.at++ {
		c := s.text[s.at]
		switch {
		case c == '"':
			s.at++
			return string(value), nil
		case c == '\\' && s.at+1 < len(s.text):
			s.at++
			c = s.text[s.at]
			switch c {
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			case 't':
				c = '\t'
			case '\n':
				return "", errNotEnded
			}
		}
		value = append(value, c)
	}
	return "", errNotEnded
}

// skipMacro leaves a macro out, which ends with an empty line.
func (s *netrcScanner) skipMacro() {
	for s.skipLine(); s.at < len(s.text); s.skipLine() {
		s.at++
		s.line++
		if line, _, _ := bytes.Cut(s.text[s.at:], []byte("\n")); len(bytes.TrimSpace(line)) == 0 {
			return
		}
	}
}
