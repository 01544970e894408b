package extract

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/itchyny/gojq"
)

const (
	// maxOutputs limits the outputs of one run of an expression. A million numbers are a plausible table; more is
	// usually an endless loop.
	maxOutputs = 1_000_000
	// mostAtOnce is how many bytes one operation may allocate without another limit.
	mostAtOnce = 256 << 20
	// maxMessage is the length, in bytes, to which an error of an expression is cut: it may quote a whole body.
	maxMessage = 200
	// maxShownText is how much of an expression a message repeats.
	maxShownText = 60
)

// Query is a compiled expression in the language of jq. It is safe for concurrent use. Numbers that it does not
// compute with keep their digits.
type Query struct {
	text    string
	code    *gojq.Code
	keys    []string // see Columns
	fixed   bool
	assigns bool
	plain   *route // nil: the expression is not just a path
}

// Compile compiles an expression. The error says what is wrong with it and where. Expressions see only their input:
// no environment, no files, no further input. They cannot end the program either.
func Compile(text string) (*Query, error) {
	parsed, err := gojq.Parse(text)
	if err != nil {
		return nil, parseError(text, err)
	}
	if name := forbidden(parsed); name != "" {
		return nil, errors.New(mark(text, name) + ": " + name + " is not available here: an expression sees only the response")
	}
	q := &Query{text: text, assigns: parsed.Op == gojq.OpAssign, plain: plainPath(parsed)}
	keys, fixed := columns(parsed)
	guard(parsed)
	if q.code, err = gojq.Compile(parsed, guards...); err != nil {
		return nil, compileError(text, err)
	}
	q.keys, q.fixed = keys[:0], fixed
	for _, key := range keys {
		if !slices.Contains(q.keys, key) {
			q.keys = append(q.keys, key)
		}
	}
	return q, nil
}

// Assigns reports whether the whole expression is an assignment, `.a = 1`. Its output is the changed input, so as a
// condition it is always true: a comparison is written ==.
func (q *Query) Assigns() bool { return q.assigns }

// String returns the expression as it was written.
func (q *Query) String() string { return q.text }

// Run returns all outputs of the expression for one input, which has the types of Decode: nil, bool, json.Number,
// string, []any and map[string]any (int, float64 and *big.Int are allowed, too). The input is not changed; outputs
// may share memory with it.
//
// If the expression fails, there is only the error, which is short, whatever the input. Run ends early with the
// cause of ctx's end, and with an error after a million outputs.
func (q *Query) Run(ctx context.Context, input any) (outputs []any, err error) {
	return q.run(ctx, input, mostAtOnce)
}

// run is Run with a limit of the bytes that one operation may allocate.
func (q *Query) run(ctx context.Context, input any, most int64) (outputs []any, err error) {
	defer func() {
		// Bodies are untrusted, and a body that triggers a bug in the library must not end the run.
		if p := recover(); p != nil {
			outputs, err = nil, errors.New("cannot be evaluated: "+cut(fmt.Sprint(p), maxMessage))
		}
	}()
	if text, ok := input.(*text); ok {
		if value, ok, err := text.at(ctx, q.plain); ok || err != nil {
			return []any{value}, err
		}
		if input, err = text.tree(ctx); err != nil {
			return nil, err
		}
	}
	iter := q.code.RunWithContext(ctx, input, int(min(most, math.MaxInt)))
	for {
		v, ok := iter.Next()
		if !ok {
			return outputs, nil
		}
		if err, ok := v.(error); ok {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			return nil, runError(err)
		}
		if len(outputs) == maxOutputs {
			return nil, fmt.Errorf("more than %d outputs", maxOutputs)
		}
		outputs = append(outputs, v)
	}
}

// runError returns the error of an expression, shortened.
func runError(err error) error {
	if e, ok := errors.AsType[gojq.ValueError](err); ok { // error(value): jq would print all of the value
		switch v := e.Value().(type) {
		case nil:
			return errors.New("error(null)")
		case string:
			return errors.New(cut(v, maxMessage))
		default:
			return errors.New("error(" + gojq.Preview(v) + ")")
		}
	}
	return errors.New(cut(err.Error(), maxMessage))
}

// cut shortens a text to at most n bytes, "…" not counted, and never within a character.
func cut(text string, n int) string {
	if len(text) <= n {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return strings.ToValidUTF8(text[:n], "\uFFFD") + "…"
}

// around is how many bytes of an expression are shown on either side of an error.
const around = 40

// forbiddenNames are the functions and variables of jq that reach beyond their input. gojq would make the
// environment an empty object, and ignore halt silently.
var forbiddenNames = []string{"$ENV", "env", "halt", "halt_error"}

// forbidden returns the first of forbiddenNames that an expression uses without defining it; "" if there is none.
func forbidden(query *gojq.Query) string {
	var found string
	var defined []string
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if v.IsNil() {
				return
			}
			switch node := v.Interface().(type) {
			case *gojq.FuncDef:
				defined = append(append(defined, node.Name), node.Args...)
			case *gojq.Func:
				if found == "" && slices.Contains(forbiddenNames, node.Name) && !slices.Contains(defined, node.Name) {
					found = node.Name
				}
			}
			walk(v.Elem())
		case reflect.Struct:
			for _, field := range v.Fields() {
				walk(field)
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		}
	}
	walk(reflect.ValueOf(query))
	return found
}

