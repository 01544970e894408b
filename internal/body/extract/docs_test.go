package extract

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentedExpressions compiles the expressions that the manual page shows.
func TestDocumentedExpressions(t *testing.T) {
	page, err := os.ReadFile("../../../docs/values.md")
	if err != nil {
		t.Fatal(err)
	}
	var expressions []string
	for _, m := range regexp.MustCompile(`--(?:select|expect|split|next) '([^']+)'`).FindAllStringSubmatch(string(page), -1) {
		expressions = append(expressions, m[1])
	}
	_, table, _ := strings.Cut(string(page), "| wanted | `--select` |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	for row := range strings.Lines(table) {
		code := regexp.MustCompile("`([^`]+)` \\|\n$").FindStringSubmatch(row + strings.Repeat("\n", 1-strings.Count(row, "\n")))
		if code == nil {
			t.Errorf("no expression in %q", row)
			continue
		}
		expressions = append(expressions, strings.ReplaceAll(code[1], `\|`, "|"))
	}
	if len(expressions) < 15 {
		t.Errorf("only %d expressions found", len(expressions))
	}
	for _, text := range expressions {
		if _, err := Compile(text); err != nil {
			t.Error(err)
		}
	}
}

// TestDocumentedShapes: the table's examples give what it says.
func TestDocumentedShapes(t *testing.T) {
	for _, test := range []struct{ query, body, want string }{
		{`."101"`, `{"6":[1,2],"101":[3]}`, `[3]`},
		{`to_entries[0] | {id: .key, name: .value.Name}`, `{"108":{"Name":"Mortality"}}`, `{"id":"108","name":"Mortality"}`},
		{`.PropertyTable.Properties[0].MolecularWeight | tonumber`, ethanol, `46.07`},
		{`.IdentifierList.CID[0]?`, `{"Waiting":{}}`, `null`},
		{`.Name // "?"`, `{}`, `"?"`},
		{`[.[].Name]`, `[{"Name":"a"},{"Name":null}]`, `["a",null]`},
		{`.Waiting.ListKey // empty | "/rest/pug/compound/listkey/\(.)/cids/JSON"`, `{"Waiting":{"ListKey":"12"}}`, `"/rest/pug/compound/listkey/12/cids/JSON"`},
	} {
		got, err := outputs(t, test.query, test.body)
		if err != nil || len(got) != 1 || got[0] != test.want {
			t.Errorf("%s: got %v, %v", test.query, got, err)
		}
	}
	for query, body := range map[string]string{`.IdentifierList.CID[]?`: `{"Waiting":{}}`, `.Waiting.ListKey // empty`: `{"IdentifierList":{"CID":[1]}}`} {
		if got, err := outputs(t, query, body); err != nil || got != nil {
			t.Errorf("%s: got %v, %v", query, got, err)
		}
	}
}
