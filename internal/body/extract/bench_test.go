package extract

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"example.com/fetch/fetcher"
)

const (
	ethanol = `{
  "PropertyTable": {
    "Properties": [
      {
        "CID": 702,
        "MolecularFormula": "C2H6O",
        "MolecularWeight": "46.07"
      }
    ]
  }
}
`
	weights = ".PropertyTable.Properties[0] | {MolecularFormula, MolecularWeight}"
)

func compiled(t testing.TB, text string) *Query {
	t.Helper()
	q, err := Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// BenchmarkSelect is what --select costs a request: a small body, decoded, evaluated and encoded again.
func BenchmarkSelect(b *testing.B) {
	body := []byte(ethanol)
	e := &Extractor{Select: compiled(b, weights)}
	req := &fetcher.Request{}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	b.ReportAllocs()
	for b.Loop() {
		x, err := e.Extract(ctx, nil, req, "application/json", body)
		if err != nil || len(x.Values) != 1 {
			b.Fatal(x, err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	body := []byte(ethanol)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecodeStandard is the same by encoding/json, for comparison.
func BenchmarkDecodeStandard(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		var v any
		d := json.NewDecoder(strings.NewReader(ethanol))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRun is one evaluation.
func BenchmarkRun(b *testing.B) {
	input, err := Decode([]byte(ethanol))
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	for _, bench := range []struct {
		name  string
		query *Query
	}{
		{"select", compiled(b, weights)},
		{"expect", compiled(b, `type == "object" and (.Fault | not)`)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if outputs, err := bench.query.Run(ctx, input); err != nil || len(outputs) != 1 {
					b.Fatal(outputs, err)
				}
			}
		})
	}
}

// BenchmarkBatch is an answer for 100 rows, split and led back to them.
func BenchmarkBatch(b *testing.B) {
	var body strings.Builder
	req := &fetcher.Request{}
	body.WriteString(`{"PropertyTable":{"Properties":[`)
	for i := range 100 {
		if i > 0 {
			body.WriteByte(',')
		}
		id := strconv.Itoa(1000 + i)
		body.WriteString(`{"CID":` + id + `,"MolecularFormula":"C2H6O","MolecularWeight":"46.07"}`)
		req.Rows = append(req.Rows, fetcher.Row{{Column: "cid", Value: id}})
	}
	body.WriteString(`]}}`)
	e := &Extractor{
		Split:  compiled(b, ".PropertyTable.Properties[]"),
		Select: compiled(b, "{MolecularFormula, MolecularWeight}"),
		Key:    Key{Column: "cid", Query: compiled(b, ".CID")},
	}
	text := []byte(body.String())
	b.ReportAllocs()
	for b.Loop() {
		x, err := e.Extract(b.Context(), nil, req, "", text)
		if err != nil || !x.Rows[99].OK || x.Unmatched != 0 {
			b.Fatal(x, err)
		}
	}
}
