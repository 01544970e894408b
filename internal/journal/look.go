package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"

	"example.com/fetch/internal/record"
)

// glance is what can be seen of a record without reading all of it, which would take many times as long.
type glance struct {
	seq  int64
	page int32         // as far as it fits
	end  record.Micros // from the start of its leg
}

// recordBeginning is how records begin that we have written.
var recordBeginning = []byte(`{"v":1,"seq":`)

// isRecord says whether a line is a record: what has no type. The type of another line is given.
func isRecord(line []byte) (is bool, typ string, err error) {
	if bytes.HasPrefix(line, recordBeginning) {
		return true, "", nil
	}
	var l struct {
		Type *string `json:"type"`
	}
	switch err := json.Unmarshal(line, &l); {
	case err != nil:
		return false, "", errors.New("it is not a JSON object as expected")
	case l.Type == nil:
		return true, "", nil
	}
	return false, *l.Type, nil
}

// look sees what it can of a record that we have written, from the fields in which we write them, and reads any other.
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
	t := text{rest: rest}
	g.seq = t.number()
	t.skip(`,"page":`)
	g.page = clampPage(t.number())
	// A quotation mark inside a string has a backslash before it, so this is a key. It is one of ours, and not one of row,
	// if a number follows: the cells of rows are strings.
	for {
		i := bytes.Index(t.rest, []byte(`,"due_ms":`))
		if i < 0 || t.bad {
			return g, false
		}
		t.rest = t.rest[i:]
		if n := len(`,"due_ms":`); t.rest[n] != '"' { // there is the } at the end, at least
			break
		}
		t.rest = t.rest[1:]
	}
	for _, key := range [...]string{`,"due_ms":`, `,"queue_ms":`, `,"limiter_ms":`, `,"service_ms":`, `,"backoff_ms":`, `,"response_ms":`} {
		t.skip(key)
		time := t.micros()
		if key == `,"due_ms":` || key == `,"response_ms":` {
			g.end += time
		}
	}
	return g, !t.bad
}

// text is read from its beginning; bad says that it was not what was expected.
type text struct {
	rest []byte
	bad  bool
}

func (t *text) skip(s string) {
	if len(t.rest) < len(s) || string(t.rest[:len(s)]) != s {
		t.bad = true
		return
	}
	t.rest = t.rest[len(s):]
}

// number reads an integer of at most 18 digits.
func (t *text) number() int64 {
	negative := len(t.rest) > 0 && t.rest[0] == '-'
	if negative {
		t.rest = t.rest[1:]
	}
	n, digits := int64(0), 0
	for digits < len(t.rest) && digits <= 18 && '0' <= t.rest[digits] && t.rest[digits] <= '9' {
		n = n*10 + int64(t.rest[digits]-'0')
		digits++
	}
	if digits == 0 || digits > 18 || digits > 1 && t.rest[0] == '0' {
		t.bad = true
		return 0
	}
	t.rest = t.rest[digits:]
	if negative {
		return -n
	}
	return n
}

// micros reads a number of milliseconds with at most three decimals.
func (t *text) micros() record.Micros {
	negative := len(t.rest) > 0 && t.rest[0] == '-'
	n := t.number()
	if n > 1<<50 || n < -1<<50 {
		t.bad = true
		return 0
	}
	n *= 1000
	if len(t.rest) > 0 && t.rest[0] == '.' {
		unit := int64(100)
		if negative {
			unit = -unit
		}
		i := 1
		for ; i < len(t.rest) && '0' <= t.rest[i] && t.rest[i] <= '9'; i++ {
			n += int64(t.rest[i]-'0') * unit
			unit /= 10
		}
		t.bad = t.bad || i == 1 || i > 4
		t.rest = t.rest[i:]
	}
	return record.Micros(n)
}
