// Package molecule has the structures of the compounds that the bundled PubChem knows: as molfiles, as the identifiers that
// follow from them, and as pictures.
package molecule

import (
	"bytes"
	"cmp"
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
// InChI and InChIKey were then computed from the molfiles by the InChI Trust's own program. Tests of testserver see to it that each has the
// atoms of its formula and an InChI of the same ones. Masses are sums over isotopes (Atomic Mass Evaluation 2012). PubChem's own
// records are laid out otherwise, its SMILES may begin at another atom, and its masses may differ in the last digit.
//
//go:embed structures.sdf.gz
var structuresSDF []byte

// Molecule is what is known of the atoms of a compound.
type Molecule struct {
	cid     int64
	molfile string              // up to M  END and its line feed
	items   map[string][]string // the data items of the record, a value for each line
}

// properties say in which data item PubChem has a property.
var properties = map[string]string{
	"SMILES": "PUBCHEM_SMILES", "ConnectivitySMILES": "PUBCHEM_CONNECTIVITY_SMILES", "InChI": "PUBCHEM_IUPAC_INCHI",
	"InChIKey": "PUBCHEM_IUPAC_INCHIKEY", "ExactMass": "PUBCHEM_EXACT_MASS", "MonoisotopicMass": "PUBCHEM_MONOISOTOPIC_WEIGHT",
}

// Property returns the name under which PubChem answers a property that is told here; "" if it is none. Two had another name
// before 2025.
func Property(name string) string {
	name = cmp.Or(map[string]string{"IsomericSMILES": "SMILES", "CanonicalSMILES": "ConnectivitySMILES"}[name], name)
	if properties[name] == "" {
		return ""
	}
	return name
}

// ByCID returns the molecule of a compound; nil if there is none.
func ByCID(cid int64) *Molecule { return all().byCID[cid] }

// CID returns the compound that an InChI, an InChIKey or a SMILES stands for; 0 if there is none. A SMILES is known as it is
// written here, or as RDKit writes it, aromatic or not: other spellings are not.
func CID(text string) int64 { return all().byText[text] }

// collection finds molecules.
type collection struct {
	byCID  map[int64]*Molecule
	byText map[string]int64
}

// all reads the records once, when one is first asked for. They are a part of the program, and tests see to it that they can be
// read.
var all = sync.OnceValue(func() *collection {
	c := &collection{make(map[int64]*Molecule), make(map[string]int64)}
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
		m := &Molecule{cid, molfile, make(map[string][]string)}
		for item := range strings.SplitSeq(strings.TrimSuffix(data, "\n\n"), "\n\n> <") {
			name, values, _ := strings.Cut(item, ">\n")
			m.items[name] = strings.Split(values, "\n")
		}
		for _, name := range []string{"PUBCHEM_SMILES", "PUBCHEM_IUPAC_INCHI", "PUBCHEM_IUPAC_INCHIKEY", "OTHER_SMILES"} {
			for _, text := range m.items[name] {
				c.byText[text] = cid
			}
		}
		c.byCID[cid] = m
	}
	return c
})

// Property returns the value of a property that Property has the name of.
func (m *Molecule) Property(name string) string { return m.items[properties[name]][0] }

// SDF returns the record of the molecule, with some data items of the caller's before its own.
func (m *Molecule) SDF(names, values []string) string {
	var b strings.Builder
	b.WriteString(m.molfile)
	item := func(name, value string) { b.WriteString("> <" + name + ">\n" + value + "\n\n") }
	for i, name := range names {
		item(name, values[i])
	}
	for _, name := range slices.Sorted(maps.Values(properties)) {
		item(name, m.items[name][0])
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
func (m *Molecule) drawing() (atoms []atom, bonds []bond) {
	lines := strings.Split(m.molfile, "\n")
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
