package policy

import (
	"os"
	"strings"

	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report/layout"
	"example.com/fetch/internal/units"
)

// Version is the version of the JSON of Shown and Listed.
const Version = 1

// Shown is what applies to a host. Its rows may come from anywhere: each says from where.
type Shown struct {
	V    int    `json:"v"`
	Host string `json:"host"`
	Rows []Row  `json:"rows"`
}

// Text is the report for people.
func (s *Shown) Text() []byte {
	p := &layout.Page{Width: layout.UsualWidth}
	p.Line("", units.Host(s.Host))
	table := &layout.Table{Columns: []layout.Column{{Title: "WHAT", Left: true}, {Title: "value", Left: true}, {Title: "from", Left: true}, {Title: "", Left: true}}}
	for _, r := range s.Rows {
		if r.What != "figures" {
			table.Add(r.What, record.Printable(r.Value), record.Printable(r.From), record.Printable(r.Note))
		}
	}
	p.Table(table)
	for _, r := range s.Rows {
		if r.What == "figures" {
			p.Words("", "figures", record.Printable(r.Value))
		}
	}
	return p.Out
}

// Listed are the presets.
type Listed struct {
	V       int      `json:"v"`
	File    string   `json:"file"` // the user's own, whether it is there or not; empty: the system has no folder for it
	Exists  bool     `json:"file_exists"`
	Presets []Preset `json:"presets"`
}

// List lists the presets.
func List() *Listed {
	l := &Listed{V: Version, File: OwnPath()}
	_, err := os.Stat(l.File)
	l.Exists = err == nil
	for _, p := range presetPolicies() {
		one := Preset{Name: p.Name, Hosts: p.hosts, Figures: p.Figures}
		limits := Rows(Limited{Limit: p.Limit, Running: p.RunningTime})
		if p.withContact != nil {
			with := *p.Policy
			with.Limit.Rates = p.withContact
			for _, row := range Rows(Limited{Limit: with.Limit}) {
				if row.What == "rate" {
					row.Note = "with a contact"
					limits = append(limits, row)
				}
			}
		}
		for _, row := range limits {
			text := row.Value
			switch row.What {
			case "slots":
				text += " in flight"
			case "running-time":
				text += " of running time"
			}
			if row.Note == "with a contact" {
				text += " with a contact"
			}
			one.Limits = append(one.Limits, text)
		}
		if p.Timeout > 0 {
			one.Limits = append(one.Limits, "timeout "+units.Bare(p.Timeout))
		}
		l.Presets = append(l.Presets, one)
	}
	return l
}

// Text is the list for people.
func (l *Listed) Text() []byte {
	p := &layout.Page{Width: layout.UsualWidth}
	for _, one := range l.Presets {
		p.Words("", one.Name, strings.Join(one.Hosts, " "))
		p.Words("", "", strings.Join(one.Limits, ", "))
		p.Words("", "", one.Figures)
	}
	if l.File != "" {
		note := ""
		if !l.Exists {
			note = " (does not exist)"
		}
		p.Words("", "your own", record.Printable(l.File)+note)
	}
	return p.Out
}

// FileRow says which file of policies was read: the one that was named, or the user's own, if there is one.
func FileRow(read *File, named bool) Row {
	row := Row{What: "file", From: "your own"}
	switch {
	case named:
		row.From = "--policy"
	case read == nil:
		row.Note = "does not exist"
	}
	if row.Value = OwnPath(); read != nil {
		row.Value = read.Path
	}
	if row.Value == "" {
		row.Value, row.Note = "none", "the system has no folder for it"
	}
	return row
}
