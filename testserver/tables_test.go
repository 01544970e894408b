package testserver

import (
	"encoding/csv"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// table reads a CSV of the project: its columns by name, and its rows.
func table(t *testing.T, name string) (rows []map[string]string) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, cell := range record {
			row[records[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

// Each name of the table leads to its CID, through the path or through the query, and has its class.
func TestTablesOfNames(t *testing.T) {
	h := quick()
	symbol := regexp.MustCompile(`[A-Z][a-z]?`)
	for file, want := range map[string]int{"compounds.csv": 300, "slash-names.csv": 15} {
		rows := table(t, file)
		names, cids := map[string]bool{}, map[string]bool{}
		for _, row := range rows {
			name := row["name"]
			names[name], cids[row["cid"]] = true, true
			path := "name/" + url.PathEscape(name) + "/cids/TXT"
			if strings.Contains(name, "/") {
				path = "name/cids/TXT?name=" + url.QueryEscape(name)
			}
			if (file == "slash-names.csv") != strings.Contains(name, "/") {
				t.Errorf("%s: %q", file, name)
			}
			resp := ask(t, h, "GET", pugPath+path, "X-Client: "+name)
			if body := text(t, resp); resp.StatusCode != 200 || body != row["cid"]+"\n" {
				t.Errorf("%s: %q: %d %s, want %s", file, name, resp.StatusCode, body, row["cid"])
			}
			atoms := map[string]bool{}
			for _, s := range symbol.FindAllString(compounds().byName[plainName(name)].property("MolecularFormula"), -1) {
				atoms[s] = true
			}
			class := "inorganic compound"
			switch {
			case len(atoms) == 1:
				class = "element"
			case atoms["C"] && atoms["H"] && len(atoms) == 2:
				class = "hydrocarbon"
			case atoms["C"]:
				class = "carbon compound"
			}
			if row["class"] != class && file == "compounds.csv" {
				t.Errorf("%s is a %s, not a %s", name, class, row["class"])
			}
		}
		if len(rows) != want || len(names) != want || len(cids) != want {
			t.Errorf("%s: %d rows, %d names, %d CIDs, want %d", file, len(rows), len(names), len(cids), want)
		}
	}
}

// The names are odd enough to find out whether names are encoded well.
func TestNamesAreOdd(t *testing.T) {
	for what, least := range map[string]int{" ": 80, ",": 50, "'": 14, "′": 1, "[αβγδεΔω]": 15, "[äöüÄÖÜ]": 5, `\[`: 7, `\(`: 40, `\(\+\)`: 1, "[^A-Za-z0-9 -]": 100} {
		odd := regexp.MustCompile(what)
		n := 0
		for _, row := range table(t, "compounds.csv") {
			if odd.MatchString(row["name"]) {
				n++
			}
		}
		if n < least {
			t.Errorf("%d names with %q, want %d", n, what, least)
		}
	}
}

func TestTableOfCIDs(t *testing.T) {
	cids := map[string]bool{}
	rows := table(t, "cids.csv")
	var list []string
	for _, row := range rows {
		cids[row["cid"]] = row["sample"] != ""
		list = append(list, row["cid"])
	}
	got := text(t, ask(t, quick(), "GET", pugPath+"cid/"+strings.Join(list, ",")+"/cids/TXT"))
	if len(rows) != 300 || len(cids) != 300 || got != strings.Join(list, "\n")+"\n" {
		t.Errorf("%d rows, %d CIDs, of which the server knows %d", len(rows), len(cids), strings.Count(got, "\n"))
	}
}
