package report_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/measure"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/report"

	"pgregory.net/rapid"
)

// schema is as much of JSON Schema as docs/record.schema.json uses.
type schema struct {
	Ref        string             `json:"$ref"`
	Defs       map[string]*schema `json:"$defs"`
	Type       any                `json:"type"`
	Const      any                `json:"const"`
	Enum       []any              `json:"enum"`
	Properties map[string]*schema `json:"properties"`
	Additional *schema            `json:"additionalProperties"`
	Required   []string           `json:"required"`
	Items      *schema            `json:"items"`
}

func loadSchema(t *testing.T) *schema {
	t.Helper()
	data, err := os.ReadFile("../../docs/record.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	root := &schema{}
	if err := json.Unmarshal(data, root); err != nil {
		t.Fatal(err)
	}
	return root
}

// check lists where v is not as s says; a field that s does not define is an error here, too.
func (s *schema) check(root *schema, at string, v any) (wrong []string) {
	if s.Ref != "" {
		name, def := strings.CutPrefix(s.Ref, "#/$defs/")
		if !def {
			return root.check(root, at, v)
		}
		return root.Defs[name].check(root, at, v)
	}
	bad := func(format string, args ...any) { wrong = append(wrong, at+": "+fmt.Sprintf(format, args...)) }
	if s.Const != nil && v != s.Const {
		bad("%v is not %v", v, s.Const)
	}
	if s.Enum != nil && !slices.Contains(s.Enum, v) {
		bad("%v is none of %v", v, s.Enum)
	}
	types, _ := s.Type.([]any)
	if one, ok := s.Type.(string); ok {
		types = []any{one}
	}
	if types != nil && !slices.ContainsFunc(types, func(t any) bool { return isType(t, v) }) {
		bad("%v is no %v", v, types)
	}
	if list, ok := v.([]any); ok && s.Items != nil {
		for i, e := range list {
			wrong = append(wrong, s.Items.check(root, fmt.Sprintf("%s[%d]", at, i), e)...)
		}
	}
	object, ok := v.(map[string]any)
	if !ok {
		return wrong
	}
	for _, key := range s.Required {
		if _, ok := object[key]; !ok {
			bad("no %s", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		switch {
		case s.Properties[key] != nil:
			wrong = append(wrong, s.Properties[key].check(root, at+"."+key, object[key])...)
		case s.Additional != nil:
			wrong = append(wrong, s.Additional.check(root, at+"."+key, object[key])...)
		case s.Properties != nil:
			bad("%s is not defined", key)
		}
	}
	return wrong
}

func isType(name, v any) bool {
	switch v := v.(type) {
	case nil:
		return name == "null"
	case bool:
		return name == "boolean"
	case string:
		return name == "string"
	case float64:
		return name == "number" || name == "integer" && v == float64(int64(v))
	case []any:
		return name == "array"
	}
	return name == "object"
}

// TestSchema holds docs/record.schema.json against what is printed.
func TestSchema(t *testing.T) {
	root := loadSchema(t)
	all := maps.Clone(samples)
	maps.Copy(all, valueSamples)
	for name, sample := range all {
		if name == "hostile" || name == "badvalues" { // the classes of one and the numbers of the other are none of ours
			continue
		}
		for _, o := range []report.Options{{}, {NoResults: true}} {
			rs, s := sample()
			if name != "many" && len(rs) > 0 {
				rs = append(rs, full())
			}
			var v any
			if err := json.Unmarshal([]byte(render(t, "json", o, rs, s)), &v); err != nil {
				t.Fatal(err)
			}
			for _, wrong := range root.Defs["report"].check(root, name, v) {
				t.Error(wrong)
			}
		}
	}
	v := map[string]any{}
	for _, r := range []*record.Record{full(), {Values: raw("1", "2"), Rows: []record.Answer{{}}}} { // one value or several
		if err := json.Unmarshal(record.AppendJSON(nil, r), &v); err != nil {
			t.Fatal(err)
		}
	}
	for key := range root.Properties {
		if _, ok := v[key]; !ok {
			t.Errorf("the schema defines %s, and a full record has none", key)
		}
	}
	for _, k := range fetcher.Kinds() {
		if !slices.Contains(root.Defs["class"].Enum, any(k.String())) {
			t.Errorf("the schema lacks class %s", k)
		}
	}
}

// full is a record with every field set.
func full() *record.Record {
	rs, _ := mixed()
	r := rs[0]
	r.Digest = "xxh64:44bc2cf5ad770999"
	r.ETag, r.SHA256, r.File, r.Values, r.Notes = `"a"`, "b", "c", []json.RawMessage{json.RawMessage(`{"d":1}`)}, []string{fetcher.NoteUnverifiedLength}
	r.More, r.KeyedID, r.EarlierAttempts, r.ErrorBody = true, true, 2, "e"
	return r
}

// TestFormatsAreDocumented: docs/formats.md names every field.
func TestFormatsAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	root := loadSchema(t)
	for name, s := range map[string]*schema{"record": root, "hop": root.Defs["hop"], "phases": root.Defs["phases"], "summary": root.Defs["summary"],
		"latency": root.Defs["latency"], "host": root.Defs["host"], "run": root.Defs["run"], "attempt": root.Defs["attempt"],
		"answer": root.Defs["answer"], "bearing": root.Defs["bearing"], "host event": root.Defs["host_event"],
		"asked": root.Defs["host"].Properties["asked"], "learned": root.Defs["host"].Properties["learned"],
		"retry after": root.Defs["host"].Properties["retry_after"], "waited": root.Defs["host"].Properties["waited_ms"], "failed row": root.Defs["failed_row"]} {
		for key := range s.Properties {
			if !strings.Contains(string(doc), "`"+key+"`") {
				t.Errorf("docs/formats.md does not name %s of %s", key, name)
			}
		}
	}
}

// FuzzStored: whatever a record says, its report is the same after it was stored.
func FuzzStored(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(stored))
}

func TestStored(t *testing.T) { rapid.Check(t, stored) }

func stored(t *rapid.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "=1", "a\tb", "|", "\u202e\x1b["}))
	var live, back []*record.Record
	for i := range rapid.IntRange(0, 4).Draw(t, "results") {
		r := rec(int64(i+1), text.Draw(t, "name"), text.Draw(t, "url"), rapid.Float64Range(1, 1e6).Draw(t, "service"))
		r.Row = fetcher.Row{{Column: text.Draw(t, "column"), Value: text.Draw(t, "cell")}}
		if rapid.Bool().Draw(t, "failed") {
			failed(r, 0, text.Draw(t, "class"), text.Draw(t, "error"))
		}
		var again record.Record
		if err := json.Unmarshal(record.AppendLine(nil, r), &again); err != nil {
			t.Fatal(err)
		}
		live, back = append(live, r), append(back, &again)
	}
	for _, format := range report.Formats() {
		var was, is strings.Builder
		for out, rs := range map[*strings.Builder][]*record.Record{&was: live, &is: back} {
			h, err := report.New(format, out, run, report.Options{Width: 70})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rs {
				if err := h.Result(r); err != nil {
					t.Fatal(err)
				}
			}
			if err := h.End(&measure.Summary{}); err != nil {
				t.Fatal(err)
			}
		}
		if was.String() != is.String() {
			t.Fatalf("%s: live\n%s\nstored\n%s", format, was.String(), is.String())
		}
	}
}
