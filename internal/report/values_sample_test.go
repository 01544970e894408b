package report_test

import (
	"encoding/json"
	"fmt"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
)

func raw(values ...string) []json.RawMessage {
	var all []json.RawMessage
	for _, v := range values {
		all = append(all, json.RawMessage(v))
	}
	return all
}

// summed is the summary of records as a run gives it, with times that do not matter made plain.
func summed(rs []*record.Record) *measure.Summary {
	c := measure.New(measure.Config{WhatIf: -1})
	for _, r := range rs {
		c.Add(r)
	}
	s := c.Summary(measure.End{Wall: ms(250).Duration(), Duplicates: 2})
	return s
}

const pubchem = "http://pubchem.test/rest/pug/compound/"

// values is a run over compounds from whose answers an object, scalars, several values, or nothing was taken.
func values() ([]*record.Record, *measure.Summary) {
	var rs []*record.Record
	for i, c := range []struct{ name, values, file string }{
		{"water", `{"MolecularFormula":"H2O","MolecularWeight":"18.015"}`, "water.json"},
		{"acetic acid", `{"MolecularFormula":"C2H4O2","MolecularWeight":60.050}`, "acetic acid.json"},
		{"β-carotene, 2'-hydroxy", `{"MolecularFormula":"C40H56O","extra":[1, 2]}`, "β-carotene, 2'-hydroxy-and-a-long-tail-of-a-name.json"},
		{"wafer", "", ""},
		{"sodium", "46.07", "sodium.json"},
		{"nothing", "null", "nothing.json"},
		{"absent", "", ""},
	} {
		r := rec(int64(i+1), c.name, fmt.Sprintf(pubchem+"name/%s/property/MolecularFormula,MolecularWeight/JSON", c.name), 40)
		r.Row = fetcher.Row{{Column: "name", Value: c.name}, {Column: "source", Value: "list"}}
		r.File = c.file
		if c.values != "" {
			r.Values = raw(c.values)
		}
		switch c.name {
		case "wafer":
			failed(r, 404, "http_4xx", "404 Not Found")
		case "sodium":
			r.Values = raw(c.values, `"two\twords"`, `[1,{"a":null}]`)
		case "absent":
			r.Status, r.Notes = 404, []string{record.NoteMissing}
		}
		rs = append(rs, r)
	}
	return rs, summed(rs)
}

// batches is a run of three batches over CIDs: one whole, one of which rows have no answer, and one that failed.
func batches() ([]*record.Record, *measure.Summary) {
	var rs []*record.Record
	cid := 700
	for i, n := range []int{3, 4, 2} {
		r := rec(int64(i+1), "", fmt.Sprintf(pubchem+"cid/%d,%d/property/MolecularWeight/JSON", cid, cid+n-1), 55)
		r.Rows = []record.Answer{}
		for range n {
			r.Rows = append(r.Rows, record.Answer{Row: fetcher.Row{{Column: "cid", Value: fmt.Sprint(cid)}, {Column: "note", Value: "=x"}}, OK: true,
				Values: raw(fmt.Sprintf(`{"MolecularWeight":"%d.5"}`, cid))})
			cid++
		}
		switch i {
		case 1:
			for _, j := range []int{0, 3} {
				a := &r.Rows[j]
				*a = record.Answer{Row: a.Row, Error: "no answer for cid " + a.Row[0].Value}
			}
			r.Rows[2].Row = fetcher.Row{{Column: "cid", Value: "705"}, {Column: "note", Value: ""}}
		case 2:
			failed(r, 503, "http_5xx", "503 Service Unavailable")
			for j := range r.Rows {
				a := &r.Rows[j]
				*a = record.Answer{Row: a.Row, Error: r.Error}
			}
		}
		rs = append(rs, r)
	}
	return rs, summed(rs)
}

// hostileValues is a run whose values came from someone who means ill.
func hostileValues() ([]*record.Record, *measure.Summary) {
	bad := "\x1b]0;owned\x07\u009b31m\u202e\u2066\r\n\t\x00\x7f|`<b>[x](y)\"',=1+1"
	text, _ := json.Marshal("=" + bad)
	text = record.AppendValue(nil, text)
	first := rec(1, "a", "http://h.test/", 5)
	first.Row = fetcher.Row{{Column: "value", Value: "x"}, {Column: "k", Value: bad}}
	first.Values = raw(`{"k":`+string(text)+`,"=cmd":1,`+string(text)+`:["\u001b",`+string(text)+`],"n":-5}`, string(text), `{"k":"\ud800","n":1e400}`)
	second := rec(2, "b", "http://h.test/2", 5)
	second.Row = fetcher.Row{{Column: "value", Value: "y"}}
	second.Rows = []record.Answer{{Row: fetcher.Row{{Column: "k", Value: bad}}, Error: bad}}
	second.File = bad
	third := rec(3, "c", "http://h.test/3", 5)
	third.File, third.Values = bad, raw(string(text))
	rs := []*record.Record{first, second, third}
	return rs, summed(rs)
}
