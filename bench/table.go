package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// table is the outcome of one work: a row a tool, ours first, a column a figure, each with its ratio to one of the tools.
type table struct {
	title   string
	against string // the tool that ratios are to; empty: ours
	columns []column
	rows    []*row
	missing []string // tools that are not installed
	notes   []string
}

// reference is the row that ratios are to, or nil where it has no figures.
func (t *table) reference() *row {
	for _, r := range t.rows {
		if t.against != "" && r.tool.name != t.against {
			continue
		}
		if r.err != nil || len(r.runs) == 0 {
			return nil
		}
		return r
	}
	return nil
}

// cells are the table as texts, the head first. A ratio is that tool's figure over the reference's: 2.00x is twice that.
func (t *table) cells() [][]string {
	head := []string{"tool", "runs", "requests"}
	for _, c := range t.columns {
		head = append(head, c.title, "to "+cmp.Or(t.against, "ours"))
	}
	lines, reference := [][]string{head}, t.reference()
	for _, r := range t.rows {
		if r.err != nil || len(r.runs) == 0 {
			continue
		}
		line := []string{r.tool.name, strconv.Itoa(len(r.runs)), strconv.Itoa(r.runs[0].requests)}
		for _, c := range t.columns {
			value, ratio := r.median(c), "-"
			if reference != nil && reference.median(c) > 0 && value > 0 {
				ratio = fmt.Sprintf("%.2fx", value/reference.median(c))
			}
			line = append(line, fmt.Sprintf(c.format, value), ratio)
		}
		lines = append(lines, line)
	}
	return lines
}

// remarks are what a reader must know beside the figures.
func (t *table) remarks() []string {
	remarks := append([]string(nil), t.notes...)
	for _, r := range t.rows {
		if r.err != nil {
			remarks = append(remarks, fmt.Sprintf("%s failed: %v", r.tool.name, r.err))
		}
	}
	if len(t.missing) > 0 {
		remarks = append(remarks, "not installed: "+strings.Join(t.missing, ", "))
	}
	return remarks
}

// text is the table for a terminal.
func (t *table) text() string {
	lines := t.cells()
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n\n", t.title)
	for _, line := range lines {
		for i, cell := range line {
			blanks := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString(cell + blanks)
			} else {
				b.WriteString("  " + blanks + cell)
			}
		}
		b.WriteByte('\n')
	}
	for _, remark := range t.remarks() {
		fmt.Fprintf(&b, "- %s\n", remark)
	}
	return b.String()
}

// markdown is the table for a document.
func (t *table) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n", t.title)
	for i, line := range t.cells() {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(line, " | "))
		if i == 0 {
			fmt.Fprintf(&b, "|---|%s\n", strings.Repeat("---:|", len(line)-1))
		}
	}
	b.WriteByte('\n')
	for _, remark := range t.remarks() {
		fmt.Fprintf(&b, "- %s\n", remark)
	}
	b.WriteByte('\n')
	return b.String()
}
