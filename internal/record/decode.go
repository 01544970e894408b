package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"example.com/fetch/fetcher"
)

// UnmarshalJSON reads a record as AppendJSON writes it, whatever the order of its fields. Unknown fields are skipped, as
// later versions of the same format may add some. Another version is an error.
func (r *Record) UnmarshalJSON(data []byte) error {
	type plain Record // without this method
	in := struct {
		V int `json:"v"`
		*plain
		Row row `json:"row"`
		values
	}{plain: (*plain)(&Record{})}
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("not a record: %w", err)
	}
	if in.V != Version {
		return fmt.Errorf("a record of version %d, and only version %d can be read", in.V, Version)
	}
	*r = Record(*in.plain)
	r.Row = fetcher.Row(in.Row)
	r.Values = in.all()
	return nil
}

// UnmarshalJSON reads an answer as AppendJSON writes it.
func (a *Answer) UnmarshalJSON(data []byte) error {
	var in struct {
		Row   row    `json:"row"`
		OK    bool   `json:"ok"`
		Error string `json:"error"`
		values
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*a = Answer{Row: fetcher.Row(in.Row), OK: in.OK, Error: in.Error, Values: in.all()}
	return nil
}

// values are the two forms in which values are written.
type values struct {
	One     json.RawMessage   `json:"value"`
	Several []json.RawMessage `json:"values"`
}

func (v *values) all() []json.RawMessage {
	if v.One != nil {
		return []json.RawMessage{v.One}
	}
	return v.Several
}

// row reads an object and keeps the order of its keys.
type row fetcher.Row

func (r *row) UnmarshalJSON(data []byte) error {
	*r = nil
	if string(data) == "null" {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return errors.New("row is not an object")
	}
	for dec.More() {
		column, err := dec.Token()
		if err != nil {
			return err
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		value := string(raw) // a number or the like, from another writer, stays as it is written
		if raw[0] == '"' {
			if err := json.Unmarshal(raw, &value); err != nil {
				return err
			}
		}
		name, _ := column.(string)
		*r = append(*r, fetcher.Cell{Column: name, Value: value})
	}
	return nil
}
