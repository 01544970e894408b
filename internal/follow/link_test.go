package follow

import (
	"strings"
	"testing"
)

func TestNextLink(t *testing.T) {
	const none = "(none)"
	for name, c := range map[string]struct {
		fields []string
		want   string
	}{
		"none":                  {nil, none},
		"simple":                {[]string{`</2>; rel="next"`}, "/2"},
		"token":                 {[]string{`</2>;rel=next`}, "/2"},
		"single quotes":         {[]string{`</0>; rel='prev', </2>; rel='next'`}, "/2"},
		"several in single":     {[]string{`</2>; rel='last next'`}, "/2"},
		"an apostrophe":         {[]string{`</0>; title=it's; rel=prev, </2>; title="'"; rel=next`}, "/2"},
		"case":                  {[]string{`</2>; REL=Next`}, "/2"},
		"several words":         {[]string{`</2>; rel="last  next"`}, "/2"},
		"a word within another": {[]string{`</2>; rel="nextish"`, `</3>; rel="x-next"`}, none},
		"several links":         {[]string{`</0>; rel="prev", </2>; rel="next", </9>; rel=last`}, "/2"},
		"several fields":        {[]string{`</0>; rel=prev`, `</2>; rel=next`}, "/2"},
		"the first counts":      {[]string{`</2>; rel=next, </3>; rel=next`}, "/2"},
		"semicolons everywhere": {[]string{`</0;rel=next>; rel="prev"; title="a; rel=next, <b>", </2;x=1,2>; title="x;y,z"; rel="next"`}, "/2;x=1,2"},
		"upper case":            {[]string{`</2>; TITLE="X"; REL="NEXT"`}, "/2"},
		"commas in the target":  {[]string{`</a,b;rel=next>; rel=prev, </cid/1,2>; rel=next`}, "/cid/1,2"},
		"quoted parameters":     {[]string{`</0>; title="a, </x>; rel=\"next\"; b"; rel=prev, </2>; title="\\"; rel=next`}, "/2"},
		"the first rel counts":  {[]string{`</0>; rel=prev; rel=next`}, none},
		"anchor":                {[]string{`</0>; rel=next; anchor="/other", </2>; anchor=""; rel=next`}, "/2"},
		"no relation":           {[]string{`</0>`, `</0>; title=next`, `</0>; rel`, `</0>; rel=`, `</0>; rel=""`}, none},
		"blanks":                {[]string{" ,, <  /2 > ;\trel = \"next\" ; "}, "  /2 "},
		"empty target":          {[]string{`<>; rel=next`}, ""},
		"broken, then good":     {[]string{`/0; rel=next, </1> junk; x="y" junk, </2> junk; rel=next`}, "/2"},
		"no end of the target":  {[]string{`</2; rel=next`}, none},
		"no end of the quotes":  {[]string{`</2>; rel="next`}, "/2"},
		"semicolons":            {[]string{`</2>;;; ;rel=next`}, "/2"},
		"title*":                {[]string{`</2>; title*=UTF-8''n%2cchste; rel=next`}, "/2"},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := nextLink(c.fields)
			if !ok {
				got = none
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// FuzzNextLink: every field is read to its end, and a link of ours that follows it is found, unless one in it is.
func FuzzNextLink(f *testing.F) {
	for _, s := range []string{`</2>; rel="next"`, `<`, `<>;`, `</a>; a="`, `,;=">`, `</0>; title="\"" x, `, "\t<a>;\x00rel=next"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, field string) {
		target, ok := nextLink([]string{field, "</after>; rel=next"})
		if !ok {
			t.Errorf("nothing is found after %q", field)
		}
		if target != "/after" && !strings.Contains(field, "<"+target+">") {
			t.Errorf("%q gives %q", field, target)
		}
	})
}

func BenchmarkNextLink(b *testing.B) {
	fields := []string{`<https://api.example.com/items?page=1>; rel="prev", <https://api.example.com/items?page=3>; rel="next", <https://api.example.com/items?page=9>; rel="last"`}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := nextLink(fields); !ok {
			b.Fatal("not found")
		}
	}
}
