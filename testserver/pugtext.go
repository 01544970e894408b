package testserver

import (
	"encoding/json"
	"strconv"
	"strings"
)

// write gives the compounds in the form asked for.
func (q *pug) write(found []*compound) string {
	switch q.output {
	case "CSV":
		return q.csv(found)
	case "TXT":
		return q.txt(found)
	}
	return q.json(found)
}

// json keeps the properties in the order asked for. A weight is a string, as PubChem's is.
func (q *pug) json(found []*compound) string {
	var b strings.Builder
	if q.properties == nil {
		b.WriteString(`{"IdentifierList":{"CID":[`)
		for i, c := range found {
			comma(&b, i)
			b.WriteString(strconv.FormatInt(c.cid, 10))
		}
		b.WriteString("]}}\n")
		return b.String()
	}
	b.WriteString(`{"PropertyTable":{"Properties":[`)
	for i, c := range found {
		comma(&b, i)
		b.WriteString(`{"CID":` + strconv.FormatInt(c.cid, 10))
		for _, p := range q.properties {
			value, _ := c.property(p)
			text, _ := json.Marshal(value) // a string never fails
			b.WriteString(`,"` + p + `":` + string(text))
		}
		b.WriteByte('}')
	}
	b.WriteString("]}}\n")
	return b.String()
}

func (q *pug) csv(found []*compound) string {
	var b strings.Builder
	b.WriteString(`"CID"`)
	for _, p := range q.properties {
		b.WriteString(`,"` + p + `"`)
	}
	b.WriteByte('\n')
	for _, c := range found {
		b.WriteString(strconv.FormatInt(c.cid, 10))
		for _, p := range q.properties {
			value, _ := c.property(p)
			b.WriteString(`,"` + strings.ReplaceAll(value, `"`, `""`) + `"`)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (q *pug) txt(found []*compound) string {
	var b strings.Builder
	for _, c := range found {
		line := strconv.FormatInt(c.cid, 10)
		if q.properties != nil {
			line, _ = c.property(q.properties[0])
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

func comma(b *strings.Builder, i int) {
	if i > 0 {
		b.WriteByte(',')
	}
}
