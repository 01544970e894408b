package extract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/itchyny/gojq"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/room"
)

// What makes much of little at once is refused, before it is made.
func TestOneOperationIsBounded(t *testing.T) {
	huge := `[range(20000)|tostring]|join(",")`
	for _, query := range []string{
		`"a"*1e9`, `1e9*"a"`, `"ab"*.n`, `. as $x|"a"*$x.n`, `[1]|map("a"*1e9)`, `def f: "a"*1e9; f`, `"a"|.*=1e9`, `{a:"x"}|.a*=1e9`,
		`[]|.[500000000]=1`, `{}|.a[.n//400000000]=1`, `.a[.n]=1`, `.a[.n]|=1`, `.a[.n]+=1`, `[]|setpath([500000000];1)`, `null|pick(.[400000000])`,
		`[[0,1]]|fromstream([[400000000],1],[[400000000]])`, `getpath(["a",400000000])=1`, `.a|nth(400000000)=1`,
		`reduce range(40) as $i (1;[.,.])|tojson`, `reduce range(40) as $i (1;[.,.])|tostring`, `reduce range(40) as $i (1;[.,.])|flatten`,
		`reduce range(40) as $i (1;[.,.])|@json`, `reduce range(40) as $i (1;[.,.])|@text`, `reduce range(40) as $i (1;[.,.])|"\(.)"`, `reduce range(40) as $i (1;[.,.])|@base64 "x\(.)"`,
		huge + `|[range(100)] as $r|. as $t|[$r[]|$t]|add`, huge + `|. as $t|[range(100)|$t]|join("")`, huge + `|. as $t|add(range(100)|$t)`,
		huge + `|explode`, huge + `|split("")`, huge + `|./""`, huge + `|[match(".";"g")]`, huge + `|gsub("[0-9]";"")`, huge + `|[scan(".")]`, huge + `|indices(",")`,
		`[[range(500)],(range(499)|[])]|transpose`,
		`reduce range(40) as $i ("aaaaaaaaaaaaaaaaaaaa";.+.)`, `reduce range(40) as $i ([1];.+.)`, `reduce range(40) as $i ("aaaaaa";.+=.)`,
	} {
		_, err := compiled(t, query).run(t.Context(), map[string]any{"n": json.Number("1000000000")}, 1<<20)
		if err == nil || !strings.Contains(err.Error(), "at once, where 1.0 MB is the most; see --max-memory") {
			t.Errorf("%s: %.100v", query, err)
		}
	}
}

// What would go through values for hours, or deeper than the stack, is refused before it begins: nothing could stop it.
func TestOneOperationEnds(t *testing.T) {
	const (
		same = `reduce range(50) as $i (1;[.,.])|`
		keys = `reduce range(50) as $i ({};{a:.,b:.})|`
		far  = `reduce range(30000) as $i (0;[.])|`
		long = `[range(40000)]|`
	)
	for query, want := range map[string]string{
		same + `.==.`: "== would go through", same + `.!=.`: "!= would", same + `.<.`: "< would", same + `.<=.`: "<= would", same + `.>.`: "> would", same + `.>=.`: ">= would",
		same + `.-.`: "- would", same + `.-=.`: "- would", same + `contains(.)`: "contains would", same + `inside(.)`: "inside would",
		same + `index(.)`: "index would", same + `rindex(.)`: "rindex would", same + `indices(.)`: "indices would", same + `bsearch(.)`: "bsearch would",
		same + `sort`: "sort would", same + `unique`: "unique would", same + `min`: "min would", same + `max`: "max would", same + `IN(.)`: "IN would",
		same + `sort_by(.)`: "sort_by would", same + `group_by(.)`: "group_by would", same + `unique_by(.)`: "unique_by would", same + `min_by(.)`: "min_by would", same + `max_by(.)`: "max_by would",
		keys + `.*.`: "* would go through", keys + `.*=.`: "* would go through", keys + `.==.`: "== would go through",
		far + `.==.`: "== would go through", far + `sort`: "sort would go through",
		long + `.-.`: "- would compare more than 1000000000 times", long + `.-=.`: "- would compare", long + `contains(.)`: "contains would compare",
		long + `inside(.)`: "inside would compare", long + `index(.)`: "index would compare", long + `indices(.)`: "indices would compare",
		`reduce range(40) as $i (7;.*.)`: "* would make a number of more than 1000000 digits", `reduce range(40) as $i (7;.*=.)`: "* would make a number",
	} {
		_, err := compiled(t, query).run(t.Context(), nil, 4<<20)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %.100v", query, err)
		}
	}
}

