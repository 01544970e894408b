package spec

import (
	"strings"
	"testing"

	"example.com/fetch/internal/list/payload"
)

// FuzzField: a text in quotes is taken as it is, whatever it holds; nothing else is half understood.
func FuzzField(f *testing.F) {
	for _, text := range []string{"a;b", `"`, `\`, `\"`, ";type=text/x", "@file", "<file", "(", "", "=", "a,b"} {
		f.Add(text)
	}
	escaped := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	f.Fuzz(func(t *testing.T, text string) {
		got, _, err := parseField(`name="` + escaped.Replace(text) + `";type=text/csv;filename="` + escaped.Replace(text) + `"`)
		want := payload.Field{Name: "name", Part: payload.Part{Text: text}, Type: "text/csv", Filename: text}
		if err != nil || got != want {
			t.Errorf("%q gives %+v, %v", text, got, err)
		}
		if got, _, err := parseField("name=" + text); err == nil && !strings.ContainsAny(text, `@<;"`) && got.Text != text {
			t.Errorf("%q gives %+v", text, got)
		}
		spec := &payload.Spec{}
		if err := addField(spec, Flag{Name: "form-string", Value: "name=" + text}, nil); err != nil || spec.Fields[0].Text != text {
			t.Errorf("%q gives %+v, %v", text, spec.Fields, err)
		}
	})
}
