package extract

import (
	"bytes"
	"context"
	"strconv"
	"unicode/utf8"

	"github.com/itchyny/gojq"

	"example.com/fetch/internal/body/room"
	"example.com/fetch/internal/jsonx"
)

// text is one large value of a body, valid JSON, which is decoded only if an expression needs that.
type text struct {
	json    []byte
	lease   *room.Lease
	weight  int64 // memory for the tree
	decoded any   // the tree, once decoded
	isTree  bool
}

// decodeLarge is decode for a body whose values may be too large to be decoded now. They have been validated.
func (e *Extractor) decodeLarge(ctx context.Context, lease *room.Lease, body []byte) (all []any, err error) {
	one := bytes.TrimPrefix(body, byteOrderMark)
	weight, n := int64(0), 0
	if e.Type == JSON {
		r := jsonx.NewReader(one)
		weight, n = r.Weigh(), 1
		if err := r.End(); err != nil {
			return nil, notJSON(body, len(body)-len(one), err)
		}
	} else if err := eachValue(body, func(r *jsonx.Reader) { weight += r.Weigh(); n++ }); err != nil {
		return nil, err
	}
	if n == 1 && !bytes.Contains(one, []byte(recordSeparator)) {
		return []any{&text{json: one, lease: lease, weight: weight}}, nil
	}
	if err := lease.Grow(ctx, weight+int64(len(body)), "the values of this body"); err != nil {
		return nil, err
	}
	return DecodeAll(body)
}

// tree returns the decoded value. It may wait for memory.
func (t *text) tree(ctx context.Context) (any, error) {
	if t.isTree {
		return t.decoded, nil
	}
	if err := t.lease.Grow(ctx, t.weight+int64(len(t.json)), "the JSON of this body"); err != nil {
		return nil, err
	}
	r := jsonx.NewReader(t.json)
	t.decoded, t.isTree = r.Any(), true
	return t.decoded, r.End()
}

// find returns the part that a plain path leads to, whose length may be requested, and whether that is possible
// without decoding.
func (t *text) find(p *route) (part []byte, ok bool) {
	if p == nil || t.isTree {
		return nil, false
	}
	part = t.json
	for _, step := range p.steps {
		if part, ok = step.of(part); !ok {
			return nil, false
		}
	}
	return part, true
}

// holds reports whether a plain path leads to something that is certainly neither null nor false.
func (t *text) holds(p *route) bool {
	part, ok := t.find(p)
	if !ok || p.measures {
		return false
	}
	r := jsonx.NewReader(part)
	return r.Kind() != 'n' && r.Kind() != 'f'
}

// at returns the value of a plain path, like gojq, and whether that is possible without decoding.
func (t *text) at(ctx context.Context, p *route) (value any, ok bool, err error) {
	part, ok := t.find(p)
	if !ok {
		return nil, false, nil
	}
	r := jsonx.NewReader(part)
	if p.measures && r.Kind() == '[' {
		n := 0
		for range r.Array() {
			r.Skip()
			n++
		}
		return n, true, nil
	}
	if len(part) == len(t.json) || p.measures && r.Kind() == '{' { // which may have repeated keys
		return nil, false, nil
	}
	found := &text{json: part, lease: t.lease, weight: r.Weigh()}
	if value, err = found.tree(ctx); err != nil || !p.measures {
		return value, err == nil, err
	}
	switch v := value.(type) {
	case nil:
		return 0, true, nil
	case string:
		return utf8.RuneCountInString(v), true, nil
	}
	return nil, false, nil
}

// makeTrees decodes values.
func makeTrees(ctx context.Context, values []any) error {
	for i, value := range values {
		if t, ok := value.(*text); ok {
			tree, err := t.tree(ctx)
			if err != nil {
				return err
			}
			values[i] = tree
		}
	}
	return nil
}

// preview returns the beginning of a value for a message.
func preview(value any) string {
	t, ok := value.(*text)
	switch {
	case !ok:
		return gojq.Preview(value)
	case t.isTree:
		return gojq.Preview(t.decoded)
	}
	return cut(string(t.json[:min(len(t.json), 2*maxPreview)]), maxPreview)
}

// maxPreview is how much is shown of a value that is not decoded.
const maxPreview = 28

// route is an expression that only selects: .a.b[0], perhaps followed by length.
type route struct {
	steps    []step
	measures bool
}

// step selects a member or an element.
type step struct {
	key     string
	index   int
	isIndex bool
}

// of returns the value that a step selects, and whether that is possible: not where jq has an error. Both are valid
// JSON.
func (s step) of(value []byte) (part []byte, ok bool) {
	r := jsonx.NewReader(value)
	part = []byte("null")
	switch kind := r.Kind(); {
	case kind == 'n':
	case kind == '{' && !s.isIndex:
		for r.Open('{'); r.More('}'); {
			if found := string(r.Key()) == s.key; found {
				part = r.Value() // the last counts
			} else {
				r.Skip()
			}
		}
	case kind == '[' && s.isIndex:
		i := 0
		for range r.Array() {
			if i == s.index {
				return r.Value(), true
			}
			r.Skip()
			i++
		}
	default:
		return nil, false
	}
	return part, true
}

// plainPath returns the path of an expression; nil if it is more than a path.
func plainPath(q *gojq.Query) *route {
	p := &route{}
	if !p.add(q) {
		return nil
	}
	return p
}

// add adds the path of an expression, and reports whether it is only a path.
func (p *route) add(q *gojq.Query) bool {
	switch {
	case p.measures || len(q.FuncDefs)+len(q.Patterns)+len(q.Imports) > 0 || q.Meta != nil:
		return false
	case q.Op == gojq.OpPipe && q.Term == nil:
		return p.add(q.Left) && p.add(q.Right)
	case q.Term == nil:
		return false
	}
	switch t := q.Term; t.Type {
	case gojq.TermTypeIdentity:
	case gojq.TermTypeQuery:
		if !p.add(t.Query) {
			return false
		}
	case gojq.TermTypeIndex:
		if !p.index(t.Index) {
			return false
		}
	case gojq.TermTypeFunc:
		p.measures = t.Func.Name == "length" && len(t.Func.Args) == 0
		return p.measures && len(t.SuffixList) == 0
	default:
		return false
	}
	for _, suffix := range q.Term.SuffixList {
		if p.measures || suffix.Iter || suffix.Optional || suffix.Index == nil || !p.index(suffix.Index) {
			return false
		}
	}
	return true
}

// index adds one step.
func (p *route) index(i *gojq.Index) bool {
	s := step{key: i.Name}
	switch {
	case i.IsSlice || i.End != nil:
		return false
	case i.Str != nil:
		if i.Str.Queries != nil {
			return false
		}
		s.key = i.Str.Str
	case i.Start != nil:
		if key, ok := constantString(i.Start); ok {
			s.key = key
			break
		}
		t := i.Start.Term
		if t == nil || t.Type != gojq.TermTypeNumber || len(t.SuffixList) > 0 {
			return false
		}
		n, err := strconv.Atoi(t.Number)
		if err != nil || n < 0 {
			return false
		}
		s.index, s.isIndex = n, true
	}
	p.steps = append(p.steps, s)
	return true
}
