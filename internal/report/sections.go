package report

import (
	"strings"

	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// section is a part of a report for people, with the same words on a page and in Markdown.
type section struct {
	apart  bool           // preceded by a blank line on a page
	lines  []layout.Field // without labels
	fields fields
	table  *layout.Table      // nil: none
	more   string             // what the table leaves out
	draw   func(*layout.Page) // drawn on pages only
}

// fields are labelled lines.
type fields []layout.Field

func (f *fields) add(name string, parts ...string) {
	*f = append(*f, layout.Field{Name: name, Parts: parts})
}

// maxFields is the number of lines from which on no further error examples are added.
const maxFields = 10

// examples adds the first error of each class, the most frequent class first.
func (f *fields) examples(classes measure.Counts, errors measure.Errors) {
	for _, class := range units.ByCount(classes) {
		if text := errors[class]; text != "" && len(*f) < maxFields {
			f.add("", "the first "+record.Printable(class)+": "+record.Printable(text))
		}
	}
}

// show prints sections. Labels are padded to the given width and dimmed.
func show(p *layout.Page, sections []section, label int) {
	for _, s := range sections {
		if s.apart && (s.fields != nil || s.table != nil) {
			p.Blank()
		}
		for _, f := range s.lines {
			p.Parts(f.Color, f.Parts...)
		}
		for _, f := range s.fields {
			f.Name = units.PadRight(f.Name, label)
			p.Field(f)
		}
		if s.table != nil {
			p.Table(s.table)
		}
		if s.more != "" {
			p.Parts("", s.more)
		}
		if s.draw != nil {
			s.draw(p)
		}
	}
}

// appendMarkdown appends sections: all lines as a list, and below it the tables.
func appendMarkdown(dst []byte, sections []section, ruled bool) []byte {
	for _, s := range sections {
		for _, f := range append(s.lines, s.fields...) {
			dst = append(dst, "- "...)
			if f.Name != "" {
				dst = append(dst, f.Name+": "...)
			}
			dst = append(dst, units.Inert(strings.Join(f.Parts, layout.Separator))+"\n"...)
		}
	}
	for _, s := range sections {
		if s.table != nil {
			dst = pipes{}.appendTable(append(dst, '\n'), s.table, ruled)
		}
		if s.more != "" {
			dst = append(dst, "\n"+s.more+"\n"...)
		}
	}
	return dst
}

// addSome adds a count with its noun, unless it is 0.
func addSome(parts []string, n int64, what string) []string {
	if n > 0 {
		parts = append(parts, units.Count(n)+" "+what)
	}
	return parts
}
