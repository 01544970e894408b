package jsonx

import "encoding/json"

// maxDigits is the length of the longest number that Any reads. To compute with one costs the square of its length.
const maxDigits = 10_000

// Any reads any value: nil, bool, json.Number, string, []any, map[string]any. Of a key that comes twice the last value
// counts. Numbers have at most 10,000 characters. Numbers and strings without escapes are parts of one copy of the text.
func (r *Reader) Any() any {
	text := r.shared()
	switch r.Kind() {
	case '{':
		object := map[string]any{}
		for r.Open('{'); r.More('}'); {
			key := r.KeyString()
			object[key] = r.Any()
		}
		return object
	case '[':
		array := []any{}
		for r.Open('['); r.More(']'); {
			array = append(array, r.Any())
		}
		return array
	case '"':
		return r.String()
	case '0':
		number := r.number()
		if len(number) > maxDigits {
			r.Fail(ErrLongNumber)
		}
		if r.err != nil {
			return nil
		}
		return json.Number(text[r.start:r.at])
	case 't', 'f':
		return r.Bool()
	}
	r.Skip()
	return nil
}
