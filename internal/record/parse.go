package record

import (
	"errors"
	"fmt"

	"example.com/fetch/internal/jsonx"
)

// Parse reads a record as AppendJSON writes it, with or without the end of its line, whatever the order of its fields.
// Unknown fields are passed over, as later versions of the same format may add some; of a field that is there twice the
// last counts. Unlike in encoding/json, small letters in names are not capitals. Another version is an error. After an error r is
// the zero Record. R shares no memory with line, so that a buffer may be used for one line after the other.
//
// All strings of a usual record are parts of one copy of its line: who keeps one of them for long, clones it.
func Parse(line []byte, r *Record) error {
	*r = Record{}
	c := codec{Reader: jsonx.NewReader(line), reads: true}
	if c.object(func() { r.fields(&c) }); !c.known {
		c.Stop(versionError(0))
	}
	if err := c.End(); err != nil {
		*r = Record{}
		if _, other := errors.AsType[versionError](err); other {
			return err
		}
		return fmt.Errorf("not a record: %w", err)
	}
	return nil
}

// UnmarshalJSON is Parse.
func (r *Record) UnmarshalJSON(data []byte) error { return Parse(data, r) }

// versionError is the version of a record that cannot be read.
type versionError int64

func (e versionError) Error() string {
	return fmt.Sprintf("a record of version %d, and only version %d can be read", int64(e), Version)
}
