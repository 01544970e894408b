package report

import (
	"bytes"

	"example.com/fetch/internal/jsonx"
	"example.com/fetch/internal/record"
)

// jsonObject reports whether a value is an object, and jsonNull whether it is null. Both want valid JSON.
func jsonObject(value []byte) bool { return len(value) > 0 && value[0] == '{' }
func jsonNull(value []byte) bool   { return len(value) > 0 && value[0] == 'n' }

// validJSON is value without the blanks around it. What is not JSON becomes a string that holds it, as in a record that
// is stored.
func validJSON(value []byte) []byte {
	if !jsonx.Valid(value) {
		return record.AppendValue(nil, value)
	}
	return bytes.Trim(value, " \t\r\n")
}

// jsonCell is a value as a cell: a string without its quotes, a number by its digits, null as nothing, and an array or an
// object as compact JSON. It wants valid JSON.
func jsonCell(value []byte) string {
	if len(value) > 0 && (value[0] == '[' || value[0] == '{') {
		value = record.AppendValue(nil, value) // with its escapes
	}
	return jsonx.Cell(value)
}
