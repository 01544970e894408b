package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// File is a user's file: the policies of hosts, and defaults of flags.
type File struct {
	Path     string // in full
	Entries  []Entry
	Defaults []Entry // their keys are a flag, or a command and a flag

	tables []*table
}

// Entry is one value of a file, with the names of the tables that it is in: hosts, api.example.org, rates. It is also how a
// journal keeps it.
type Entry struct {
	Line   int      `json:"line"` // from 1
	Key    []string `json:"key"`
	Values []string `json:"values"`          // as text
	Many   bool     `json:"many,omitempty"`  // it is an array
	Table  bool     `json:"table,omitempty"` // it is no value, but the beginning of a table
	kind   unstable.Kind
}

// maxFile bounds what is read of a file.
const maxFile = 1 << 20

// OwnPath is the path of the user's own file; empty: the system has no folder for it.
func OwnPath() string {
	folder, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(folder, "fetch", "hosts.toml")
}

// Open reads a file.
func Open(path string) (*File, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	text, err := read(path)
	switch wrong, ok := errors.AsType[*fs.PathError](err); {
	case ok:
		return nil, fmt.Errorf("%s: %w", path, wrong.Err)
	case err != nil:
		return nil, err
	case len(text) > maxFile:
		return nil, fmt.Errorf("%s: larger than 1 MiB, which is no file of policies", path)
	}
	return parse(whole, text)
}

// read reads a file up to a byte more than it may have: it may be a device, or a pipe.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// OfEntries is the file whose entries a journal has kept.
func OfEntries(path string, entries []Entry) (*File, error) {
	f := &File{Path: path, Entries: entries}
	return f, f.arrange()
}

// at says where something stands.
func (f *File) at(line int) string { return fmt.Sprintf("%s:%d", filepath.Base(f.Path), line) }

// wrong is an error with its place. What the file has is not repeated, since it may be a secret.
func (f *File) wrong(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", f.Path, line, fmt.Errorf(format, args...))
}

// parse reads the text of a file.
func parse(path string, text []byte) (*File, error) {
	f := &File{Path: path}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // of editors on Windows
	var whole map[string]any
	if err := toml.Unmarshal(text, &whole); err != nil { // which knows what the parser does not: what is there twice
		line := 1
		if at, ok := errors.AsType[*toml.DecodeError](err); ok {
			line, _ = at.Position()
		}
		return nil, f.wrong(line, "not TOML: %w", err)
	}
	var p unstable.Parser
	p.Reset(text)
	var in []string
	for p.NextExpression() {
		n := p.Expression()
		switch n.Kind {
		case unstable.Table:
			line := 0
			in, line = keyOf(&p, n)
			f.add(Entry{Line: line, Key: in, Table: true})
		case unstable.ArrayTable:
			_, line := keyOf(&p, n)
			return nil, f.wrong(line, "there are no tables in [[ ]]: write [hosts.\"NAME\"]")
		case unstable.KeyValue:
			f.take(&p, in, n)
		}
	}
	if err := p.Error(); err != nil {
		return nil, f.wrong(1, "not TOML: %w", err)
	}
	return f, f.arrange()
}

// keyOf is the dotted key of a node, and its line.
func keyOf(p *unstable.Parser, n *unstable.Node) (key []string, line int) {
	for it := n.Key(); it.Next(); {
		part := it.Node()
		if line == 0 {
			line = p.Shape(part.Raw).Start.Line
		}
		key = append(key, string(part.Data))
	}
	return key, line
}

// take adds a key and its value.
func (f *File) take(p *unstable.Parser, in []string, n *unstable.Node) {
	key, line := keyOf(p, n)
	e := Entry{Line: line, Key: slices.Concat(in, key), kind: n.Value().Kind}
	switch value := n.Value(); value.Kind {
	case unstable.InlineTable:
		f.add(Entry{Line: line, Key: e.Key, Table: true})
		for it := value.Children(); it.Next(); {
			f.take(p, e.Key, it.Node())
		}
		return
	case unstable.Array:
		e.Many, e.kind = true, unstable.String
		for it := value.Children(); it.Next(); {
			one := it.Node()
			if one.Kind == unstable.Comment {
				continue
			}
			e.Values = append(e.Values, string(one.Data))
			if one.Kind != unstable.String {
				e.kind = one.Kind
			}
		}
	default:
		e.Values = []string{string(value.Data)}
	}
	f.add(e)
}

func (f *File) add(e Entry) {
	switch {
	case e.Key[0] == "defaults" && (len(e.Key) > 1 || e.Table):
		if e.Key = e.Key[1:]; len(e.Key) > 0 {
			f.Defaults = append(f.Defaults, e)
		}
	default:
		f.Entries = append(f.Entries, e)
	}
}

// text is the value of an entry that has one text.
func (e *Entry) text() (string, error) {
	if e.Table || e.Many || e.kind != unstable.String && e.kind != unstable.Invalid {
		return "", errors.New(`write a text in quotes`)
	}
	return e.Values[0], nil
}

// texts are the values of an entry that has a list of texts.
func (e *Entry) texts() ([]string, error) {
	if e.Table || !e.Many || e.kind != unstable.String && e.kind != unstable.Invalid {
		return nil, errors.New(`write a list of texts in quotes`)
	}
	return e.Values, nil
}

// number is the value of an entry that has a whole number, from 1.
func (e *Entry) number() (n int, err error) {
	if e.Table || e.Many || e.kind != unstable.Integer && e.kind != unstable.Invalid {
		return 0, errors.New("write a number from 1, without quotes")
	}
	if _, err = fmt.Sscan(e.Values[0], &n); err != nil || n < 1 || n > 1<<30 {
		return 0, errors.New("write a number from 1")
	}
	return n, nil
}
