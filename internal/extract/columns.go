package extract

import (
	"slices"

	"github.com/itchyny/gojq"
)

// Columns gives the keys that every output has, in the order in which they are written, if the expression ends with the
// construction of an object whose keys are fixed: `.a[] | {name, "two words": .x}`. For any other it gives false. A
// table has its columns from it before the first answer has come.
func (q *Query) Columns() ([]string, bool) { return slices.Clone(q.keys), q.fixed }

// columns looks at the last stage of an expression.
func columns(q *gojq.Query) ([]string, bool) {
	switch {
	case q == nil:
		return nil, false
	case q.Op == gojq.OpPipe: // `… | last` and `… as $x | last`
		return columns(q.Right)
	case q.Term == nil || len(q.Term.SuffixList) > 0:
		return nil, false
	case q.Term.Type == gojq.TermTypeQuery: // parentheses
		return columns(q.Term.Query)
	case q.Term.Type != gojq.TermTypeObject:
		return nil, false
	}
	keys := []string{}
	for _, pair := range q.Term.Object.KeyVals {
		key, ok := fixedKey(pair)
		if !ok {
			return nil, false
		}
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
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
