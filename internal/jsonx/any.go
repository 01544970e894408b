package jsonx

import "encoding/json"

// maxDigits is the length of the longest number that Any reads. To compute with one costs the square of its length.
const maxDigits = 10_000

// Any reads any value: nil, bool, json.Number, string, []any, map[string]any. Of a key that comes twice the last value
// counts. Numbers have at most 10,000 characters. Numbers and strings without escapes are parts of one copy of the text.
func (r *Reader) Any() any {
	switch kind := r.Kind(); kind {
	case '{', '[':
		if r.decoder.StackDepth() == MaxDepth {
			r.failNext(ErrTooDeep)
			return nil
		}
		r.token()
		if kind == '[' {
			return r.anyArray()
		}
		return r.anyObject()
	case '"':
		return r.anyString()
	case '0':
		number := r.raw()
		if len(number) > maxDigits {
			r.Fail(ErrLongNumber)
			return nil
		}
		return json.Number(r.shared(number))
	case 't', 'f':
		return r.Bool()
	}
	r.raw() // null, or an error
	return nil
}

func (r *Reader) anyObject() any {
	object := map[string]any{}
	for r.More() {
		key := r.anyString()
		object[key] = r.Any()
	}
	return object
}

func (r *Reader) anyArray() any {
	array := []any{}
	for r.More() {
		array = append(array, r.Any())
	}
	return array
}

func (r *Reader) anyString() string {
	quoted := r.raw()
	switch {
	case quoted == nil:
		return ""
	case !isPlain(quoted):
		return string(unquoted(nil, quoted))
	}
	shared := r.shared(quoted)
	return shared[1 : len(shared)-1]
}
