package extract

import (
	"encoding/json"
	"fmt"

	"github.com/itchyny/gojq"

	"example.com/fetch/internal/jsonx"
)

// maxValues bounds, in bytes, what is taken from one answer.
const maxValues = 64 << 20

// budget is how much more may be taken from one answer.
type budget struct {
	bytes, values int
	exceeded      bool
}

func newBudget() *budget { return &budget{bytes: maxValues, values: maxOutputs} }

// encode makes JSON of values, in the form of jq. Its only error is that they are too many, too large or too deep.
func (b *budget) encode(values []any) ([]json.RawMessage, error) {
	b.exceeded = true // until all is well
	if b.values -= len(values); b.values < 0 {
		return nil, fmt.Errorf("more than %d values", maxOutputs)
	}
	var texts []json.RawMessage
	for _, value := range values {
		if _, err := spend(b.bytes, value, 0); err != nil {
			return nil, err
		}
		text := encoded(value)
		if b.bytes -= len(text); b.bytes < 0 {
			return nil, errTooLarge
		}
		texts = append(texts, text)
	}
	b.exceeded = false
	return texts, nil
}

// encoded is the JSON of a value that an expression gave.
func encoded(value any) json.RawMessage {
	text, _ := gojq.Marshal(value) // which never fails
	return text
}

var errTooLarge = fmt.Errorf("values of more than %d MiB", maxValues>>20)

// spend gives what is left of room after the least that the JSON of a value takes. An expression may repeat a large string
// without end, and nest its output deeper than anybody can read.
func spend(room int, value any, depth int) (left int, err error) {
	if depth > jsonx.MaxDepth {
		return 0, fmt.Errorf("a value nested deeper than %d", jsonx.MaxDepth)
	}
	room--
	switch value := value.(type) {
	case string:
		room -= len(value)
	case []any:
		for i := 0; i < len(value) && err == nil; i++ {
			room, err = spend(room, value[i], depth+1)
		}
	case map[string]any:
		for key, item := range value {
			if room, err = spend(room-len(key), item, depth+1); err != nil {
				break
			}
		}
	}
	if err == nil && room < 0 {
		err = errTooLarge
	}
	return room, err
}
