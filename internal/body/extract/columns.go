package extract

import (
	"slices"

	"github.com/itchyny/gojq"
)

// Columns gives the keys that outputs can have, in the order in which they are written, if the expression itself builds
// them all, as objects whose keys are fixed: `.a[] | {name, "two words": .x}`, or one for each branch of an if. For any
// other it gives false. A table has its columns from it before the first response has come.
func (q *Query) Columns() ([]string, bool) { return slices.Clone(q.keys), q.fixed }

// columns looks at the last stage of an expression.
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

// columnsOfAll are the columns of expressions of which each gives outputs.
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

// fixedKey is the key of a pair in an object's construction, if it is the same for every input.
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

// constantString is the string that an expression always gives, if it is a mere string.
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
