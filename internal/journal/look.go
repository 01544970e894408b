package journal

import (
	"bytes"
	"cmp"
	"errors"
	"math"

	"example.com/fetch/internal/jsonx"
	"example.com/fetch/internal/record"
)

// glance is what can be seen of a record without parsing all of it, which would take many times as long.
type glance struct {
	seq  int64
	page int32         // saturates at the maximum
	end  record.Micros // from the start of its part
}

// recordBeginning is the beginning of records that we have written, up to the value of seq.
var recordBeginning = []byte(`{"v":1,"seq":`)

// typeRecord stands for the type of records, which have none.
const typeRecord = ""

// typeOf returns the type of a line.
func typeOf(line []byte) (typ string, err error) {
	if bytes.HasPrefix(line, recordBeginning) {
		return typeRecord, nil
	}
	r := jsonx.NewReader(line)
	for key := range r.Object() {
		switch {
		case string(key) != "type":
			r.Skip()
		case r.Null():
			typ = typeRecord
		default:
			typ = cmp.Or(r.String(), "(empty)") // an unknown type
		}
	}
	if r.End() != nil {
		return "", errors.New("it is not a JSON object as expected")
	}
	return typ, nil
}

// look extracts a glance from a record in the form in which we write it, and parses any other record.
func look(line []byte) (glance, error) {
	if g, ok := lookQuickly(line); ok {
		return g, nil
	}
	var r record.Record
	err := record.Parse(line, &r)
	return glance{r.Seq, clampPage(int64(r.Page)), r.End()}, err
}

func clampPage(n int64) int32 { return int32(min(max(n, math.MinInt32), math.MaxInt32)) }

func lookQuickly(line []byte) (g glance, ok bool) {
	rest, ok := bytes.CutPrefix(line, recordBeginning)
	if !ok || line[len(line)-1] != '}' {
		return g, false
	}
	r := jsonx.NewReader(rest)
	g.seq = r.Int64()
	if !r.Field(`,"page":`) {
		return g, false
	}
	g.page = clampPage(r.Int64())
	// It is the field of the record, and not of a row, if a number follows: the cells of rows are strings.
	for r.Seek(`,"due_ms":`) && r.Kind() != '0' {
		r.Skip()
	}
	g.end = micros(&r)
	for r.More('}') {
		if string(r.Key()) == "response_ms" {
			g.end += micros(&r)
			return g, r.Err() == nil
		}
		r.Number()
	}
	return g, false
}

func micros(r *jsonx.Reader) (m record.Micros) {
	if err := m.UnmarshalJSON(r.Number()); err != nil {
		r.Fail(err)
	}
	return m
}