// The looks change nothing else.
func TestGuardedIsAsBefore(t *testing.T) {
	input := map[string]any{"a": []any{json.Number("1"), json.Number("2.50"), "x"}, "s": "a,b,,c", "n": json.Number("2"), "o": map[string]any{"k": []any{nil, true}}}
	for _, query := range []string{
		`.n*3`, `.s*.n`, `.n*.s`, `.s*0`, `.s*-1`, `(1,2)*(3,4)`, `[(1,2)+(10,20)]`, `.a+.a`, `.o*{k:{z:1}}`, `.s/","`, `(.n,4)/(1,2)`, `.s+"x"`, `null+1`, `.a+null`,
		`.n*=2`, `.a[0]*=(2,3)`, `.s+=("x","y")`, `.n/=2`, `.a[]|=.`, `.a[.n]=7`, `.a[.n]|=ascii_upcase`, `.a[.n-1]+=1`, `.a[1:]=["y"]`, `.o[("k","j")]=1`, `(.a,.o)=(1,2)`,
		`.a[length]=.s`, `.b[3]=1`, `.a|first=9`, `.a|last|=9`, `setpath(["a",0];5)`, `setpath(["a",(0,1)];(5,6))`, `pick(.a[1])`, `pick(.o.k)`, `[1|tostream]`, `fromstream(tostream)`,
		`.s|explode`, `.s|explode[0]`, `.s|explode|implode`, `tojson`, `.a|tostring`, `.a|flatten`, `[.a,[.a]]|flatten(1)`, `[[1,2],[3]]|transpose`, `.a[:2]|add`, `[.a[:2][]|tostring]|add`,
		`add(.a[:2][])`, `"[1,2]"|fromjson`, `.s|split(",")`, `.s|split(",";null)`, `.s|split(",","b")`, `.s|[match(",";"g").offset]`, `.s|[match([",","g"]).offset]`, `.s|sub(",";";")`, `.s|gsub(",";("1","2"))`,
		`.s|[scan("[a-c]")]`, `.s|capture("(?<x>[a-c])")`, `.s|[splits(",")]`, `.s|gsub("(?<l>[a-z])";"<\(.l)>")`, `.s|indices(",")`, `[.s,.s]|join("-",";")`, `.a|@json`, `.a|@csv`, `.s|@base64`, `@text "x\(.a)y\(.n)"`,
		`"x\(.s)\("lit")\(1,2)"`, `@json "v=\(.a)"`, `{"k\(.n)":1}`, `.o|to_entries`, `.o|with_entries(.value|=length)`, `[limit(3;repeat(1))]`, `def explode: 3; explode`, `def f($x): $x*2; f(4)`, `def f(g): g+g; f(.n)`,
		`reduce .a[] as $x (0;.+1)`, `[foreach range(3) as $i (0;.+$i)]`, `.a as [$x,$y]|$x+$y`, `try ({}*"x") catch .`, `{}+1`, `.s-1`, `[.. ]|length`, `.a|map(.?*2)?`, `-.n*2`, `.s|ascii_downcase|@uri`,
		`[.a[]|numbers*2]|add/2`, `. as {a:[$x],$n}|$x*$n`, `.a|.[0]+=10|.[0]`, `[range(3)]|.[range(3)]|=.+1`, `label $f|1,break $f,2`, `if .n*2==4 then "y" else "n" end`, `[.a[:2][]*1.5]|@tsv`, `"a"*(1,2)+"b"`, `.o.k[5]=1|.o.k|length`,
		`.a==.s`, `.a==.a`, `(1,2)==(2,1)`, `[.a<.o,.a<=.a,.o>.a,.n>=.s,.n!=.n]`, `.a-.a[:1]`, `.s-.n`, `.n-=(1,2)`, `.a-=.a[1:]`, `.n-.n`, `.a|contains(["x"])`, `.s|contains(("a","z"))`,
		`.o|contains({k:[true]})`, `["x"]|inside(["x",1])`, `.s|[index(","),rindex(","),index(("a","c"))]`, `.a|index([.[1]])`, `.a[:2]|bsearch(2.5)`, `.a|[sort,unique,min,max]`, `.n|IN(1,2)`, `2|IN([2],2)`,
		`.a|sort_by(type)`, `.a|sort_by(type,.)`, `.a|group_by(type)`, `.a|[unique_by(type),min_by(.),max_by(.)]`, `[.a[]|select(. == 1)]`, `(.a[]|select(. != "x" and . < 2)) |= 7`, `del(.a[]|select(. == (1,"x")))`,
		`[.a[]|select(.-1 == 0)?]`, `.o*.o`, `{a:{b:1}}*{a:{c:.n}}`, `.n*100000000000*.n`, `.s|sort_by(.)`, `.s|contains(1)`, `.n|index("x")`, `1|unique`, `.o == null`, `.a|map(. == true)`, `.s|. as $x|["a,b,,c"]|index($x)`,
	} {
		parsed, err := gojq.Parse(query)
		if err != nil {
			t.Fatal(query, err)
		}
		code, err := gojq.Compile(parsed)
		if err != nil {
			t.Fatal(query, err)
		}
		var want []string
		for iter := code.RunWithContext(t.Context(), input); ; {
			v, ok := iter.Next()
			if !ok {
				break
			}
			if err, ok := v.(error); ok {
				want = []string{runError(err).Error()}
				break
			}
			want = append(want, string(encoded(v)))
		}
		var got []string
		outputs, err := compiled(t, query).Run(t.Context(), input)
		for _, v := range outputs {
			got = append(got, string(encoded(v)))
		}
		if err != nil {
			got = []string{err.Error()}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
}

// randomJSON writes a value as nobody would.
func randomJSON(r *rand.Rand, depth int) string {
	blank := []string{"", "", " ", "\n", "\t "}[r.IntN(5)]
	kind := r.IntN(9)
	if depth == 0 {
		kind = r.IntN(6)
	}
	var b strings.Builder
	switch kind {
	case 0:
		b.WriteString([]string{"null", "true", "false"}[r.IntN(3)])
	case 1, 2:
		b.WriteString([]string{"0", "-1.50", "1e400", "12345678901234567890", "-0"}[r.IntN(5)])
	case 3, 4, 5:
		b.WriteString([]string{`"a"`, `""`, `"\u00e9\n"`, `"é]},:"`, `"\ud83d\ude00x"`, `"\ud800"`, "\"\xff\""}[r.IntN(7)])
	case 6, 7:
		b.WriteByte('{')
		for i := range r.IntN(5) {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString([]string{`"a"`, `"b"`, `"\u0061"`, `"c d"`, `""`}[r.IntN(5)] + blank + ":" + randomJSON(r, depth-1))
		}
		b.WriteByte('}')
	default:
		b.WriteByte('[')
		for i := range r.IntN(5) {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(randomJSON(r, depth-1))
		}
		b.WriteByte(']')
	}
	return blank + b.String() + blank
}

// A plain path, and length, give the same of a large body, of which no tree is made, as of its tree.
func TestPlainPathsAreAsGojqHasThem(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	queries := []string{`.`, `length`, `.a`, `.a.b`, `.a|length`, `.[0]`, `.[1].a`, `.["a"]`, `."c d"`, `.a[0].b`, `(.a)|.b|length`, `.[""]`, `.[2]|length`, `.a["b"]|.[1]`, `.a.a.a.a`}
	plain := 0
	for range 600 {
		body := []byte(randomJSON(r, 5))
		for _, query := range queries {
			q := compiled(t, query)
			if q.plain == nil {
				t.Fatalf("%s is not plain", query)
			}
			tree, err := Decode(body)
			if err != nil {
				t.Fatalf("%q: %v", body, err)
			}
			want, wantErr := q.Run(t.Context(), tree)
			large := &text{json: body, lease: room.New(1 << 30).Lease()}
			got, err := q.Run(t.Context(), large)
			if !large.isTree {
				plain++
			}
			if cmp.Diff(texts(want), texts(got)) != "" || fmt.Sprint(wantErr) != fmt.Sprint(err) {
				t.Fatalf("%s of %q: %s, %v instead of %s, %v", query, body, texts(got), err, texts(want), wantErr)
			}
		}
	}
	t.Log(plain, "without a tree")
}

func texts(values []any) (all []string) {
	for _, v := range values {
		all = append(all, string(encoded(v)))
	}
	return all
}

// A tree never takes more than was said of it, and not much less.
func TestTreesAreWeighed(t *testing.T) {
	for name, body := range map[string]string{
		"numbers": "[" + strings.Repeat("1,", 300_000) + "1]", "long numbers": "[" + strings.Repeat("123456.789,", 100_000) + "1]",
		"strings": "[" + strings.Repeat(`"abc",`, 200_000) + "1]", "escapes": "[" + strings.Repeat(`"ab\nc",`, 100_000) + "1]",
		"objects": "[" + strings.Repeat(`{"id":1,"name":"x","v":null},`, 50_000) + "1]", "empty objects": "[" + strings.Repeat(`{},`, 200_000) + "1]",
		"empty arrays": "[" + strings.Repeat(`[],`, 200_000) + "1]", "small arrays": "[" + strings.Repeat(`[1],`, 100_000) + "1]", "pairs": "[" + strings.Repeat(`[1,2,3],`, 100_000) + "1]",
		"wide objects": "[" + strings.Repeat(`{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1},`, 20_000) + "1]",
		"one object":   "{" + members(200_000) + "}", "nested": strings.Repeat("["+strings.Repeat("[", 500)+strings.Repeat("]", 500)+"", 1) + "]",
		"bare": strings.TrimSuffix(strings.Repeat("[true,false,null],", 1), ",")} {
		content := []byte(body)
		e := &Extractor{Type: JSON}
		inputs, err := e.decodeLarge(t.Context(), nil, content)
		if err != nil {
			t.Fatal(name, err)
		}
		said := inputs[0].(*text).weight + int64(len(content))
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		tree, err := inputs[0].(*text).tree(t.Context())
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(tree)
		took := int64(after.HeapAlloc) - int64(before.HeapAlloc)
		t.Logf("%s: said %d, took %d, %.1f", name, said, took, float64(said)/float64(took))
		if took > said+20_000 || err != nil || took > 1<<20 && said > 5*took/2 {
			t.Errorf("%s: said %d, took %d, %v", name, said, took, err)
		}
	}
}

func members(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"key%d":%d`, i, i))
	}
	return strings.Join(all, ",")
}

// What has no room is refused at once, once and for all, and says how large it would be; what needs no tree is not.
func TestTreesBeyondTheRoom(t *testing.T) {
	body := []byte("[" + strings.Repeat("1,", 100_000) + "1]")
	lease := room.New(8 << 20).Lease()
	for _, tt := range []struct {
		e    Extractor
		want string
	}{
		{Extractor{Select: compiled(t, "length")}, `["100001"]`},
		{Extractor{Select: compiled(t, ".[5]")}, `["1"]`},
		{Extractor{Type: JSON}, `[]`},
		{Extractor{Expect: []*Query{compiled(t, "."), compiled(t, ".[0]")}, Select: compiled(t, ".[1]")}, `["1"]`},
		{Extractor{Expect: []*Query{compiled(t, ".[200000]")}}, "not as expected: .[200000] is null for [1,1,"},
		{Extractor{Expect: []*Query{compiled(t, "length")}, Select: compiled(t, ".[0]")}, `["1"]`},
		{Extractor{Select: compiled(t, "map(.+1)")}, "the JSON of this body would take 5.8 MB"},
		{Extractor{Split: compiled(t, ".[]")}, "(--max-memory 8.4 MB); raise --max-memory"},
	} {
		x, err := tt.e.Extract(t.Context(), lease, &fetcher.Request{}, "", body)
		if err == nil {
			var all []string
			for _, v := range x.Values {
				all = append(all, string(v))
			}
			if got := fmt.Sprintf("%q", all); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			continue
		}
		if own, ok := errors.AsType[*fetcher.Error](err); !ok || own.Kind != fetcher.KindBodyTooLarge && own.Kind != fetcher.KindExpect || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
}

// What grows step by step is stopped by the heap; another evaluation at the same time comes to its end.
func TestExpressionsThatGrow(t *testing.T) {
	r := room.New(64 << 20)
	done := make(chan error)
	for range 3 {
		go func() {
			e := &Extractor{Select: compiled(t, `[range(200000)]|length`)}
			for range 10 {
				x, err := e.Extract(context.Background(), r.Lease(), &fetcher.Request{}, "", []byte("1"))
				if err == nil && string(x.Values[0]) != "200000" {
					err = errors.New("another value")
				}
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	began := time.Now()
	for _, query := range []string{`[range(1e9)]|length`, `[limit(1e9;repeat("abc"))]`} {
		_, err := (&Extractor{Select: compiled(t, query)}).Extract(t.Context(), r.Lease(), &fetcher.Request{}, "", []byte("1"))
		if own, ok := errors.AsType[*fetcher.Error](err); !ok || own.Kind != fetcher.KindBodyTooLarge || !strings.Contains(err.Error(), "--max-memory") {
			t.Errorf("%s: %v", query, err)
		}
		t.Log(query, "ended after", time.Since(began))
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// The worst that a byte of JSON can become is taken for all of a moderate body.
func TestHeaviest(t *testing.T) {
	for _, part := range []string{`{"":1},`, `{},`, `[],`, `1,`, `[1],`, `"",`, `"\n",`, `{"":{}},`, `[{"":1}],`, `{"":""},`, `{"\n":"\n"},`} {
		body := []byte("[" + strings.Repeat(part, 10_000) + "1]")
		inputs, err := (&Extractor{Type: JSON}).decodeLarge(t.Context(), nil, body)
		if err != nil {
			t.Fatal(err)
		}
		if n := inputs[0].(*text).weight + int64(len(body)); n > heaviest*int64(len(body)) {
			t.Errorf("%s: %d bytes for each", part, n/int64(len(body)))
		}
	}
	wide := []byte("{" + members(10_000) + "}")
	if inputs, err := (&Extractor{Type: JSON}).decodeLarge(t.Context(), nil, wide); err != nil || inputs[0].(*text).weight > heaviest*int64(len(wide)) {
		t.Error(err)
	}
}
