package format

import (
	"bytes"
	"encoding/base64"
	"io"
	"slices"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/jsonx"
	"example.com/fetch/internal/list/table"
)

// objects is the decoder of lists with a JSON object on each line: ours, and vegeta's, where the body is base64. As long
// as nothing has told them apart, format is someJSONFormat. Ours may also be the elements of a JSON array, which is a table:
// what else they have is the row.
type objects struct {
	entry
	input  string
	reader lineReader
	array  *jsonx.Stream // nil: an object on each line
	count  int64         // of the elements so far
	format format
}

// newObjects makes the decoder of an input of which the beginning is known.
func newObjects(input string, e entry, r io.Reader, beginning []byte, f format) *objects {
	if f != vegetaJSONFormat && opens(bytes.TrimLeft(beginning, blanks), '[', '{', ']') {
		o := &objects{entry: e, input: input, array: jsonx.NewStream(r), format: jsonlFormat}
		o.array.Open('[')
		return o
	}
	return &objects{entry: e, input: input, reader: lineReader{reader: r}, format: f}
}

// keys are those of our objects; vegeta has the first four.
var (
	keys       = []string{"method", "url", "body", "header", "name", "timeout", "row"}
	vegetaKeys = keys[:4]
)

func (o *objects) Next() error {
	if o.array != nil {
		return o.nextElement()
	}
	for {
		text, err := o.reader.next()
		var bad *LineError
		switch {
		case err == errLongLine:
			bad = longLine("put each object on a line of its own, and long bodies into files (vegeta's format)")
		case err != nil:
			return err
		default:
			text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte(bom)))
			if len(text) == 0 || text[0] == '#' {
				continue
			}
			if bad = o.take(text); bad == nil {
				return nil
			}
		}
		bad.Input, bad.Line, bad.Partial = o.input, o.reader.line, o.partial()
		return bad
	}
}

// nextElement reads an element of the array; what follows the array may only be white space.
func (o *objects) nextElement() error {
	o.clear()
	if !o.array.More() {
		o.array.End()
		if err := o.array.Err(); err != nil {
			return o.broken(err)
		}
		return io.EOF
	}
	o.count++
	var bad *LineError
	switch text, err := o.array.Value(maxLine); {
	case err != nil:
		bad = &LineError{Problem: "the object is longer than 1 MiB", Hint: "put long bodies into files (vegeta's format)"}
	case text == nil:
		return o.broken(o.array.Err())
	case text[0] != '{':
		bad = &LineError{Problem: "it is no JSON object", Hint: `write objects like {"url": "http://HOST/PATH"}`}
	default:
		bad = o.take(text)
	}
	if bad == nil {
		return nil
	}
	bad.Input, bad.Entry, bad.Partial = o.input, o.count, o.partial()
	return bad
}

// broken is the error of an array of which nothing more can be read.
func (o *objects) broken(err error) error {
	if _, ok := err.(*jsonx.Error); !ok {
		return err
	}
	return &InputError{
		Input: o.input, Problem: "is no valid JSON array " + err.Error(), Hint: "make or fetch the file again",
	}
}

// take makes an entry of an object.
func (o *objects) take(text []byte) *LineError {
	o.clear()
	fields, bad := fieldsOf(text)
	if bad != nil {
		return bad
	}
	if o.format == someJSONFormat {
		if o.format, bad = dialect(fields); bad != nil {
			return bad
		}
	}
	known := keys
	if o.format == vegetaJSONFormat {
		known = vegetaKeys
	}
	if key, twice := repeatedKey(fields); twice {
		return &LineError{Problem: "the key " + key + " is there twice", Hint: "take one out"}
	}
	for _, f := range fields {
		if bad := o.set(f, known); bad != nil {
			return bad
		}
	}
	column, twice := repeatedColumn(o.row)
	switch {
	case twice:
		return &LineError{Problem: "the row has the column " + column + " twice", Hint: "take one out"}
	case !hasKey(fields, "url"):
		return &LineError{Problem: "there is no key url", Hint: `write objects like {"url": "http://HOST/PATH"}`}
	case o.format == vegetaJSONFormat && !hasKey(fields, "method"):
		return &LineError{Problem: "there is no key method, which vegeta's format has", Hint: "say --input-format jsonl if it is not vegeta's"}
	}
	return nil
}

