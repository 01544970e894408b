package testserver

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/testserver/internal/molecule"
)

// pugXML is the content of the outermost element's tag in each XML response.
const pugXML = ` xmlns="http://pubchem.ncbi.nlm.nih.gov/pug_rest" xmlns:xs="http://www.w3.org/2001/XMLSchema-instance"` +
	` xs:schemaLocation="http://pubchem.ncbi.nlm.nih.gov/pug_rest https://pubchem.ncbi.nlm.nih.gov/pug_rest/pug_rest.xsd"`

// pugField is one value of a compound, or several.
type pugField struct {
	name   string
	values []string
	number bool // only CIDs are: a weight is a string, like PubChem's
	list   bool // in JSON it is always a list
}

// rows returns the rows of a compound: usually one.
func (q *pug) rows(c *compound) [][]pugField {
	row := []pugField{{name: "CID", values: []string{strconv.FormatInt(c.cid, 10)}, number: true}}
	text := func(name string, values ...string) pugField { return pugField{name: name, values: values} }
	switch q.operation {
	case "property":
		for _, p := range q.properties {
			if known := molecule.Property(p); known != "" {
				row = append(row, text(known, molecule.ByCID(c.cid).Property(known)))
			} else {
				row = append(row, text(p, c.property(p)))
			}
		}
	case "synonyms":
		row = append(row, pugField{name: "Synonym", values: c.values[slices.Index(properties, "Title"):], list: true})
	case "description":
		is := c.property("Title") + " is a compound of the formula " + c.property("MolecularFormula") + "."
		return [][]pugField{append(row, text("Title", c.property("Title"))),
			append(slices.Clone(row), text("Description", is), text("DescriptionSourceName", "fetch"))}
	}
	return [][]pugField{row}
}

// write returns the compounds in the requested format, with their properties in the requested order.
func (q *pug) write(found []*compound) string {
	var b strings.Builder
	var rows [][]pugField
	for _, c := range found {
		switch q.output {
		case "SDF":
			b.WriteString(molecule.ByCID(c.cid).SDF(
				[]string{"PUBCHEM_COMPOUND_CID", "PUBCHEM_IUPAC_NAME", "PUBCHEM_MOLECULAR_FORMULA", "PUBCHEM_MOLECULAR_WEIGHT"},
				[]string{strconv.FormatInt(c.cid, 10), c.property("IUPACName"), c.property("MolecularFormula"), c.property("MolecularWeight")}))
		case "PNG": // of the first, like the real server
			return molecule.ByCID(c.cid).Picture(q.size)
		default:
			rows = append(rows, q.rows(c)...)
		}
	}
	outer, inner := "InformationList", "Information"
	switch q.operation {
	case "cids":
		outer, inner = "IdentifierList", "CID"
	case "property":
		outer, inner = "PropertyTable", "Properties"
	}
	switch q.output {
	case "TXT":
		for _, row := range rows {
			b.WriteString(strings.Join(row[len(row)-1].values, "\n") + "\n")
		}
	case "CSV":
		writePugCSV(&b, rows)
	case "XML":
		b.WriteString(`<?xml version="1.0"?>` + "\n<" + outer + pugXML + ">\n")
		for _, row := range rows {
			writePugXML(&b, inner, row)
		}
		b.WriteString("</" + outer + ">\n")
	case "JSON":
		var items []string
		for _, row := range rows {
			if q.operation == "cids" {
				items = append(items, row[0].values[0])
			} else {
				items = append(items, pugJSON(row))
			}
		}
		b.WriteString(`{"` + outer + `":{"` + inner + `":[` + strings.Join(items, ",") + "]}}\n")
	}
	return b.String()
}

func writePugCSV(b *strings.Builder, rows [][]pugField) {
	var names []string
	for _, f := range rows[0] {
		names = append(names, f.name)
	}
	b.WriteString(`"` + strings.Join(names, `","`) + "\"\n")
	for _, row := range rows {
		for i, f := range row {
			if f.number {
				b.WriteString(f.values[0])
				continue
			}
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"` + strings.ReplaceAll(f.values[0], `"`, `""`) + `"`)
		}
		b.WriteByte('\n')
	}
}

// writePugXML writes a row as an element, unless it consists only of that element.
func writePugXML(b *strings.Builder, element string, row []pugField) {
	alone := row[0].name == element
	if !alone {
		b.WriteString("  <" + element + ">\n")
	}
	for _, f := range row {
		for _, value := range f.values {
			b.WriteString("    <" + f.name + ">")
			_ = xml.EscapeText(b, []byte(value)) // into memory
			b.WriteString("</" + f.name + ">\n")
		}
	}
	if !alone {
		b.WriteString("  </" + element + ">\n")
	}
}

func pugJSON(row []pugField) string {
	var members []string
	for _, f := range row {
		var values []string
		for _, value := range f.values {
			if !f.number {
				value = quoteJSON(value)
			}
			values = append(values, value)
		}
		text := strings.Join(values, ",")
		if f.list {
			text = "[" + text + "]"
		}
		members = append(members, `"`+f.name+`":`+text)
	}
	return "{" + strings.Join(members, ",") + "}"
}

// fault writes a refusal in the requested format, like the real server: as text if no other format is possible.
func (q *pug) fault(w http.ResponseWriter, no *refusal) *refusal {
	fault := no.body.(map[string]pugFault)["Fault"]
	switch q.output {
	case "XML":
		var b strings.Builder
		b.WriteString(`<?xml version="1.0"?>` + "\n<Fault" + pugXML + ">\n")
		row := []pugField{{name: "Code", values: []string{fault.Code}}, {name: "Message", values: []string{fault.Message}},
			{name: "Details", values: fault.Details}}
		writePugXML(&b, "Code", row)
		return answer(w, no.status, pugOutputs["XML"], b.String()+"</Fault>\n")
	case "CSV", "TXT", "SDF", "PNG":
		lines := []string{"Status: " + strconv.Itoa(no.status), "Code: " + fault.Code, "Message: " + fault.Message}
		for _, detail := range fault.Details {
			lines = append(lines, "Detail: "+detail)
		}
		return answer(w, no.status, pugOutputs["TXT"], strings.Join(lines, "\n")+"\n")
	}
	return no
}
