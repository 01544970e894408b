package testserver

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// structuresSDF has a record of each compound: a molfile (V2000) with all hydrogens, drawn in two dimensions, and what follows
// from it. The structures were made from the IUPAC names of the table by OPSIN, those of salts by hand, and drawn by RDKit;
// InChI and InChIKey were then computed from the molfiles by the InChI Trust's own program. Tests see to it that each has the
// atoms of its formula and an InChI of the same ones. Masses are sums over isotopes (Atomic Mass Evaluation 2012). PubChem's own
// records are laid out otherwise, its SMILES may begin at another atom, and its masses may differ in the last digit.
//
//go:embed structures.sdf.gz
var structuresSDF []byte

// structure is what is known of the atoms of a compound.
type structure struct {
	cid     int64
	molfile string              // up to M  END and its line feed
	fields  map[string][]string // the data items of the record, a value for each line
}

// structural says which data item of a record has a property of PubChem's. The two at the end are names of the first two from
// before 2025, under which they can still be asked for; they are answered under the new ones.
var structural = map[string]string{
	"SMILES": "PUBCHEM_SMILES", "ConnectivitySMILES": "PUBCHEM_CONNECTIVITY_SMILES", "InChI": "PUBCHEM_IUPAC_INCHI",
	"InChIKey": "PUBCHEM_IUPAC_INCHIKEY", "ExactMass": "PUBCHEM_EXACT_MASS", "MonoisotopicMass": "PUBCHEM_MONOISOTOPIC_WEIGHT",
	"IsomericSMILES": "PUBCHEM_SMILES", "CanonicalSMILES": "PUBCHEM_CONNECTIVITY_SMILES",
}

// newNames are the names under which older ones are answered.
var newNames = map[string]string{"IsomericSMILES": "SMILES", "CanonicalSMILES": "ConnectivitySMILES"}

// collection finds structures.
type collection struct {
	byCID map[int64]*structure
	// byText leads to a compound from its InChI, its InChIKey, or one of some common spellings of its SMILES: in PubChem's manner
	// and in that of RDKit, aromatic and not. Other spellings are not known.
	byText map[string]int64
}

// structures reads the records once, when a structure is first asked for. They are a part of the program, and a test sees to it
// that they can be read.
var structures = sync.OnceValue(func() *collection {
	c := &collection{make(map[int64]*structure), make(map[string]int64)}
	z, err := gzip.NewReader(bytes.NewReader(structuresSDF))
	if err != nil {
		return c
	}
	text, _ := io.ReadAll(z)
	for record := range strings.SplitSeq(string(text), "$$$$\n") {
		molfile, data, ok := strings.Cut(record, "> <")
		if !ok {
			continue
		}
		title, _, _ := strings.Cut(molfile, "\n")
		cid, _ := strconv.ParseInt(title, 10, 64)
		s := &structure{cid, molfile, make(map[string][]string)}
		for item := range strings.SplitSeq(strings.TrimSuffix(data, "\n\n"), "\n\n> <") {
			name, values, _ := strings.Cut(item, ">\n")
			s.fields[name] = strings.Split(values, "\n")
		}
		for _, name := range []string{"PUBCHEM_SMILES", "PUBCHEM_IUPAC_INCHI", "PUBCHEM_IUPAC_INCHIKEY", "OTHER_SMILES"} {
			for _, text := range s.fields[name] {
				c.byText[text] = cid
			}
		}
		c.byCID[cid] = s
	}
	return c
})

// sdf gives the record of a compound as PubChem does, with those of its fields that are known here.
func (c *compound) sdf() string {
	s := structures().byCID[c.cid]
	var b strings.Builder
	b.WriteString(s.molfile)
	item := func(name, value string) { b.WriteString("> <" + name + ">\n" + value + "\n\n") }
	item("PUBCHEM_COMPOUND_CID", strconv.FormatInt(c.cid, 10))
	item("PUBCHEM_IUPAC_NAME", c.property("IUPACName"))
	item("PUBCHEM_MOLECULAR_FORMULA", c.property("MolecularFormula"))
	item("PUBCHEM_MOLECULAR_WEIGHT", c.property("MolecularWeight"))
	for _, name := range slices.Sorted(maps.Keys(s.fields)) {
		if strings.HasPrefix(name, "PUBCHEM_") {
			item(name, s.fields[name][0])
		}
	}
	b.WriteString("$$$$\n")
	return b.String()
}

// atom is one of a molfile.
type atom struct {
	symbol string
	x, y   float64
}

// bond joins two atoms, which are counted from 0.
type bond struct{ from, to, order int }

// drawing reads the molfile.
func (s *structure) drawing() (atoms []atom, bonds []bond) {
	lines := strings.Split(s.molfile, "\n")
	if len(lines) < 4 {
		return nil, nil
	}
	number := func(line string, from, to int) int {
		n, _ := strconv.Atoi(strings.TrimSpace(line[from:to]))
		return n
	}
	atomCount, bondCount := number(lines[3], 0, 3), number(lines[3], 3, 6)
	for _, line := range lines[4 : 4+atomCount] {
		x, _ := strconv.ParseFloat(strings.TrimSpace(line[:10]), 64)
		y, _ := strconv.ParseFloat(strings.TrimSpace(line[10:20]), 64)
		atoms = append(atoms, atom{strings.TrimSpace(line[31:34]), x, y})
	}
	for _, line := range lines[4+atomCount : 4+atomCount+bondCount] {
		bonds = append(bonds, bond{number(line, 0, 3) - 1, number(line, 3, 6) - 1, number(line, 6, 9)})
	}
	return atoms, bonds
}
