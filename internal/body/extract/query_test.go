package extract

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// outputs are the outputs of an expression for a body, each as JSON.
func outputs(t *testing.T, text, body string) ([]string, error) {
	t.Helper()
	input, err := Decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	all, err := compiled(t, text).Run(t.Context(), input)
	var texts []string
	for _, v := range all {
		texts = append(texts, string(encoded(v)))
	}
	return texts, err
}

func TestRun(t *testing.T) {
	const fingertips = `[{"Id":19,"Name":"Public Health Outcomes","GroupIds":[1000049]},{"Id":20,"Name":null,"GroupIds":[]}]`
	for _, test := range []struct {
		name, query, body string
		want              []string
	}{
		{"the weights", weights, ethanol, []string{`{"MolecularFormula":"C2H6O","MolecularWeight":"46.07"}`}},
		{"digits are kept", ".", `[46.070, 9007199254740993, 1e400, -0, 0.10, 1E+2]`, []string{`[46.070,9007199254740993,1e400,-0,0.10,1E+2]`}},
		{"digits are kept in a path", ".a[1]", `{"a":[1,12345678901234567890.50]}`, []string{`12345678901234567890.50`}},
		{"what is computed is not", ".+0", `46.070`, []string{`46.07`}},
		{"large integers are computed exactly", ".+1", `9007199254740993`, []string{`9007199254740994`}},
		{"length of a list", "length", fingertips, []string{`2`}},
		{"length of an object", "length", `{"6":[1,2],"101":[3]}`, []string{`2`}},
		{"length of null", "length", `null`, []string{`0`}},
		{"several outputs", ".[].Name", fingertips, []string{`"Public Health Outcomes"`, `null`}},
		{"no output", ".[] | select(.Id == 7)", fingertips, nil},
		{"a listkey stays an integer", ".Waiting.ListKey", `{"Waiting":{"ListKey":3141592653589793238}}`, []string{`3141592653589793238`}},
		{"keys are sorted", ".", `{"b":1,"a":2}`, []string{`{"a":2,"b":1}`}},
		{"env may be defined", "def env: 7; env", `null`, []string{`7`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := outputs(t, test.query, test.body)
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Error(err, diff)
			}
		})
	}
}

func TestCompileError(t *testing.T) {
	for _, test := range []struct{ query, want string }{
		{" # nothing", "the expression is empty; write . for the whole response"},
		{".a | | .b", `.a | | <-- here .b: unexpected token "|"`},
		{".a | {b", ".a | {b <-- here: unexpected end"},
		{`.a[`, `.a[ <-- here: unexpected end`},
		{`.a == "b`, `.a == "b <-- here: unterminated string literal`},
		{".a |\n  .b }", `.a | .b } <-- here: unexpected token "}"`},
		{".a | lenght", ".a | lenght <-- here: function not defined: lenght/0"},
		{".first-name | .x", `.first-name <-- here | .x: function not defined: name/0; write ."a-b" for a key with a hyphen`},
		{".a | $x", ".a | $x <-- here: variable not defined: $x"},
		{"$ENV.HOME", "$ENV <-- here .HOME: $ENV is not available here: an expression sees only the response"},
		{"[.[] | env]", "[.[] | env <-- here ]: env is not available here: an expression sees only the response"},
		{`if .a then halt else . end`, `if .a then halt <-- here else . end: halt is not available here: an expression sees only the response`},
		{`halt_error`, `halt_error <-- here: halt_error is not available here: an expression sees only the response`},
		{"., input", "., input <-- here: there is only one input, the response"},
		{`[inputs]`, `[inputs <-- here ]: there is only one input, the response`},
		{`include "a"; .`, `include "a"; .: modules are not available here`},
		{`import "a" as $a; $a`, `import "a" as $a; $a: modules are not available here`},
		{"input_filename", "input_filename <-- here: function not defined: input_filename/0"},
		{strings.Repeat(".a | ", 30) + "| .b" + strings.Repeat(" | .c", 30), `…a | .a | .a | .a | .a | .a | .a | .a | | <-- here .b | .c | .c | .c | .c | .c | .c | .c |…: unexpected token "|"`},
	} {
		_, err := Compile(test.query)
		if err == nil || err.Error() != test.want {
			t.Errorf("%q:\n got %v\nwant %s", test.query, err, test.want)
		}
	}
}