// set takes one field of an object.
func (o *objects) set(f jsonx.Member, known []string) *LineError {
	if string(f.Value) == "null" && f.Key != "url" && f.Key != "method" && slices.Contains(known, f.Key) {
		return nil // as if it were not there
	}
	switch f.Key {
	case "url":
		return o.setString(f, func(text string) *LineError { return o.setURL([]byte(text)) })
	case "method":
		return o.setString(f, o.setMethod)
	case "body":
		return o.setBody(f)
	case "header":
		return o.setHeader(f.Value)
	}
	if o.format != vegetaJSONFormat {
		switch f.Key {
		case "name":
			return o.setString(f, o.setName)
		case "timeout":
			if len(f.Value) > 0 && f.Value[0] == '"' {
				return o.setString(f, o.setTimeout)
			}
			return o.setTimeout(string(f.Value))
		case "row":
			return o.setRow(f.Value)
		}
	}
	if o.array != nil {
		o.addCell(f)
		return nil
	}
	return &LineError{Problem: "the key " + Shortened(f.Key) + " is not known", Hint: nearestOf(f.Key, known)}
}

func (o *objects) setString(f jsonx.Member, set func(string) *LineError) *LineError {
	text, ok := jsonx.String(f.Value)
	if !ok {
		return &LineError{Problem: "the value of " + f.Key + " is no string", Hint: "write it in quotes"}
	}
	return set(text)
}

// setBody takes a string as the body itself, base64 in vegeta's format, and any other value as JSON.
func (o *objects) setBody(f jsonx.Member) *LineError {
	text, isString := jsonx.String(f.Value)
	switch {
	case o.format != vegetaJSONFormat && isString:
		o.body = &content{text: []byte(text)}
	case o.format != vegetaJSONFormat:
		o.body = &content{text: bytes.Clone(f.Value), json: true}
	default:
		decoded, err := base64.StdEncoding.DecodeString(text)
		if !isString || err != nil {
			return &LineError{
				Problem: "the body is not base64, as it is in vegeta's format", Hint: "say --input-format jsonl if it is not vegeta's",
			}
		}
		o.body = &content{text: decoded}
	}
	return nil
}

// setHeader takes an object of strings and of lists of strings.
func (o *objects) setHeader(value []byte) *LineError {
	wrong := &LineError{
		Problem: "the value of header is no object of strings", Hint: `write it like {"Accept": "text/csv", "X-Tag": ["a", "b"]}`,
	}
	fields, bad := fieldsOf(value)
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

// stringsOf gives the text of a JSON list of strings, and whether the value is one.
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

// setRow takes an object; its values become text, in which numbers, lists and objects are as they stand.
func (o *objects) setRow(value []byte) *LineError {
	fields, bad := fieldsOf(value)
	if bad != nil {
		return &LineError{Problem: "the value of row is no object", Hint: `write it like {"CID": 702, "name": "ethanol"}`}
	}
	for _, f := range fields {
		o.addCell(f)
	}
	return nil
}

func (o *objects) addCell(f jsonx.Member) {
	o.row = append(o.row, fetcher.Cell{Column: f.Key, Value: table.Cell(f.Value)})
}

// dialect tells from one object whether a list is vegeta's or ours. Without a body both say the same, so that a later
// object is asked; text that happens to be base64 is not guessed at, since a wrong guess would send another body.
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
	return someJSONFormat, &LineError{
		Problem: "the body may be text, or base64 as in vegeta's format",
		Hint:    "say --input-format jsonl if it is text, or --input-format vegeta-json",
	}
}

// onlyLists reports whether a header is an object with lists in it, and nothing else.
func onlyLists(value []byte) bool {
	fields, bad := fieldsOf(value)
	for _, f := range fields {
		if f.Value[0] != '[' {
			return false
		}
	}
	return bad == nil && len(fields) > 0
}

func longLine(hint string) *LineError {
	return &LineError{Problem: "the line is longer than 1 MiB", Hint: hint}
}
