package extract

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/secret"
)

const (
	notFound = `{"Fault":{"Code":"PUGREST.NotFound","Message":"No CID found","Details":["No CID found that matches the given name"]}}`
	three    = `{"PropertyTable":{"Properties":[{"CID":702,"MolecularFormula":"C2H6O"},{"CID":962,"MolecularFormula":"H2O"},{"CID":2244,"MolecularFormula":"C9H8O4"}]}}`
)

// raw are values as they stand in an Extracted.
func raw(texts ...string) []json.RawMessage {
	var all []json.RawMessage
	for _, text := range texts {
		all = append(all, json.RawMessage(text))
	}
	return all
}

func TestExtract(t *testing.T) {
	q := func(text string) *Query { return compiled(t, text) }
	noFault := []*Query{q(`type == "object" and (.Fault | not)`)}
	for _, test := range []struct {
		name        string
		extractor   Extractor
		contentType string
		body        string
		want        Extracted
		err         string
	}{
		{"nothing asked", Extractor{}, "text/html", "<html>", Extracted{}, ""},
		{"select", Extractor{Select: q(weights)}, "", ethanol, Extracted{Values: raw(`{"MolecularFormula":"C2H6O","MolecularWeight":"46.07"}`)}, ""},
		{"several values", Extractor{Select: q(".PropertyTable.Properties[].CID")}, "", three, Extracted{Values: raw("702", "962", "2244")}, ""},
		{"no value", Extractor{Select: q("empty")}, "", three, Extracted{}, ""},
		{"split", Extractor{Split: q(".PropertyTable.Properties[]")}, "", `{"PropertyTable":{"Properties":[1,[2],null]}}`, Extracted{Values: raw("1", "[2]", "null")}, ""},
		{"an array is one piece", Extractor{Split: q(".a"), Select: q("length")}, "", `{"a":[1,2]}`, Extracted{Values: raw("2")}, ""},
		{"split and select", Extractor{Split: q(".[]"), Select: q(".a, .b")}, "", `[{"a":1,"b":2},{"a":3}]`, Extracted{Values: raw("1", "2", "3", "null")}, ""},
		{"digits", Extractor{Select: q(".[]")}, "", `[46.070,9007199254740993,1e400]`, Extracted{Values: raw("46.070", "9007199254740993", "1e400")}, ""},
		{"a key without a batch", Extractor{Key: Key{"cid", q(".CID")}}, "", `{"CID":1}`, Extracted{Values: raw(`{"CID":1}`)}, ""},
		{"expected", Extractor{Expect: noFault}, "", ethanol, Extracted{}, ""},
		{"the last output counts", Extractor{Expect: []*Query{q("false, 0")}}, "", "1", Extracted{}, ""},

		{"a fault", Extractor{Expect: noFault, Select: q(weights)}, "", notFound, Extracted{}, `not as expected: type == "object" and (.Fault | not) is false for {"Fault":{"Code":"PUGREST ...}`},
		{"the second expectation", Extractor{Expect: append(noFault, q(".a"))}, "", "{}", Extracted{}, "not as expected: .a is null for {}"},
		{"no output is none", Extractor{Expect: []*Query{q("empty")}}, "", "{}", Extracted{}, "not as expected: empty gives nothing for {}"},
		{"an expectation that fails", Extractor{Expect: []*Query{q(".a.b")}}, "", "[1]", Extracted{}, "expect .a.b: expected an object but got: array ([1])"},
		{"an empty 200", Extractor{Select: q(".")}, "application/json", "", Extracted{}, "an empty body instead of JSON"},
		{"an HTML page", Extractor{Select: q(".")}, "application/json", "<html>busy</html>", Extracted{}, "an HTML page instead of JSON"},
		{"select fails", Extractor{Select: q(".[]")}, "", "1", Extracted{}, "select: cannot iterate over: number (1)"},
		{"select fails on a piece", Extractor{Split: q(".[]"), Select: q(".a")}, "", `[{"a":1},2]`, Extracted{}, "select: expected an object but got: number (2)"},
		{"split fails", Extractor{Split: q(".a[]")}, "", `{}`, Extracted{}, "split: cannot iterate over: null"},
		{"the type comes first", Extractor{Type: JSON, Expect: noFault}, "text/html; charset=utf-8", "<html>", Extracted{}, "text/html instead of JSON"},
		{"the expectation comes before next", Extractor{Expect: noFault, Next: q("error")}, "", "1", Extracted{}, `not as expected: type == "object" and (.Fault | not) is false for 1`},

		{"next", Extractor{Next: q(".next")}, "", `{"next":"/page/2?a=b"}`, Extracted{Next: "/page/2?a=b"}, ""},
		{"next is a number", Extractor{Next: q(".Waiting.ListKey")}, "", `{"Waiting":{"ListKey":3141592653589793238}}`, Extracted{Next: "3141592653589793238"}, ""},
		{"next is null", Extractor{Next: q(".next")}, "", `{}`, Extracted{}, ""},
		{"next is false", Extractor{Next: q(".more")}, "", `{"more":false}`, Extracted{}, ""},
		{"next is nothing", Extractor{Next: q("empty")}, "", `{}`, Extracted{}, ""},
		{"next is empty", Extractor{Next: q(".next")}, "", `{"next":""}`, Extracted{}, ""},
		{"next is an object", Extractor{Next: q(".next")}, "", `{"next":{"href":"/2"}}`, Extracted{}, `next: {"href":"/2"} is not a URL; the expression must give a string, a number, or null where there is no next page`},
		{"next is true", Extractor{Next: q(".next")}, "", `{"next":true}`, Extracted{}, "next: true is not a URL; the expression must give a string, a number, or null where there is no next page"},
		{"next is endless", Extractor{Next: q(".")}, "", `"` + strings.Repeat("a", maxNext+1) + `"`, Extracted{}, "next: a URL of 16385 bytes is too long"},
		{"next and values", Extractor{Next: q(".n"), Select: q(".v")}, "", `{"n":"/2","v":[1]}`, Extracted{Next: "/2", Values: raw("[1]")}, ""},

		{"too deep", Extractor{Select: q(`reduce range(10010) as $i (1; [.])`)}, "", "1", Extracted{}, "a value nested deeper than 10000"},
		{"too many", Extractor{Split: q("range(2)"), Select: q("range(500001)")}, "", "1", Extracted{}, "more than 1000000 values"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.extractor.Extract(t.Context(), nil, &fetcher.Request{}, test.contentType, []byte(test.body))
			if test.err != "" {
				if !errors.Is(err, fetcher.KindExpect) || err.Error() != "expect: "+test.err {
					t.Errorf("got %v\nwant %s", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// batch is a request for rows with these cells in the column cid, and one more column.
func batch(cells ...string) *fetcher.Request {
	req := &fetcher.Request{}
	for i, cell := range cells {
		req.Rows = append(req.Rows, fetcher.Row{{Column: "cid", Value: cell}, {Column: "n", Value: strconv.Itoa(i)}})
	}
	return req
}

func TestBatch(t *testing.T) {
	q := func(text string) *Query { return compiled(t, text) }
	byCID := func(selected string) Extractor {
		e := Extractor{Split: q(".[]"), Key: Key{"cid", q(".CID")}}
		if selected != "" {
			e.Select = q(selected)
		}
		return e
	}
	for _, test := range []struct {
		name      string
		extractor Extractor
		cells     []string
		body      string
		want      []string // for each row its values, or its error
		unmatched int
	}{
		{"each its own, in any order", byCID(".f"), []string{"1", "2", "3"}, `[{"CID":3,"f":"c"},{"CID":1,"f":"a"},{"CID":2,"f":"b"}]`, []string{`"a"`, `"b"`, `"c"`}, 0},
		{"one is missing", byCID(".f"), []string{"1", "2"}, `[{"CID":2,"f":"b"}]`, []string{"no answer for cid 1", `"b"`}, 0},
		{"one too many", byCID(".f"), []string{"1"}, `[{"CID":2,"f":"b"},{"CID":1,"f":"a"},{"CID":null},{},{"CID":[1]},{"CID":true}]`, []string{`"a"`}, 5},
		{"rows with one key", byCID(".f"), []string{"1", "1"}, `[{"CID":1,"f":"a"}]`, []string{`"a"`, `"a"`}, 0},
		{"pieces with one key", byCID(".f"), []string{"1", "2"}, `[{"CID":1,"f":"a"},{"CID":2,"f":"b"},{"CID":1,"f":"c"}]`, []string{`"a" "c"`, `"b"`}, 0},
		{"without select", byCID(""), []string{"1"}, `[{"CID":1,"f":1.50}]`, []string{`{"CID":1,"f":1.50}`}, 0},
		{"nothing selected", byCID("empty"), []string{"1"}, `[{"CID":1}]`, []string{``}, 0},
		{"a number and its zeros", byCID(".f"), []string{"007", "7", "8"}, `[{"CID":7,"f":"a"},{"CID":8,"f":"b"}]`, []string{`"a"`, `"a"`, `"b"`}, 0},
		{"codes are texts", byCID(".f"), []string{"007", "7"}, `[{"CID":"7","f":"a"},{"CID":"007","f":"b"}]`, []string{`"b"`, `"a"`}, 0},
		{"a text that is a number", byCID(".f"), []string{"7"}, `[{"CID":"0007","f":"a"}]`, []string{`"a"`}, 0},
		{"negative and zero", byCID(".f"), []string{"-5", "-0", "00"}, `[{"CID":-5,"f":"a"},{"CID":0,"f":"b"}]`, []string{`"a"`, `"b"`, `"b"`}, 0},
		{"large", byCID(".f"), []string{"9007199254740993"}, `[{"CID":9007199254740993,"f":"a"},{"CID":9007199254740992,"f":"b"}]`, []string{`"a"`}, 1},
		{"fractions by their digits", byCID(".f"), []string{"1.50", "1.5"}, `[{"CID":1.50,"f":"a"}]`, []string{`"a"`, "no answer for cid 1.5"}, 0},
		{"select fails on one", byCID(".f.g"), []string{"1", "2"}, `[{"CID":1,"f":[]},{"CID":2,"f":{"g":5}}]`, []string{"select: expected an object but got: array ([])", "5"}, 0},
		{"half an answer is none", byCID(".f.g"), []string{"1"}, `[{"CID":1,"f":{"g":5}},{"CID":1,"f":1}]`, []string{"select: expected an object but got: number (1)"}, 0},
		{"several keys of a piece", Extractor{Split: q(".[]"), Select: q(".f"), Key: Key{"cid", q(".ids[]")}}, []string{"1", "2", "3"}, `[{"ids":[1,2,1],"f":"a"},{"ids":[],"f":"b"}]`, []string{`"a"`, `"a"`, "no answer for cid 3"}, 1},
		{"the key may be a wrong one", Extractor{Split: q(".[]"), Key: Key{"cid", q(".cid")}}, []string{"1"}, `[{"CID":1},{"CID":2}]`, []string{"no answer for cid 1: .cid matches no row in any of the 2 pieces; see --row-key and --split"}, 2},
		{"the key may fail", Extractor{Key: Key{"cid", q(".CID")}}, []string{"1"}, `[{"CID":1}]`, []string{`no answer for cid 1: --row-key: expected an object but got: array ([{"CID":1}])`}, 1},
		{"no piece at all", byCID("."), []string{"1"}, `[]`, []string{"no answer for cid 1"}, 0},
		{"a long cell", byCID("."), []string{strings.Repeat("é", 100)}, `[]`, []string{"no answer for cid " + strings.Repeat("é", maxKeyShown/2) + "…"}, 0},
		{"an object keyed by id", Extractor{Split: q("to_entries[]"), Select: q(".value.Name"), Key: Key{"cid", q(".key")}}, []string{"108", "90366"}, `{"90366":{"Name":"Life expectancy"},"108":{"Name":"Mortality"}}`, []string{`"Mortality"`, `"Life expectancy"`}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			req := batch(test.cells...)
			x, err := test.extractor.Extract(t.Context(), nil, req, "", []byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, a := range x.Rows {
				if a.OK != (a.Error == "") || !cmp.Equal(a.Row, req.Rows[i]) {
					t.Errorf("row %d: %+v", i, a)
				}
				var values []string
				for _, v := range a.Values {
					values = append(values, string(v))
				}
				got = append(got, a.Error+strings.Join(values, " "))
			}
			if diff := cmp.Diff(test.want, got); diff != "" || x.Unmatched != test.unmatched || x.Values != nil {
				t.Error(x.Unmatched, x.Values, diff)
			}
		})
	}
}

func TestBatchWithoutKey(t *testing.T) {
	e := &Extractor{Split: compiled(t, ".[]")}
	x, err := e.Extract(t.Context(), nil, batch("1", "2"), "", []byte("[1,2]"))
	if diff := cmp.Diff(&Extracted{Values: raw("1", "2")}, x); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestBatchErrors(t *testing.T) {
	e := &Extractor{Key: Key{"id", compiled(t, ".CID")}}
	if _, err := e.Extract(t.Context(), nil, batch("1"), "", []byte("{}")); !errors.Is(err, fetcher.KindExpect) || !strings.Contains(err.Error(), "no column id") {
		t.Errorf("got %v", err)
	}
	hidden := &fetcher.Request{Rows: []fetcher.Row{{{Column: "api_key", Value: "canary"}}}, Tag: &secret.Origin{Rules: secret.NewRules("api_key")}}
	e.Key.Column = "api_key"
	x, err := e.Extract(t.Context(), nil, hidden, "", []byte(`{"CID":"other"}`))
	if err != nil || strings.Contains(x.Rows[0].Error, "canary") || !strings.HasPrefix(x.Rows[0].Error, "no answer for api_key "+secret.Mask) {
		t.Errorf("got %+v, %v", x, err)
	}
}

// TestBatchProperty: whatever the order of the pieces, each row gets what a request for it alone would have got.
func TestBatchProperty(t *testing.T) {
	e := &Extractor{Split: compiled(t, ".[]"), Select: compiled(t, ".v"), Key: Key{"cid", compiled(t, ".CID")}}
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(rapid.IntRange(0, 20), 1, 30).Draw(t, "ids")
		answered := rapid.Permutation(rapid.SliceOfDistinct(rapid.IntRange(0, 25), rapid.ID[int]).Draw(t, "known")).Draw(t, "answered")
		var cells, pieces []string
		known := map[int]bool{}
		for _, id := range ids {
			cells = append(cells, strconv.Itoa(id))
		}
		unmatched := 0
		for _, id := range answered {
			known[id] = true
			pieces = append(pieces, `{"CID":`+strconv.Itoa(id)+`,"v":"v`+strconv.Itoa(id)+`"}`)
			unmatched++
			if slices.Contains(ids, id) {
				unmatched--
			}
		}
		x, err := e.Extract(context.Background(), nil, batch(cells...), "", []byte("["+strings.Join(pieces, ",")+"]"))
		if err != nil || len(x.Rows) != len(ids) || x.Unmatched != unmatched {
			t.Fatalf("%+v, %v", x, err)
		}
		for i, id := range ids {
			a := x.Rows[i]
			if a.OK != known[id] || a.OK && string(a.Values[0]) != `"v`+strconv.Itoa(id)+`"` {
				t.Fatalf("row %d: %+v", i, a)
			}
		}
	})
}

func TestContextKinds(t *testing.T) {
	e := &Extractor{Select: compiled(t, "last(repeat(.))")}
	split := &Extractor{Split: compiled(t, "., ."), Key: Key{"cid", compiled(t, ".")}, Select: compiled(t, "last(repeat(.))")}
	for _, test := range []struct {
		cause error
		want  fetcher.Kind
	}{
		{errors.New("interrupted"), fetcher.KindCanceled},
		{fetcher.KindDeadline, fetcher.KindDeadline},
		{context.DeadlineExceeded, fetcher.KindDeadline},
		{&fetcher.Error{Kind: fetcher.KindTimeoutAttempt}, fetcher.KindTimeoutAttempt},
	} {
		for _, e := range []*Extractor{e, split} {
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, test.cause)
			_, err := e.Extract(ctx, nil, batch("1"), "", []byte("1"))
			if got, ok := errors.AsType[*fetcher.Error](err); !ok || got.Kind != test.want {
				t.Errorf("%v: got %v", test.cause, err)
			}
			cancel()
		}
	}
}

func TestNeedsBody(t *testing.T) {
	q := compiled(t, ".")
	for _, test := range []struct {
		extractor Extractor
		want      bool
	}{
		{Extractor{}, false}, {Extractor{Type: CSV}, false}, {Extractor{Type: JSON}, true}, {Extractor{Expect: []*Query{q}}, true},
		{Extractor{Next: q}, true}, {Extractor{Split: q}, true}, {Extractor{Select: q}, true}, {Extractor{Key: Key{"a", q}}, true},
	} {
		if got := test.extractor.NeedsBody(); got != test.want {
			t.Errorf("%+v: %v", test.extractor, got)
		}
	}
}

// TestValuesAreBounded stops before a value that may repeat a large string without end is written.
func TestValuesAreBounded(t *testing.T) {
	const text = "0123456789"
	for _, list := range []any{[]any{text, text, text, text}, map[string]any{"a": text, "b": text, "c": text, "d": text}, strings.Repeat("\n", 11)} {
		left := &budget{bytes: 20, most: maxValues, values: 2}
		if texts, err := left.encode([]any{list}); err == nil || err.Error() != "values of more than 64 MiB" || texts != nil {
			t.Errorf("got %s, %v", texts, err)
		}
	}
	left := &budget{bytes: 20, most: maxValues, values: 3}
	if texts, err := left.encode([]any{text, 1}); err != nil || len(texts) != 2 {
		t.Error(texts, err)
	}
	if texts, err := left.encode([]any{text}); err == nil {
		t.Errorf("%s is not too large", texts)
	}
}

// TestConcurrentUse is for the race detector: one Extractor serves all requests.
func TestConcurrentUse(t *testing.T) {
	e := &Extractor{Expect: []*Query{compiled(t, `.Fault | not`)}, Select: compiled(t, `.PropertyTable.Properties[0] | .CID |= . + 1 | {CID}`)}
	body := []byte(ethanol)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 100 {
				x, err := e.Extract(t.Context(), nil, &fetcher.Request{}, "", body)
				if err != nil || string(x.Values[0]) != `{"CID":703}` {
					t.Errorf("%v, %v", x, err)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestParseKey(t *testing.T) {
	k, err := ParseKey(" cid =.CID | select(. == 1)")
	if err != nil || k.Column != "cid" || k.Query.String() != ".CID | select(. == 1)" {
		t.Errorf("%+v, %v", k, err)
	}
	for text, want := range map[string]string{
		"cid":       "cid: not a key; write COLUMN=EXPRESSION, such as cid=.CID",
		"=.CID":     "=.CID: not a key; write COLUMN=EXPRESSION, such as cid=.CID",
		"cid= ":     "cid= : not a key; write COLUMN=EXPRESSION, such as cid=.CID",
		"cid=.CID|": ".CID| <-- here: unexpected end",
	} {
		if _, err := ParseKey(text); err == nil || err.Error() != want {
			t.Errorf("%q: got %v", text, err)
		}
	}
}
