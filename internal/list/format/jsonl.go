package format

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"unicode/utf8"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/jsonx"
	"example.com/fetch/internal/list/table"
)

// objects is the decoder of lists with a JSON object on each line: ours, and vegeta's, where the body is base64.
// While they cannot be told apart, format is someJSONFormat. Ours may also be the elements of a JSON array, which is
// a table: further keys become the row.
type objects struct {
	entry
	reader *table.Objects
	format format
}

// newObjects returns the decoder of a format of JSON objects.
func newObjects(e entry, r io.Reader, f format) *objects {
	o := &objects{entry: e, reader: table.NewObjects(r, f != vegetaJSONFormat), format: f}
	if o.reader.IsArray() {
		o.format = jsonlFormat
	}
	return o
}

// key is one of the known keys of objects.
type key struct {
	name     string
	set      func(*objects, jsonx.Member) error
	nullable bool // null means absent
}

// keys are the keys of our objects; vegeta has the first four.
var keys = []key{
	{"method", ofString((*entry).setMethod), false},
	{"url", ofString(func(e *entry, text string) error { return e.setURL([]byte(text)) }), false},
	{"body", (*objects).setBody, true},
	{"header", (*objects).setHeader, true},
	{"name", ofString((*entry).setName), true},
	{"timeout", (*objects).setSeconds, true},
	{"row", (*objects).setRow, true},
}

// ofString returns the setter of a value that must be a string.
func ofString(set func(*entry, string) error) func(*objects, jsonx.Member) error {
	return func(o *objects, f jsonx.Member) error {
		text, ok := jsonx.String(f.Value)
		if !ok {
			return BadLine("the value of "+f.Key+" is not a string", "write it in quotes")
		}
		return set(&o.entry, text)
	}
}

func (o *objects) next() error {
	for {
		text, err := o.reader.Next()
		array := o.reader.IsArray()
		text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte(bom)))
		switch {
		case err == table.ErrLongLine && array:
			return BadLine("the object is longer than 1 MiB", "put long bodies into files (vegeta's format)")
		case err == table.ErrLongLine:
			return BadLine("the line is longer than 1 MiB",
				"put each object on a line of its own, and long bodies into files (vegeta's format)")
		case err != nil:
			return unusable(err, "")
		case array && text[0] != '{':
			return BadLine("it is not a JSON object", `write objects like {"url": "http://HOST/PATH"}`)
		case array, len(text) > 0 && text[0] != '#':
			return o.take(text)
		}
	}
}

func (o *objects) place(bad *LineError) {
	if o.reader.IsArray() {
		bad.Entry = o.reader.Count
	} else {
		bad.Line = o.reader.Count
	}
}

// take converts an object into an entry.
func (o *objects) take(text []byte) error {
	fields, bad := fieldsOf(text)
	if bad != nil {
		return bad
	}
	if o.format == someJSONFormat {
		if o.format, bad = dialect(fields); bad != nil {
			return bad
		}
	}
	if key, twice := repeated(fields, func(f jsonx.Member) string { return f.Key }); twice {
		return BadLine("the key "+key+" is there twice", "remove one")
	}
	for _, f := range fields {
		if err := o.set(f); err != nil {
			return err
		}
	}
	column, twice := repeated(o.row, func(c fetcher.Cell) string { return c.Column })
	switch {
	case twice:
		return BadLine("the row has the column "+column+" twice", "remove one")
	case !hasKey(fields, "url"):
		return BadLine("there is no key url", `write objects like {"url": "http://HOST/PATH"}`)
	case o.format == vegetaJSONFormat && !hasKey(fields, "method"):
		return BadLine("there is no key method, which vegeta's format has", "say --input-format jsonl if it is not vegeta's")
	}
	return nil
}

// set processes one field of an object.
func (o *objects) set(f jsonx.Member) error {
	known := keys
	if o.format == vegetaJSONFormat {
		known = keys[:4]
	}
	for i := range known {
		if k := &known[i]; k.name == f.Key {
			if k.nullable && string(f.Value) == "null" {
				return nil
			}
			return k.set(o, f)
		}
	}
	if o.reader.IsArray() {
		o.addCell(f)
		return nil
	}
	var names []string
	for _, k := range known {
		names = append(names, k.name)
	}
	return BadLine("the key "+Shortened(f.Key)+" is not known", nearestOf(f.Key, names))
}

// setSeconds sets the timeout from a quoted duration, or a number.
func (o *objects) setSeconds(f jsonx.Member) error {
	text, isString := jsonx.String(f.Value)
	if !isString {
		text = string(f.Value)
	}
	return o.setTimeout(text)
}

