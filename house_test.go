// Package fetch_test has the rules of the house that a machine can check.
package fetch_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "example.com/fetch"

// What a file and a package may have at the most, tests aside.
const (
	maxLines        = 400
	maxPackageLines = 4000
)

// public are the packages others import, where every exported name must be explained.
var public = []string{"fetcher", "testserver"}

// file is one Go file of ours.
type file struct {
	path   string // from the root, with slashes
	folder string
	text   []byte
	syntax *ast.File
	set    *token.FileSet
}

func (f *file) test() bool { return strings.HasSuffix(f.path, "_test.go") }

// goFiles reads every Go file of the module.
func goFiles(t *testing.T) []*file {
	t.Helper()
	var files []*file
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".go":
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		syntax, err := parser.ParseFile(set, name, text, parser.ParseComments)
		if err != nil {
			return err
		}
		slashed := filepath.ToSlash(name)
		files = append(files, &file{path: slashed, folder: path.Dir(slashed), text: text, syntax: syntax, set: set})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestImports holds the imports against the table of packages in docs/architecture.md: a package may import those that
// stand above it. One that is not there may not be imported, so a new one has to be thought about.
func TestImports(t *testing.T) {
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	place := map[string]int{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^ `]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		place[row[1]] = len(place) + 1
	}
	seen := map[string]bool{}
	for _, f := range goFiles(t) {
		if f.folder == "." || f.test() {
			continue
		}
		if seen[f.folder] = true; place[f.folder] == 0 {
			t.Errorf("%s: the table in docs/architecture.md does not have %s", f.path, f.folder)
		}
		for _, spec := range f.syntax.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			ours, ok := strings.CutPrefix(imported, module+"/")
			if ok && (place[ours] == 0 || place[ours] >= place[f.folder]) {
				t.Errorf("%s imports %s, which does not stand above %s in docs/architecture.md", f.path, ours, f.folder)
			}
		}
	}
	for folder := range place {
		if !seen[folder] {
			t.Errorf("docs/architecture.md has %s, which is not there", folder)
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	for _, f := range goFiles(t) {
		if n := bytes.Count(f.text, []byte("\n")); n > maxLines && !f.test() {
			t.Errorf("%s has %d lines, more than %d: it has two ideas, give each a file", f.path, n, maxLines)
		}
	}
}

func TestPackagesAreSmall(t *testing.T) {
	lines := map[string]int{}
	for _, f := range goFiles(t) {
		if !f.test() {
			lines[f.folder] += bytes.Count(f.text, []byte("\n"))
		}
	}
	for folder, n := range lines {
		if n > maxPackageLines {
			t.Errorf("%s has %d lines, more than %d: it has two ideas, give each a package", folder, n, maxPackageLines)
		}
	}
}

func TestPackagesSayWhatTheyAre(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range goFiles(t) {
		if !f.test() {
			documented[f.folder] = documented[f.folder] || f.syntax.Doc != nil
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(documented)) {
		if !documented[folder] {
			t.Errorf("package %s has no comment that says what it is", folder)
		}
	}
}

func TestExportedNamesAreExplained(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test() || !slices.Contains(public, f.folder) {
			continue
		}
		for _, decl := range f.syntax.Decls {
			for _, name := range unexplained(decl) {
				t.Errorf("%s: exported %s has no comment", f.set.Position(name.Pos()), name.Name)
			}
		}
	}
}

// unexplained lists the exported names that decl declares without a comment. In a group of constants or variables one
// comment for the group, or one at the end of the line, is enough; a field needs none of its own where the type's explains
// it, nor does a method that implements error or fmt.Stringer.
func unexplained(decl ast.Decl) []*ast.Ident {
	var names []*ast.Ident
	switch d := decl.(type) {
	case *ast.FuncDecl:
		wellKnown := d.Recv != nil && (d.Name.Name == "Error" || d.Name.Name == "String")
		if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) && !wellKnown {
			names = append(names, d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && s.Doc == nil && d.Doc == nil {
					names = append(names, s.Name)
				}
			case *ast.ValueSpec:
				if s.Doc == nil && s.Comment == nil && d.Doc == nil {
					names = append(names, slices.DeleteFunc(slices.Clone(s.Names), func(n *ast.Ident) bool { return !n.IsExported() })...)
				}
			}
		}
	}
	return names
}

// exportedReceiver reports whether a function is no method, or one of an exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	exported := true
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			exported = id.IsExported()
			return false
		}
		return true
	})
	return exported
}

func TestNothingIsLeftToDo(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, group := range f.syntax.Comments {
			for _, c := range group.List {
				for _, word := range []string{"TO" + "DO", "FIX" + "ME"} {
					if strings.Contains(c.Text, word) {
						t.Errorf("%s: a comment with %s: do it, or file it", f.set.Position(c.Pos()), word)
					}
				}
			}
		}
	}
}

// TestTestsDoNotSleep: sleeping makes a test slow when it is right and flaky when the machine is slow. In a bubble of
// internal/bubble it is a step of virtual time, so there it is allowed.
func TestTestsDoNotSleep(t *testing.T) {
	for _, f := range goFiles(t) {
		if !f.test() || imported(f, module+"/internal/bubble") {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "Sleep" {
				return true
			}
			if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" {
				t.Errorf("%s: time.Sleep in a test: wait for what you wait for, or use internal/bubble", f.set.Position(n.Pos()))
			}
			return true
		})
	}
}

func imported(f *file, name string) bool {
	return slices.ContainsFunc(f.syntax.Imports, func(s *ast.ImportSpec) bool { return s.Path.Value == strconv.Quote(name) })
}

// TestDocumentsAreFilledIn: a page with a figure still to come is not finished.
func TestDocumentsAreFilledIn(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	for _, page := range append(pages, "README.md", "CHANGELOG.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Error(err)
		}
		if bytes.Contains(text, []byte("@@")) || bytes.Contains(text, []byte("TBD")) {
			t.Errorf("%s has a place that is still to be filled in", page)
		}
	}
}
