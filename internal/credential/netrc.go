package credential

import (
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
	s := &netrcScanner{rest: strings.TrimPrefix(string(text), "\ufeff"), line: 1}
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
	rest string
	line int // from 1
}

// blanks stand between words.
const blanks = " \t\r\n\v\f"

// pass goes on by n bytes.
func (s *netrcScanner) pass(n int) (passed string) {
	passed, s.rest = s.rest[:n], s.rest[n:]
	s.line += strings.Count(passed, "\n")
	return passed
}

// until is how many bytes stand before the next of some characters.
func (s *netrcScanner) until(characters string) int {
	if i := strings.IndexAny(s.rest, characters); i >= 0 {
		return i
	}
	return len(s.rest)
}

// skipSpace goes to the next word.
func (s *netrcScanner) skipSpace() { s.pass(len(s.rest) - len(strings.TrimLeft(s.rest, blanks))) }

func (s *netrcScanner) word() string { return s.pass(s.until(blanks)) }

// keyword is the next word that is no value. Only before one may a comment stand: a password may begin with #.
func (s *netrcScanner) keyword() (string, bool) {
	for s.skipSpace(); strings.HasPrefix(s.rest, "#"); s.skipSpace() {
		s.pass(s.until("\n"))
	}
	word := s.word()
	return word, word != ""
}

var (
	errNoValue  = errors.New("its value is missing")
	errNotEnded = errors.New("the quoted value does not end on its line")
)

// value is the word after a keyword, which may be quoted.
func (s *netrcScanner) value() (string, error) {
	s.skipSpace()
	if s.rest == "" {
		return "", errNoValue
	}
	if s.rest[0] != '"' {
		return s.word(), nil
	}
	var value []byte
	line := s.rest[:s.until("\n")]
	for i := 1; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '"':
			s.pass(i + 1)
			return string(value), nil
		case c == '\\' && i+1 < len(line):
			i++
			switch c = line[i]; c {
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			case 't':
				c = '\t'
			}
		}
		value = append(value, c)
	}
	return "", errNotEnded
}

// skipMacro leaves a macro out, which ends with an empty line.
func (s *netrcScanner) skipMacro() {
	for s.pass(s.until("\n")); s.rest != ""; s.pass(s.until("\n")) {
		s.pass(1)
		if strings.TrimSpace(s.rest[:s.until("\n")]) == "" {
			return
		}
	}
}
