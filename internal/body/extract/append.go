package extract

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/fetch/internal/jsonx"
)

// maxValues bounds, in bytes, what is taken from one answer.
const maxValues = 64 << 20

// Append appends v, an output of a Query, as JSON in the form of jq: on one line, without blanks, the keys of objects
// sorted, numbers in their own digits. NaN is null, and an infinity the largest number that there is. What is nested
// deeper than 10,000 levels is null; only an expression can make such.
func Append(dst []byte, v any) []byte {
	e := encoder{dst: dst, room: math.MaxInt}
	e.value(v, 0)
	return e.dst
}

// encoder appends values. When one is too large or too deep, err says so.
type encoder struct {
	dst  []byte
	room int // how long dst may become
	err  error
}

func (e *encoder) value(v any, depth int) {
	switch v := v.(type) {
	case nil:
		e.dst = append(e.dst, "null"...)
	case bool:
		e.dst = strconv.AppendBool(e.dst, v)
	case string:
		e.string(v)
	case json.Number:
		e.dst = append(e.dst, v...)
	case int:
		e.dst = strconv.AppendInt(e.dst, int64(v), 10)
	case float64:
		e.dst = appendFloat(e.dst, v)
	case *big.Int:
		e.dst = v.Append(e.dst, 10)
	case []any:
		if e.tooDeep(depth) {
			return
		}
		e.dst = append(e.dst, '[')
		for i, item := range v {
			if i > 0 {
				e.dst = append(e.dst, ',')
			}
			if e.value(item, depth+1); e.full() {
				return
			}
		}
		e.dst = append(e.dst, ']')
	case map[string]any:
		if !e.tooDeep(depth) {
			e.object(v, depth)
		}
	default:
		e.string(fmt.Sprint(v)) // gojq emits no other type
	}
}

// full reports whether there is no room for more.
func (e *encoder) full() bool {
	if len(e.dst) <= e.room {
		return false
	}
	e.err = fmt.Errorf("values of more than %d MiB", maxValues>>20)
	return true
}

// tooDeep reports whether an array or object stands deeper than can be written without end, and writes null in its place.
func (e *encoder) tooDeep(depth int) bool {
	if depth <= jsonx.MaxDepth {
		return false
	}
	e.err = fmt.Errorf("a value nested deeper than %d", jsonx.MaxDepth)
	e.dst = append(e.dst, "null"...)
	return true
}

func (e *encoder) object(object map[string]any, depth int) {
	var few [16]string // most objects are small: their keys need no allocation
	keys := slices.AppendSeq(few[:0], maps.Keys(object))
	slices.Sort(keys)
	e.dst = append(e.dst, '{')
	for i, key := range keys {
		if i > 0 {
			e.dst = append(e.dst, ',')
		}
		e.string(key)
		e.dst = append(e.dst, ':')
		if e.value(object[key], depth+1); e.full() {
			return
		}
	}
	e.dst = append(e.dst, '}')
}

// appendFloat writes a number that was computed, as jq does.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) {
		return append(dst, "null"...)
	}
	f = min(max(f, -math.MaxFloat64), math.MaxFloat64)
	if x := math.Abs(f); x == 0 || x >= 1e-6 && x < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	from := len(dst)
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	if n := len(dst); n-from >= 4 && string(dst[n-4:n-1]) == "e-0" { // e-9, not e-09
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

func (e *encoder) string(s string) {
	const digits = "0123456789abcdef"
	const escaped, letters = "\"\\\b\f\n\r\t", `"\bfnrt`
	dst := append(e.dst, '"')
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if ' ' <= c && c <= '~' && c != '"' && c != '\\' {
			i++
			continue
		}
		n := 1
		if c >= utf8.RuneSelf {
			var r rune
			if r, n = utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
		}
		dst = append(dst, s[done:i]...)
		switch i := strings.IndexByte(escaped, c); {
		case i >= 0:
			dst = append(dst, '\\', letters[i])
		case c >= utf8.RuneSelf:
			dst = append(dst, `\ufffd`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
		i += n
		done = i
	}
	e.dst = append(append(dst, s[done:]...), '"')
}
