package testserver

import (
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
	items := make([]string, len(found))
	for i, c := range found {
		items[i] = strconv.FormatInt(c.cid, 10)
		if q.properties == nil {
			continue
		}
		items[i] = `{"CID":` + items[i]
		for _, p := range q.properties {
			value, _ := c.property(p)
			items[i] += `,"` + p + `":` + quoteJSON(value)
		}
		items[i] += "}"
	}
	list := strings.Join(items, ",")
	if q.properties == nil {
		return `{"IdentifierList":{"CID":[` + list + "]}}\n"
	}
	return `{"PropertyTable":{"Properties":[` + list + "]}}\n"
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
