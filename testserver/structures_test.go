package testserver

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"image"
	"image/png"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/fetch/testserver/internal/molecule"
)

// countOf counts the atoms of a formula, or of several with dots between them, such as 2ClH.Ca.
func countOf(formula string) map[string]int {
	count := map[string]int{}
	for part := range strings.SplitSeq(formula, ".") {
		digits := part[:len(part)-len(strings.TrimLeft(part, "0123456789"))]
		times := max(1, atoi(digits))
		for _, m := range regexp.MustCompile(`([A-Z][a-z]?)(\d*)`).FindAllStringSubmatch(part[len(digits):], -1) {
			count[m[1]] += times * max(1, atoi(m[2]))
		}
	}
	return count
}

func atoi(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// molfile reads a molfile by its columns, as strictly as the format is written down, and gives its atoms.
func molfile(t *testing.T, text string) map[string]int {
	t.Helper()
	lines := strings.Split(text, "\n")
	counts := regexp.MustCompile(`^( *\d+)( *\d+)(?:  0){8}999 V2000$`).FindStringSubmatch(lines[3])
	if counts == nil || len(counts[1]) != 3 || len(counts[2]) != 3 {
		t.Fatalf("counts: %q", lines[3])
	}
	atoms, bonds := atoi(strings.TrimSpace(counts[1])), atoi(strings.TrimSpace(counts[2]))
	count := map[string]int{}
	for _, line := range lines[4 : 4+atoms] {
		m := regexp.MustCompile(`^(?: *-?\d+\.\d{4}){3} ([A-Z][a-z]?) +0(?:  \d| 15){11}$`).FindStringSubmatch(line)
		if m == nil || len(line) != 69 || line[5] != '.' || line[15] != '.' || line[25] != '.' {
			t.Fatalf("atom: %q", line)
		}
		count[m[1]]++
	}
	for _, line := range lines[4+atoms : 4+atoms+bonds] {
		from, to, order := atoi(strings.TrimSpace(line[:3])), atoi(strings.TrimSpace(line[3:6])), atoi(strings.TrimSpace(line[6:9]))
		if from < 1 || from > atoms || to < 1 || to > atoms || from == to || order < 1 || order > 3 {
			t.Fatalf("bond: %q", line)
		}
	}
	charge := 0
	rest := lines[4+atoms+bonds:]
	for len(rest) > 2 && strings.HasPrefix(rest[0], "M  ") {
		if f := strings.Fields(rest[0]); f[1] == "CHG" {
			for i := 4; i < len(f); i += 2 {
				charge += atoi(f[i])
			}
		}
		rest = rest[1:]
	}
	if lines[len(lines)-2] != "M  END" || len(rest) > 2 || charge != 0 {
		t.Fatalf("the end of %q: %q, charge %d", lines[0], rest, charge)
	}
	return count
}

// keyOf makes the InChIKey of an InChI again, by the rules of the InChI Trust: letters for the bits of a hash of its first
// layers (formula, connections, hydrogens, charges), and for those of the others; N is for no hydrogen ion added, M for one taken, O for one more.
func keyOf(inchi string) string {
	var triplets []string
	for _, a := range "ABCDFGHIJKLMNOPQRSTUVWXYZ" { // no E
		for _, b := range "ABCDEFGHIJKLMNOPQRSTUVWXYZ" {
			for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZ" {
				if s := string([]rune{a, b, c}); s < "TAA" || s > "TTV" {
					triplets = append(triplets, s)
				}
			}
		}
	}
	letters := func(text string, threes int) string {
		sum := sha256.Sum256([]byte(text))
		at := 0
		bits := func(n int) (value int) {
			for i := range n {
				value |= int(sum[at/8]>>(at%8)&1) << i
				at++
			}
			return value
		}
		var b strings.Builder
		for range threes {
			b.WriteString(triplets[bits(14)])
		}
		two := bits(9)
		return b.String() + string([]byte{'A' + byte(two/26), 'A' + byte(two%26)})
	}
	layers := regexp.MustCompile(`^InChI=1S/([^/]+(?:/c[^/]*)?(?:/h[^/]*)?(?:/q[^/]*)?)(/p[-+]\d)?(.*)$`).FindStringSubmatch(inchi)
	minor := layers[3]
	if len(minor) < 255 {
		minor += minor
	}
	return letters(layers[1], 4) + "-" + letters(minor, 2) + "SA-" + string('N'+rune(atoi(strings.TrimPrefix(layers[2], "/p"))))
}

