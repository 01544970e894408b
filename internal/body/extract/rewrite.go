package extract

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/itchyny/gojq"
)

// Checks that precede guarded operations, in the language of jq: OP is an operation, NAME a function; LEFT, RIGHT
// and SELF stand for parts of the expression. A right operand is evaluated before the left one, as in gojq.
const (
	guardedOperation = `RIGHT as $__right | (LEFT | _fits("OP"; $__right; $__most)) OP $__right`
	guardedUpdate    = `RIGHT as $__right | LEFT |= (_fits("OP"; $__right; $__most) OP $__right)`
	guardedPaths     = `reduce path(LEFT) as $__path (.; _fits_path($__path; $__most)) | SELF`
	guardedCall      = `_fits("NAME"; $__most) | SELF`
	guardedWith      = `LEFT as $__right | _fits("NAME"; $__right; $__most) | NAME($__right)`
	guardedKey       = `NAME(LEFT | _fits("NAME"; $__most))`
	guardedString    = `LEFT | _fits("tostring"; $__most)`
)

// guardedFuncs are the functions that process all of their input at once, with their replacements: LEFT is the
// first argument, RIGHT the second.
var guardedFuncs = map[string]string{
	"explode/0": guardedCall, "tojson/0": guardedCall, "tostring/0": guardedCall, "flatten/0": guardedCall, "flatten/1": guardedCall,
	"transpose/0": guardedCall, "add/0": guardedCall, "fromjson/0": guardedCall, "format/1": guardedCall,
	"sort/0": guardedCall, "unique/0": guardedCall, "min/0": guardedCall, "max/0": guardedCall, "IN/1": guardedCall,
	"sort_by/1": guardedKey, "group_by/1": guardedKey, "unique_by/1": guardedKey, "min_by/1": guardedKey, "max_by/1": guardedKey,
	"contains/1": guardedWith, "inside/1": guardedWith, "index/1": guardedWith, "rindex/1": guardedWith, "indices/1": guardedWith,
	"bsearch/1": guardedWith, "join/1": guardedWith, "split/1": guardedWith,
	"add/1":        `[LEFT] | _fits("add"; $__most) | add`,
	"setpath/2":    `RIGHT as $__value | LEFT as $__path | _fits_path($__path; $__most) | setpath($__path; $__value)`,
	"pick/1":       guardedPaths,
	"fromstream/1": `fromstream(LEFT | _fits_event($__most))`,
	"match/1":      guardedMatch, "match/2": guardedMatch, "scan/1": guardedMatch, "scan/2": guardedMatch, "capture/1": guardedMatch, "capture/2": guardedMatch,
	"splits/1": guardedMatch, "splits/2": guardedMatch, "split/2": guardedMatch,
	"sub/2": guardedMatch, "sub/3": guardedMatch, "gsub/2": guardedMatch, "gsub/3": guardedMatch,
}

const guardedMatch = `LEFT as $__right | _fits("match"; $__right; $__most) | SELF`

// guardedOperators are those whose operands may be strings or arrays that are multiplied or compared as a whole.
var guardedOperators = map[gojq.Operator]string{
	gojq.OpMul: "*", gojq.OpAdd: "+", gojq.OpSub: "-", gojq.OpDiv: "/",
	gojq.OpUpdateMul: "*", gojq.OpUpdateAdd: "+", gojq.OpUpdateSub: "-", gojq.OpUpdateDiv: "/",
	gojq.OpEq: "==", gojq.OpNe: "!=", gojq.OpLt: "<", gojq.OpLe: "<=", gojq.OpGt: ">", gojq.OpGe: ">=",
}

// guard rewrites an expression so that no operation allocates more than $__most bytes.
func guard(q *gojq.Query) {
	defined := map[string]bool{}
	each(reflect.ValueOf(q), func(node any) {
		if def, ok := node.(*gojq.FuncDef); ok {
			defined[def.Name] = true
			for _, arg := range def.Args {
				defined[arg] = true
			}
		}
	})
	each(reflect.ValueOf(q), func(node any) {
		switch node := node.(type) {
		case *gojq.Query:
			guardOperator(node)
		case *gojq.Term:
			guardTerm(node, defined)
		case *gojq.String:
			for i, part := range node.Queries {
				if part.Term == nil || part.Term.Str == nil {
					node.Queries[i] = inParentheses(written(guardedString, "tostring", part, nil, nil))
				}
			}
		}
	})
}

