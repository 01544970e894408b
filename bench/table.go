package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"example.com/fetch/internal/units"
)

// table is one work and its outcome: a row a tool, ours first, a column a figure, each with its ratio to one of the tools.
type table struct {
	title   string
	against string // the tool that ratios are to; empty: ours
	columns []column
	notes   []string
	server  string // what a note says of it; empty: its name

	tools []tool
	job   job
	times int  // runs of each tool; 0: as many as asked for
	fresh bool // each run has a server that was started anew

	rows    []*row
	missing []string // tools that are not installed
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

// remarkLines are what a reader must know beside the figures.
func (t *table) remarkLines() string {
	remarks := slices.Clone(t.notes)
	for _, r := range t.rows {
		if r.err != nil {
			remarks = append(remarks, fmt.Sprintf("%s failed: %v", r.tool.name, r.err))
		}
	}
	if len(t.missing) > 0 {
		remarks = append(remarks, "not installed: "+strings.Join(t.missing, ", "))
	}
	return "- " + strings.Join(remarks, "\n- ") + "\n"
}

// text is the table for a terminal.
func (t *table) text() string {
	lines := t.cells()
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], units.Width(cell))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n\n", t.title)
	for _, line := range lines {
		b.WriteString(units.PadRight(line[0], widths[0]))
		for i, cell := range line[1:] {
			b.WriteString("  " + units.PadLeft(cell, widths[i+1]))
		}
		b.WriteByte('\n')
	}
	b.WriteString(t.remarkLines())
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
	return b.String() + "\n" + t.remarkLines() + "\n"
}