// setBody sets the body: a string as text, or as base64 in vegeta's format, and any other value as JSON.
func (o *objects) setBody(f jsonx.Member) error {
	text, isString := jsonx.String(f.Value)
	if o.format != vegetaJSONFormat {
		if o.isJSON = !isString; o.isJSON {
			text = string(f.Value)
		}
		return o.setText(text)
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	if !isString || err != nil {
		return BadLine("the body is not base64, as it is in vegeta's format", "say --input-format jsonl if it is not vegeta's")
	}
	return o.setText(string(decoded))
}

// setHeader sets the header from an object of strings and lists of strings.
func (o *objects) setHeader(header jsonx.Member) error {
	wrong := BadLine("the value of header is not an object of strings",
		`write it like {"Accept": "text/csv", "X-Tag": ["a", "b"]}`)
	fields, bad := fieldsOf(header.Value)
	if bad != nil {
		return wrong
	}
	for _, f := range fields {
		var values []string
		if text, ok := jsonx.String(f.Value); ok {
			values = []string{text}
		} else if values, ok = stringsOf(f.Value); !ok {
			return wrong
		}
		for _, v := range values {
			if bad := o.addHeader(f.Key, v); bad != nil {
				return bad
			}
		}
	}
	return nil
}

// stringsOf returns the text of a JSON list of strings, and whether the value is one.
func stringsOf(value []byte) (values []string, ok bool) {
	r := jsonx.NewReader(value)
	for r.Open('['); r.More(']'); {
		if r.Kind() != '"' {
			return nil, false
		}
		values = append(values, r.String())
	}
	return values, r.End() == nil
}

// setRow sets the row from an object; its values become text: numbers, lists and objects as written.
func (o *objects) setRow(row jsonx.Member) error {
	fields, bad := fieldsOf(row.Value)
	if bad != nil {
		return BadLine("the value of row is not an object", `write it like {"CID": 702, "name": "ethanol"}`)
	}
	for _, f := range fields {
		o.addCell(f)
	}
	return nil
}

func (o *objects) addCell(f jsonx.Member) {
	o.row = append(o.row, fetcher.Cell{Column: f.Key, Value: table.Cell(f.Value)})
}

// dialect detects from one object whether a list is vegeta's or ours. Without a body both are equivalent, so a later
// object decides; text that happens to be base64 is ambiguous, because a wrong guess would send another body.
func dialect(fields []jsonx.Member) (format, *LineError) {
	var method, body, lists bool
	for _, f := range fields {
		switch f.Key {
		case "method":
			method = true
		case "url":
		case "header":
			if lists = onlyLists(f.Value); !lists {
				return jsonlFormat, nil
			}
		case "body":
			text, ok := jsonx.String(f.Value)
			if _, err := base64.StdEncoding.DecodeString(text); !ok || err != nil {
				return jsonlFormat, nil
			}
			body = text != ""
		default:
			return jsonlFormat, nil
		}
	}
	switch {
	case !method:
		return jsonlFormat, nil
	case !body:
		return someJSONFormat, nil
	case lists:
		return vegetaJSONFormat, nil
	}
	return someJSONFormat, BadLine("the body may be text, or base64 as in vegeta's format",
		"say --input-format jsonl if it is text, or --input-format vegeta-json")
}

// onlyLists reports whether a header is an object that contains only lists, and at least one.
func onlyLists(value []byte) bool {
	fields, bad := fieldsOf(value)
	for _, f := range fields {
		if f.Value[0] != '[' {
			return false
		}
	}
	return bad == nil && len(fields) > 0
}

// fieldsOf returns the fields of a JSON object in order.
func fieldsOf(text []byte) ([]jsonx.Member, *LineError) {
	if !utf8.Valid(text) {
		return nil, BadLine("the line is not UTF-8", "save the list as UTF-8")
	}
	fields, err := jsonx.Members(text)
	if err != nil {
		return nil, notObject(text, err)
	}
	return fields, nil
}

// repeated returns a repeated name; "" and false if there is none.
func repeated[T any](all []T, name func(T) string) (string, bool) {
	if len(all) < 2 {
		return "", false
	}
	seen := make(map[string]struct{}, len(all))
	for _, one := range all {
		if _, twice := seen[name(one)]; twice {
			return Shortened(name(one)), true
		}
		seen[name(one)] = struct{}{}
	}
	return "", false
}

func hasKey(fields []jsonx.Member, key string) bool {
	return slices.ContainsFunc(fields, func(f jsonx.Member) bool { return f.Key == key })
}

// notObject describes a line that is not an object, without its content.
func notObject(text []byte, err error) *LineError {
	switch {
	case text[0] == '[':
		return BadLine("a JSON list, not an object", "write each object on a line of its own; jq -c '.[]' does it")
	case text[0] != '{':
		return BadLine("the line is not a JSON object", `write objects like {"url": "http://HOST/PATH"}, one on each line`)
	case errors.Is(err, jsonx.ErrEnd):
		return BadLine("the object does not end on this line", "write each object on one line; jq -c . does it")
	}
	return BadLine("the line is not JSON", "check its quotes, commas and brackets")
}