// each calls do with every node of an expression, children first.
func each(v reflect.Value, do func(node any)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			each(v.Elem(), do)
			do(v.Interface())
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			each(field, do)
		}
	case reflect.Slice:
		for i := range v.Len() {
			each(v.Index(i), do)
		}
	}
}

func guardOperator(q *gojq.Query) {
	if q.Term != nil {
		return
	}
	left, right, before := q.Left, q.Right, *q
	isUpdate := q.Op >= gojq.OpAssign
	op, guarded := guardedOperators[q.Op]
	switch {
	case !guarded, q.Op != gojq.OpMul && q.Op != gojq.OpDiv && !isUpdate && (isConstant(left) || isConstant(right)):
	case isUpdate:
		*q = *written(guardedUpdate, op, left, right, nil)
	default:
		*q = *written(guardedOperation, op, left, right, nil)
	}
	if isUpdate && hasIndex(left) {
		self := *q
		self.Meta, self.Imports, self.FuncDefs = nil, nil, nil
		*q = *written(guardedPaths, "", left, nil, &self)
	}
	q.Meta, q.Imports, q.FuncDefs = before.Meta, before.Imports, before.FuncDefs
}

// isConstant reports whether an expression is a literal scalar.
func isConstant(q *gojq.Query) bool {
	if _, isString := constantString(q); isString || q.Term == nil || len(q.Term.SuffixList) > 0 {
		return isString
	}
	switch q.Term.Type {
	case gojq.TermTypeNumber, gojq.TermTypeNull, gojq.TermTypeTrue, gojq.TermTypeFalse:
		return true
	}
	return false
}

// mostIndex is the literal index up to which no check is necessary.
const mostIndex = 10_000

// hasIndex reports whether a path may contain a computed index, or a large one.
func hasIndex(path *gojq.Query) (has bool) {
	each(reflect.ValueOf(path), func(node any) {
		switch node := node.(type) {
		case *gojq.Func:
			has = true // may lead anywhere
		case *gojq.Index:
			if node.Start == nil || node.IsSlice {
				break
			}
			if _, isKey := constantString(node.Start); isKey {
				break
			}
			if t := node.Start.Term; t != nil && t.Type == gojq.TermTypeNumber && len(t.SuffixList) == 0 {
				if n, err := strconv.Atoi(t.Number); err == nil && n <= mostIndex {
					break
				}
			}
			has = true
		}
	})
	return has
}

func guardTerm(t *gojq.Term, defined map[string]bool) {
	name, text := "", ""
	var args [2]*gojq.Query
	switch {
	case t.Type == gojq.TermTypeFormat && t.Str == nil:
		name, text = t.Format, guardedCall
	case t.Type == gojq.TermTypeFunc && !defined[t.Func.Name]:
		name, text = t.Func.Name, guardedFuncs[t.Func.Name+"/"+strconv.Itoa(len(t.Func.Args))]
		copy(args[:], t.Func.Args)
	}
	if text == "" {
		return
	}
	self := *t
	self.SuffixList = nil
	if text == guardedMatch {
		f := *t.Func
		f.Args = append([]*gojq.Query{{Term: &gojq.Term{Type: gojq.TermTypeFunc, Func: &gojq.Func{Name: "$__right"}}}}, f.Args[1:]...)
		self.Func = &f
	}
	suffixes := t.SuffixList
	*t = *inParentheses(written(text, name, args[0], args[1], &gojq.Query{Term: &self})).Term
	t.SuffixList = suffixes
}

// inParentheses returns an expression as a term.
func inParentheses(q *gojq.Query) *gojq.Query {
	return &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeQuery, Query: q}}
}

// written returns the replacement of an operation.
func written(text, op string, left, right, self *gojq.Query) *gojq.Query {
	q, err := gojq.Parse(strings.NewReplacer("OP", op, "NAME", op).Replace(text))
	if err != nil {
		panic("extract: " + text + ": " + err.Error())
	}
	parts := map[string]*gojq.Query{"LEFT": left, "RIGHT": right, "SELF": self}
	each(reflect.ValueOf(q), func(node any) {
		if t, ok := node.(*gojq.Term); ok && t.Type == gojq.TermTypeFunc && parts[t.Func.Name] != nil {
			*t = gojq.Term{Type: gojq.TermTypeQuery, Query: parts[t.Func.Name]}
		}
	})
	return q
}
