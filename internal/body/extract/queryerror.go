package extract

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/itchyny/gojq"
)

// around is how many bytes of an expression are shown on either side of the place that is wrong.
const around = 40

// forbiddenNames are the functions and variables of jq that reach beyond their input. gojq would make the environment
// an empty object, and say of halt nothing at all.
var forbiddenNames = []string{"$ENV", "env", "halt", "halt_error"}

// forbidden finds the first of forbiddenNames that an expression uses, and does not itself define; "" if there is none.
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

// parseError says where an expression stops making sense.
func parseError(text string, err error) error {
	e, ok := errors.AsType[*gojq.ParseError](err)
	if !ok {
		return errors.New(excerpt(text, len(text)) + ": " + err.Error())
	}
	problem := e.Error()
	if problem == "unexpected EOF" {
		problem = "unexpected end"
	}
	return errors.New(excerpt(text, e.Offset) + ": " + cut(problem, maxMessage))
}

// undefined takes the name out of gojq's "function not defined: lenght/0".
var undefined = regexp.MustCompile(`^(function|variable|label) not defined: (.*?)(/\d+)?$`)

// compileError says what an expression uses that there is not, and where.
func compileError(text string, err error) error {
	message := err.Error()
	switch m := undefined.FindStringSubmatch(message); {
	case strings.HasPrefix(message, "cannot load module"):
		message = "modules are not available here"
	case strings.HasPrefix(message, "missing query"): // nothing, or a comment only
		return errors.New("the expression is empty; write . for the whole answer")
	case strings.HasPrefix(message, "input(s)/0"):
		name := "input"
		if strings.Contains(text, "inputs") {
			name = "inputs"
		}
		return errors.New(mark(text, name) + ": there is one input only, the answer")
	case m == nil:
	case m[1] == "function":
		at := position(text, m[2])
		if at > 0 && text[at-1] == '-' {
			message += `; write ."a-b" for a key with a hyphen`
		}
		return errors.New(mark(text, m[2]) + ": " + cut(message, maxMessage))
	default:
		return errors.New(mark(text, m[2]) + ": " + cut(message, maxMessage))
	}
	return errors.New(cut(strings.Join(strings.Fields(text), " "), maxShownText) + ": " + cut(message, maxMessage))
}

// position is where a name stands by itself in an expression; -1 if nowhere.
func position(text, name string) int {
	at := regexp.MustCompile(`(?:^|[^\w.$])(` + regexp.QuoteMeta(name) + `)(?:$|\W)`).FindStringSubmatchIndex(text)
	if at == nil {
		return strings.Index(text, name)
	}
	return at[2]
}

// mark is the excerpt for a name that an expression uses.
func mark(text, name string) string {
	at := position(text, name)
	if at < 0 {
		return excerpt(text, len(text))
	}
	return excerpt(text, at+len(name))
}

// excerpt shows the place in an expression, on one line: what stands before "<-- here" is what is wrong.
func excerpt(text string, end int) string {
	end = min(max(end, 0), len(text))
	before, after := text[:end], text[end:]
	if len(before) > around {
		before = "…" + strings.ToValidUTF8(before[len(before)-around:], "")
	}
	after = cut(after, around)
	return strings.TrimSpace(strings.Join(strings.Fields(before+" <-- here "+after), " "))
}