// Each structure has the atoms of its compound's formula, its InChI too, and its InChIKey is that of the InChI. A wrong atom, a
// wrong bond order or a line in the wrong place rarely passes.
func TestStructures(t *testing.T) {
	keys := map[string]bool{}
	for cid, c := range compounds().byCID {
		m := molecule.ByCID(cid)
		if m == nil {
			t.Errorf("%s has no structure", c.property("Title"))
			continue
		}
		want := fmt.Sprint(countOf(c.property("MolecularFormula")))
		inchi, key := m.Property("InChI"), m.Property("InChIKey")
		sdf, _, _ := strings.Cut(m.SDF(nil, nil), "> <")
		if got := fmt.Sprint(molfile(t, sdf)); got != want {
			t.Errorf("%s: %s in the molfile, want %s", c.property("Title"), got, want)
		}
		layers := strings.Split(inchi, "/")
		count := countOf(layers[1])
		for _, layer := range layers { // the formula of a salt has the hydrogen of its acid, which this layer corrects
			if more, ok := strings.CutPrefix(layer, "p"); ok {
				if count["H"] += atoi(more); count["H"] == 0 {
					delete(count, "H")
				}
			}
		}
		if got := fmt.Sprint(count); got != want {
			t.Errorf("%s: %s in %s, want %s", c.property("Title"), got, inchi, want)
		}
		if got := keyOf(inchi); got != key || keys[key] {
			t.Errorf("%s: %s of %s, want %s, and nobody else's", c.property("Title"), key, inchi, got)
		}
		keys[key] = true
		mass, err := strconv.ParseFloat(m.Property("ExactMass"), 64)
		weight, _ := strconv.ParseFloat(c.property("MolecularWeight"), 64)
		if err != nil || mass < weight*0.985 || mass > weight*1.01 {
			t.Errorf("%s: exact mass %v, weight %v", c.property("Title"), mass, weight)
		}
	}
}

// What PubChem shows for some.
func TestKnownStructures(t *testing.T) {
	for name, want := range map[string][]string{
		"ethanol":              {"CCO", "InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3", "LFQSCWFLJHTTHZ-UHFFFAOYSA-N", "46.0418648"},
		"aspirin":              {"CC(=O)OC1=CC=CC=C1C(=O)O", "InChI=1S/C9H8O4/c1-6(10)13-8-5-3-2-4-7(8)9(11)12/h2-5H,1H3,(H,11,12)", "BSYNRYMUTXBXSQ-UHFFFAOYSA-N", "180.0422587"},
		"caffeine":             {"CN1C=NC2=C1C(=O)N(C(=O)N2C)C", "InChI=1S/C8H10N4O2/c1-10-4-9-6-5(10)7(13)12(3)8(14)11(6)2/h4H,1-3H3", "RYYVLZVUVIJVGH-UHFFFAOYSA-N", "194.0803755"},
		"nicotine":             {"CN1CCC[C@H]1C2=CN=CC=C2", "InChI=1S/C10H14N2/c1-12-7-3-5-10(12)9-4-2-6-11-8-9/h2,4,6,8,10H,3,5,7H2,1H3/t10-/m0/s1", "SNICXCGAKADSCV-JTQLQIEISA-N", "162.1156984"},
		"sodium chloride":      {"[Na+].[Cl-]", "InChI=1S/ClH.Na/h1H;/q;+1/p-1", "FAPWRFPIFSIZLT-UHFFFAOYSA-M", "57.9586219"},
		"cholesterol":          {"", "", "HVYWMOMLDIMFJA-DPAQBDIFSA-N", "386.354866"},
		"carbon tetrachloride": {"", "InChI=1S/CCl4/c2-1(3,4)5", "VZGDMQKNWNREIO-UHFFFAOYSA-N", "153.8724"},
	} {
		c := compounds().byName[name]
		for i, p := range []string{"SMILES", "InChI", "InChIKey", "ExactMass"} {
			got := molecule.ByCID(c.cid).Property(p)
			if want[i] != "" && got != want[i] && !(i == 3 && strings.HasPrefix(got, want[i])) {
				t.Errorf("%s: %s is %s, want %s", name, p, got, want[i])
			}
		}
	}
}