// parseError says where an expression is invalid.
func parseError(text string, err error) error {
	at, problem := len(text), err.Error()
	if e, ok := errors.AsType[*gojq.ParseError](err); ok {
		at = e.Offset
	}
	if problem == "unexpected EOF" {
		problem = "unexpected end"
	}
	return errors.New(excerpt(text, at) + ": " + cut(problem, maxMessage))
}

// undefined extracts the name from gojq's "function not defined: lenght/0".
var undefined = regexp.MustCompile(`^(function|variable|label) not defined: (.*?)(/\d+)?$`)

// compileError says which undefined name an expression uses, and where.
func compileError(text string, err error) error {
	message := err.Error()
	switch m := undefined.FindStringSubmatch(message); {
	case strings.HasPrefix(message, "cannot load module"):
		message = "modules are not available here"
	case strings.HasPrefix(message, "missing query"): // empty, or only a comment
		return errors.New("the expression is empty; write . for the whole response")
	case strings.HasPrefix(message, "input(s)/0"):
		name := "input"
		if strings.Contains(text, "inputs") {
			name = "inputs"
		}
		return errors.New(mark(text, name) + ": there is only one input, the response")
	case m != nil:
		if at := position(text, m[2]); m[1] == "function" && at > 0 && text[at-1] == '-' {
			message += `; write ."a-b" for a key with a hyphen`
		}
		return errors.New(mark(text, m[2]) + ": " + cut(message, maxMessage))
	}
	return errors.New(cut(strings.Join(strings.Fields(text), " "), maxShownText) + ": " + cut(message, maxMessage))
}

// position returns where a name occurs as a word in an expression; -1 if nowhere.
func position(text, name string) int {
	at := regexp.MustCompile(`(?:^|[^\w.$])(` + regexp.QuoteMeta(name) + `)(?:$|\W)`).FindStringSubmatchIndex(text)
	if at == nil {
		return strings.Index(text, name)
	}
	return at[2]
}

// mark returns the excerpt for a name that an expression uses.
func mark(text, name string) string {
	if at := position(text, name); at >= 0 {
		return excerpt(text, at+len(name))
	}
	return excerpt(text, len(text))
}

// excerpt shows the place of an error in an expression, on one line: the error is before "<-- here".
func excerpt(text string, end int) string {
	end = min(max(end, 0), len(text))
	before, after := text[:end], text[end:]
	if len(before) > around {
		before = "…" + strings.ToValidUTF8(before[len(before)-around:], "")
	}
	after = cut(after, around)
	return strings.TrimSpace(strings.Join(strings.Fields(before+" <-- here "+after), " "))
}

// Columns returns the keys of the outputs, in the order in which they are written, if the expression itself
// constructs them all, as objects with fixed keys: `.a[] | {name, "two words": .x}`, or one in each branch of an
// if. Otherwise it returns false. With it a table has its columns before the first response.
func (q *Query) Columns() ([]string, bool) { return slices.Clone(q.keys), q.fixed }

// columns analyses the last stage of an expression.
func columns(q *gojq.Query) ([]string, bool) {
	switch {
	case q == nil:
		return nil, false
	case q.Op == gojq.OpPipe: // `… | last` and `… as $x | last`
		return columns(q.Right)
	case q.Op == gojq.OpComma || q.Op == gojq.OpAlt || q.Op == gojq.OpAdd:
		return columnsOfAll(q.Left, q.Right)
	case q.Term == nil || len(q.Term.SuffixList) > 0:
		return nil, false
	}
	switch t := q.Term; t.Type {
	case gojq.TermTypeQuery: // parentheses
		return columns(t.Query)
	case gojq.TermTypeIf:
		branches := []*gojq.Query{t.If.Then}
		for _, elif := range t.If.Elif {
			branches = append(branches, elif.Then)
		}
		return columnsOfAll(append(branches, t.If.Else)...)
	case gojq.TermTypeObject:
		return columnsOf(t.Object)
	}
	return nil, false
}

// columnsOfAll returns the columns of expressions that each produce outputs.
func columnsOfAll(queries ...*gojq.Query) ([]string, bool) {
	var all []string
	for _, q := range queries {
		keys, ok := columns(q)
		if !ok {
			return nil, false
		}
		all = append(all, keys...)
	}
	return all, true
}

func columnsOf(object *gojq.Object) ([]string, bool) {
	keys := []string{}
	for _, pair := range object.KeyVals {
		key, ok := fixedKey(pair)
		if !ok {
			return nil, false
		}
		keys = append(keys, key)
	}
	return keys, true
}

// fixedKey returns the key of a pair in an object construction, if it is constant.
func fixedKey(pair *gojq.ObjectKeyVal) (string, bool) {
	switch {
	case pair.KeyString != nil:
		return pair.KeyString.Str, pair.KeyString.Queries == nil
	case pair.KeyQuery != nil: // ("name")
		return constantString(pair.KeyQuery)
	case pair.Val == nil && pair.Key != "" && pair.Key[0] == '$': // {$name} is {name: $name}
		return pair.Key[1:], true
	case pair.Key != "" && pair.Key[0] == '$': // {$name: …} takes the key from the variable
		return "", false
	}
	return pair.Key, pair.Key != ""
}

// constantString returns the string of an expression that is a string literal.
func constantString(q *gojq.Query) (string, bool) {
	switch {
	case q.Term == nil || len(q.FuncDefs) > 0 || len(q.Term.SuffixList) > 0:
		return "", false
	case q.Term.Type == gojq.TermTypeQuery:
		return constantString(q.Term.Query)
	case q.Term.Type == gojq.TermTypeString && q.Term.Str.Queries == nil:
		return q.Term.Str.Str, true
	}
	return "", false
}
