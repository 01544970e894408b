package record

import (
	"bytes"
	"encoding/json"
)

// Marshal is v in JSON on one line, with the escapes of AppendJSON.
func Marshal(v any) ([]byte, error) { return AppendAny(nil, v) }

// AppendAny appends what Marshal gives.
func AppendAny(dst []byte, v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return dst, err
	}
	return AppendValue(dst, b.Bytes()), nil
}