// A structure is found by its InChIKey, its InChI and some spellings of its SMILES, wherever these stand.
func TestStructuresAreFound(t *testing.T) {
	const form = "Content-Type: application/x-www-form-urlencoded"
	h := quick()
	for path, want := range map[string]string{
		"smiles/CC(=O)OC1=CC=CC=C1C(=O)O":      "2244",
		"smiles/CC(=O)Oc1ccccc1C(=O)O":         "2244",
		"smiles/C1%3DCC%3DCC%3DC1":             "241",
		"smiles/CC%23N":                        "6342",
		"inchikey/RYYVLZVUVIJVGH-UHFFFAOYSA-N": "2519",
		"smiles/XeXeXe":                        "0", // as the real one
	} {
		if got := text(t, ask(t, h, "GET", pugPath+path+"/cids/TXT", "X-Client: "+path)); got != want+"\n" {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	for smiles, want := range map[string]string{`CCCCCCCC/C=C\CCCCCCCC(=O)O`: "445639", "[Na+].[Cl-]": "5234", "CC#N": "6342"} {
		query := ask(t, h, "GET", pugPath+"smiles/cids/TXT?smiles="+url.QueryEscape(smiles), "X-Client: q"+smiles)
		post := askBody(t, h, "POST", pugPath+"smiles/cids/TXT", url.Values{"smiles": {smiles}}.Encode(), form, "X-Client: p"+smiles)
		if q, p := text(t, query), text(t, post); q != want+"\n" || p != q {
			t.Errorf("%s: %q in the query, %q in a form, want %s", smiles, q, p, want)
		}
	}
	inchi := url.Values{"inchi": {"InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3"}}.Encode()
	if got := text(t, askBody(t, h, "POST", pugPath+"inchi/property/InChIKey/TXT", inchi, form)); got != "LFQSCWFLJHTTHZ-UHFFFAOYSA-N\n" {
		t.Error(got)
	}
	if got := text(t, askBody(t, h, "POST", pugPath+"cid/property/SMILES/CSV", "cid=702,887", form)); got != "\"CID\",\"SMILES\"\n702,\"CCO\"\n887,\"CO\"\n" {
		t.Error(got)
	}
}

// The outputs, read by the readers of the standard library.
func TestPubChemOutputs(t *testing.T) {
	h := quick()
	get := func(path string) string {
		t.Helper()
		resp := ask(t, h, "GET", pugPath+path, "X-Client: "+path)
		if body := text(t, resp); resp.StatusCode == 200 {
			return body
		} else {
			t.Fatalf("%s: %d %s", path, resp.StatusCode, body)
			return ""
		}
	}
	rows, err := csv.NewReader(strings.NewReader(get("cid/2244,5793/property/MolecularWeight,IUPACName,CanonicalSMILES/CSV"))).ReadAll()
	if err != nil || len(rows) != 3 || !slices.Equal(rows[0], []string{"CID", "MolecularWeight", "IUPACName", "ConnectivitySMILES"}) ||
		rows[2][2] != "(3R,4S,5S,6R)-6-(hydroxymethyl)oxane-2,3,4,5-tetrol" || rows[2][3] != "C(C1C(C(C(C(O1)O)O)O)O)O" {
		t.Errorf("%q %v", rows, err)
	}
	var table struct {
		XMLName    xml.Name `xml:"http://pubchem.ncbi.nlm.nih.gov/pug_rest PropertyTable"`
		Properties []struct {
			CID             int
			MolecularWeight string
			IUPACName       string
		}
	}
	if err := xml.Unmarshal([]byte(get("cid/1318,64944/property/MolecularWeight,IUPACName/XML")), &table); err != nil ||
		len(table.Properties) != 2 || table.Properties[1].CID != 64944 || !strings.HasPrefix(table.Properties[1].IUPACName, "2',7'-dichloro") {
		t.Errorf("%+v %v", table, err)
	}
	var list struct{ CID []int }
	if err := xml.Unmarshal([]byte(get("cid/702,887/cids/XML")), &list); err != nil || !slices.Equal(list.CID, []int{702, 887}) {
		t.Errorf("%+v %v", list, err)
	}
	var info struct {
		InformationList struct {
			Information []struct {
				CID                int
				Synonym            []string
				Title, Description string
			}
		}
	}
	if err := json.Unmarshal([]byte(get("name/acetone/synonyms/JSON")), &info); err != nil || info.InformationList.Information[0].CID != 180 ||
		!slices.Equal(info.InformationList.Information[0].Synonym, []string{"acetone", "2-propanone", "dimethyl ketone"}) {
		t.Errorf("%+v %v", info, err)
	}
	if got := get("name/acetone/synonyms/TXT"); got != "acetone\n2-propanone\ndimethyl ketone\n" {
		t.Errorf("%q", got)
	}
	if err := json.Unmarshal([]byte(get("cid/180/description/JSON")), &info); err != nil || info.InformationList.Information[0].Title != "acetone" ||
		info.InformationList.Information[1].Description != "acetone is a compound of the formula C3H6O." {
		t.Errorf("%+v %v", info, err)
	}
	records := strings.Split(get("cid/702,2244/record/SDF"), "$$$$\n")
	if len(records) != 3 || records[2] != "" || !strings.HasPrefix(records[1], "2244\n") ||
		!strings.Contains(records[1], "\nM  END\n> <PUBCHEM_COMPOUND_CID>\n2244\n\n") ||
		!strings.HasSuffix(records[1], "\n> <PUBCHEM_SMILES>\nCC(=O)OC1=CC=CC=C1C(=O)O\n\n") || strings.Contains(records[1], "OTHER") {
		t.Errorf("%q", records)
	}
	if get("name/ethanol/SDF") != records[0]+"$$$$\n" {
		t.Error("one record is another one alone")
	}
}

func TestPubChemPictures(t *testing.T) {
	h := quick()
	draw := func(path string) (width, height, inks int, body string) {
		resp := ask(t, h, "GET", pugPath+path, "X-Client: "+path)
		body = text(t, resp)
		img, err := png.Decode(strings.NewReader(body))
		if err != nil || resp.Header.Get("Content-Type") != "image/png" {
			t.Fatalf("%s: %d %v", path, resp.StatusCode, err)
		}
		seen := map[any]bool{}
		size := img.Bounds()
		for y := range size.Dy() {
			for x := range size.Dx() {
				seen[img.At(x, y)] = true
			}
		}
		return size.Dx(), size.Dy(), len(seen), body
	}
	pictures := map[string]bool{}
	for path, want := range map[string][3]int{
		"name/aspirin/PNG":                     {300, 300, 3}, // paper, carbon, oxygen
		"name/caffeine/PNG":                    {300, 300, 4},
		"name/caffeine/PNG?image_size=large":   {300, 300, 4},
		"cid/2244/record/PNG?image_size=small": {100, 100, 3},
		"cid/962/PNG?image_size=320x240":       {320, 240, 3}, // water with its hydrogens
		"cid/783/PNG":                          {300, 300, 2},
		"cid/5234/PNG":                         {300, 300, 3},
	} {
		w, ht, inks, body := draw(path)
		if w != want[0] || ht != want[1] || inks != want[2] {
			t.Errorf("%s: %d x %d, %d colours, want %v", path, w, ht, inks, want)
		}
		if _, _, _, again := draw(path); again != body {
			t.Errorf("%s: another picture the second time", path)
		}
		pictures[body] = true
	}
	if len(pictures) != 6 { // caffeine is the same twice
		t.Errorf("%d different pictures", len(pictures))
	}
	for cid := range compounds().byCID {
		for _, size := range []int{1, 100} {
			if _, err := png.Decode(strings.NewReader(molecule.ByCID(cid).Picture(image.Pt(size, size)))); err != nil {
				t.Errorf("CID %d: %v", cid, err)
			}
		}
	}
	for _, size := range []string{"huge", "0x5", "5000x5", "-1x5", "5", "x5", "5x"} {
		if resp := ask(t, h, "GET", pugPath+"cid/962/PNG?image_size="+size, "X-Client: "+size); resp.StatusCode != 400 {
			t.Errorf("%s: %d", size, resp.StatusCode)
		}
	}
}

// A refusal comes in the form that was asked for.
func TestPubChemFaults(t *testing.T) {
	for path, want := range map[string]string{
		"name/unobtainium/property/Title/TXT":            "404 Status: 404\nCode: PUGREST.NotFound\nMessage: No CID found\nDetail: No CID found that matches the given name\n",
		"name/unobtainium/SDF":                           "404 Status: 404\nCode: PUGREST.NotFound\nMessage: No CID found\nDetail: No CID found that matches the given name\n",
		"inchikey/RYYVLZVUVIJVGH-UHFFFAOYSA-M/cids/JSON": `404 {"Fault":{"Code":"PUGREST.NotFound","Message":"No CID found","Details":["No CID found that matches the given InChI key"]}}`,
		"smiles/Xe/property/Title/JSON":                  `404 {"Fault":{"Code":"PUGREST.NotFound","Message":"No CID found","Details":["No CID found that matches the given SMILES"]}}`,
		"cid/702/SDF?record_type=3d":                     "404 Status: 404\nCode: PUGREST.NotFound\nMessage: No records found for the given CID(s)\nDetail: compounds are flat here\n",
		"cid/702/property/XLogP/JSON":                    `501 {"Fault":{"Code":"PUGREST.Unimplemented","Message":"The property XLogP is not here"}}`,
		"cid/702/sids/JSON":                              `501 {"Fault":{"Code":"PUGREST.Unimplemented","Message":"Only property, cids, synonyms, description and record are here"}}`,
		"cid/702/JSON":                                   `501 {"Fault":{"Code":"PUGREST.Unimplemented","Message":"Of record only SDF, PNG are here"}}`,
		"cid/702/property/JSON":                          "400",
		"cid/JSON":                                       "400",
		"cid/702/colour/JSON":                            "400",
	} {
		resp := ask(t, quick(), "GET", pugPath+path)
		got := strconv.Itoa(resp.StatusCode) + " " + text(t, resp)
		if got != want && !(len(want) == 3 && strings.HasPrefix(got, want+` {"Fault":{"Code":"PUGREST.BadRequest"`)) {
			t.Errorf("%s: %s\nwant %s", path, got, want)
		}
	}
	var fault struct {
		XMLName                xml.Name `xml:"http://pubchem.ncbi.nlm.nih.gov/pug_rest Fault"`
		Code, Message, Details string
	}
	body := text(t, ask(t, quick(), "GET", pugPath+"name/unobtainium/cids/XML"))
	if err := xml.Unmarshal([]byte(body), &fault); err != nil || fault.Code != "PUGREST.NotFound" || fault.Details != "No CID found that matches the given name" {
		t.Errorf("%s: %+v %v", body, fault, err)
	}
}