func TestRunError(t *testing.T) {
	long := `{"a":"` + strings.Repeat("canary ", 10_000) + `"}`
	for _, test := range []struct{ query, body, want string }{
		{".a[]", `{"a":1}`, "cannot iterate over: number (1)"},
		{".a", `[1]`, "expected an object but got: array ([1])"},
		{"error", `"of our own"`, "of our own"},
		{"error(null)", `1`, "error(null)"},
		{"error", long, `error({"a":"canary canary canar ...})`},
		{"error(.a)", long, strings.Repeat("canary ", 10_000)[:maxMessage] + "…"},
		{".[]|tonumber", long, `tonumber cannot be applied to "canary canary canary can ...": invalid number`},
		{"range(1000001)", `1`, "more than 1000000 outputs"},
		{`@base64d`, `"%"`, `@base64d cannot be applied to "%": illegal base64 data at input byte 0`},
	} {
		_, err := outputs(t, test.query, test.body)
		if err == nil || err.Error() != test.want {
			t.Errorf("%s:\n got %v\nwant %s", test.query, err, test.want)
		}
		if err != nil && len(err.Error()) > maxMessage+10 {
			t.Errorf("%s: a message of %d bytes", test.query, len(err.Error()))
		}
	}
}

func TestRunEndsWithContext(t *testing.T) {
	cause := errors.New("enough")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, cause)
	defer cancel()
	if _, err := compiled(t, "last(repeat(.))").Run(ctx, 1); err != cause {
		t.Errorf("got %v", err)
	}
}

func TestColumns(t *testing.T) {
	for _, test := range []struct {
		query string
		want  []string
		ok    bool
	}{
		{weights, []string{"MolecularFormula", "MolecularWeight"}, true},
		{`.a[] | select(.x) | {z, "a b": .x, y: {q: 1}}`, []string{"z", "a b", "y"}, true},
		{`{a, "b", "c": 1, ("d"): 2, if: 3, a: 4}`, []string{"a", "b", "c", "d", "if"}, true},
		{`(.x | ({a: (1, 2)}))`, []string{"a"}, true},
		{`.x as $y | {$y, z: $y}`, []string{"y", "z"}, true},
		{`. as [$p] ?// $p | {$p}`, []string{"p"}, true},
		{`def f: {q}; f | {a}`, []string{"a"}, true},
		{`def f: 1; {a: f}`, []string{"a"}, true},
		{`{}`, []string{}, true},
		{`.`, nil, false},
		{`.a // {b}`, nil, false},
		{`{a} + {b}`, []string{"a", "b"}, true},
		{`. + {b}`, nil, false},
		{`{a}, ({b, a} // {c})`, []string{"a", "b", "c"}, true},
		{`{a}, .b`, nil, false},
		{`{a} | .a`, nil, false},
		{`{a}.a`, nil, false},
		{`{(.k): 1}`, nil, false},
		{`{"a\(1)": 1}`, nil, false},
		{`"k" as $k | {$k: 1}`, nil, false},
		{`[{a}]`, nil, false},
		{`if .x then {a} elif .y then {b} else .z | {c} end`, []string{"a", "b", "c"}, true},
		{`if .x then {a} elif .y then . else {c} end`, nil, false},
		{`if . then {a} end`, nil, false},
		{`reduce .[] as $x ({a}; .)`, nil, false},
	} {
		q, err := Compile(test.query)
		if err != nil {
			t.Errorf("%s: %v", test.query, err)
			continue
		}
		got, ok := q.Columns()
		if diff := cmp.Diff(test.want, got); ok != test.ok || diff != "" {
			t.Errorf("%s: %v %s", test.query, ok, diff)
		}
	}
}
