package record

import (
	"net/url"
	"strings"

	"example.com/fetch/fetcher"
)

// columns remembers which columns of a table are credentials. The rows of a table have the same columns in the same
// places, and looking at the name of each again and again would be most of the work.
type columns []struct {
	name       string
	credential bool
}

// credential is IsCredentialColumn for the name of the column at place i.
func (c *columns) credential(i int, name string) bool {
	if i < len(*c) && (*c)[i].name == name {
		return (*c)[i].credential
	}
	for i >= len(*c) {
		*c = append(*c, struct {
			name       string
			credential bool
		}{})
	}
	(*c)[i].name, (*c)[i].credential = name, IsCredentialColumn(name)
	return (*c)[i].credential
}

// appendCells appends the cells of a row's credential columns, as they stand and as URLs and forms have them.
func (c *columns) appendCells(all []string, row fetcher.Row) []string {
	for i, cell := range row {
		if cell.Value == "" || !c.credential(i, cell.Column) {
			continue
		}
		all = append(all, cell.Value)
		if form := url.QueryEscape(cell.Value); form != cell.Value {
			all = append(all, form)
			if strings.Contains(form, "+") {
				all = append(all, strings.ReplaceAll(form, "+", "%20"))
			}
		}
	}
	return all
}

// cellsOf are the cells of credential columns in the row or rows of a request; nil if there are none. A template may have
// put them anywhere into the URL.
func (c *columns) cellsOf(req *fetcher.Request) []string {
	return c.withRows(longestFirst(c.appendCells(nil, req.Row)), req.Rows)
}

// withRows adds to the secrets of a request the cells of credential columns in rows.
func (c *columns) withRows(secrets []string, rows []fetcher.Row) []string {
	n := len(secrets)
	all := secrets[:n:n]
	for _, row := range rows {
		all = c.appendCells(all, row)
	}
	if len(all) > n {
		all = longestFirst(all)
	}
	return all
}

// mask masks the cells of credential columns whole, and in the others the secrets that they repeat. A row that has
// nothing to mask is given as it is: nobody writes to it.
func (c *columns) mask(row fetcher.Row, secrets []string) fetcher.Row {
	masked := row
	for i, cell := range row {
		v := text(MaskText(cell.Value, secrets...))
		column := text(cell.Column)
		if cell.Value != "" && c.credential(i, cell.Column) {
			v = Mask
		}
		if v == cell.Value && column == cell.Column {
			continue
		}
		if &masked[0] == &row[0] {
			masked = append(fetcher.Row(nil), row...)
		}
		masked[i] = fetcher.Cell{Column: column, Value: v}
	}
	return masked
}
