package extract

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"regexp"

	"github.com/itchyny/gojq"

	"example.com/fetch/internal/jsonx"
	"example.com/fetch/internal/units"
)

// One operation of gojq may allocate any amount of memory, even for a small body: "a" * 1e9. It may also run for
// hours, if all elements of one array are compared with all of another, or if a value contains the same part many
// times. It cannot be interrupted, so guard inserts a check before each such operation. The memory of many
// operations together is limited by package room.

// The names that guarded expressions use; users do not write them by accident.
const (
	mostVariable = "$__most"
	fits         = "_fits"
	fitsPath     = "_fits_path"
	fitsEvent    = "_fits_event"
)

// guards are the compiler options for guarded expressions.
var guards = []gojq.CompilerOption{
	gojq.WithVariables([]string{mostVariable}),
	gojq.WithFunction(fits, 2, 3, func(v any, args []any) any { // fits(operation; most), fits(operation; other operand; most)
		name, _ := args[0].(string)
		most, _ := args[len(args)-1].(int)
		var other any
		if len(args) == 3 {
			other = args[1]
		}
		switch {
		case compared(name, v, other, most) > mostCompared:
			return fmt.Errorf("%s would compare more than %d times", name, mostCompared)
		case name == "*" && digits(v)+digits(other) > mostDigits:
			return fmt.Errorf("%s would make a number of more than %d digits", name, mostDigits)
		}
		return bounded(v, made(name, v, other, most), most, name)
	}),
	gojq.WithFunction(fitsPath, 2, 2, func(v any, args []any) any {
		return bounded(v, pathSize(args[0]), args[1].(int), "a path")
	}),
	gojq.WithFunction(fitsEvent, 1, 1, func(v any, args []any) any {
		if event, ok := v.([]any); ok && len(event) > 0 {
			return bounded(v, pathSize(event[0]), args[0].(int), "a path")
		}
		return v
	}),
}

// bounded returns v, or an error if an operation would allocate more than most.
func bounded(v any, size uint64, most int, name string) any {
	if size <= uint64(most) {
		return v
	}
	does := "make"
	if size == math.MaxUint64 { // the size is unknown
		does, size = "go through", uint64(most)
	}
	return fmt.Errorf("%s would %s %s or more at once, where %s is the most; see --max-memory", name, does, units.Size(int64(min(size, math.MaxInt64))), units.Size(int64(most)))
}

// Approximate heap size in bytes of an array element with its value, and of a match of a regular expression.
const (
	slotSize  = 16
	valueSize = 40
	matchSize = 900
)

// made estimates how many bytes an operation allocates for a value and another operand.
func made(name string, v, other any, most int) uint64 {
	switch name {
	case "*":
		if text, ok := v.(string); ok {
			return repeated(text, other)
		}
		if text, ok := other.(string); ok {
			return repeated(text, v)
		}
		return lesser(v, other, most)
	case "+":
		return shallow(v) + shallow(other)
	case "-", "==", "!=", "<", "<=", ">", ">=", "contains", "inside", "index", "rindex", "bsearch":
		return lesser(v, other, most)
	case "/", "split":
		text, isText := v.(string)
		by, ok := other.(string)
		switch {
		case !isText || !ok:
		case by == "":
			return uint64(len(text)) * valueSize
		default:
			return uint64(len(text)/len(by)+1) * valueSize
		}
	case "indices":
		return max(shallow(v)*valueSize, lesser(v, other, most))
	case "explode", "fromjson":
		return shallow(v) * valueSize
	case "match":
		if text, ok := v.(string); ok && len(text) > most/matchSize {
			return uint64(matches(text, other)) * matchSize
		}
	case "add", "join":
		return sum(v, other)
	case "transpose":
		return transposed(v)
	default: // what traverses a whole value, which may contain the same part many times
		return deep(v, most)
	}
	return 0
}

// mostCompared limits the comparisons of elements in one operation to some seconds of work.
const mostCompared = 1_000_000_000

// compared estimates how many elements of two values an operation compares.
func compared(name string, v, other any, most int) uint64 {
	left, right := uint64(0), uint64(0)
	switch name {
	case "-", "index", "rindex", "indices":
		a, _ := v.([]any)
		b, _ := other.([]any)
		left, right = uint64(len(a)), uint64(len(b))
	case "contains", "inside": // which are recursive
		if hasParts(v) && hasParts(other) {
			_, left = measured(v, most)
			_, right = measured(other, most)
		}
	}
	high, low := bits.Mul64(left, right)
	if high > 0 {
		return math.MaxUint64
	}
	return low
}

// lesser returns the size of the smaller of two values that are traversed together; 0 if one of them has no parts.
func lesser(v, other any, most int) uint64 {
	if !hasParts(v) || !hasParts(other) {
		return 0
	}
	n := deep(v, most)
	if n <= uint64(most) {
		return n // sufficient, whatever the other is
	}
	return min(n, deep(other, most))
}

func hasParts(v any) bool {
	switch v.(type) {
	case []any, map[string]any:
		return true
	}
	return false
}

// mostDigits limits the length of the product of two numbers. Longer ones take seconds, and each multiplication
// doubles the length.
const mostDigits = 1_000_000

// digits estimates the number of digits of an integer, if it is a large one.
func digits(v any) int {
	switch v := v.(type) {
	case *big.Int:
		return v.BitLen() / 3
	case json.Number:
		return len(v)
	}
	return 0
}

func repeated(text string, n any) uint64 {
	f, ok := gojq.ToFloat64(n)
	if !ok || !(f > 0) {
		return 0
	}
	high, low := bits.Mul64(uint64(len(text)), uint64(min(f, math.MaxInt32)))
	if high > 0 {
		return math.MaxUint64
	}
	return low
}

// shallow returns the size of a value without the contents of its parts.
func shallow(v any) uint64 {
	switch v := v.(type) {
	case string:
		return uint64(len(v))
	case []any:
		return uint64(len(v)) * slotSize
	case map[string]any:
		return uint64(len(v)) * 3 * slotSize
	}
	return 0
}

// sum returns the size of all elements, with a separator between each two.
func sum(v, separator any) (n uint64) {
	each := shallow(separator)
	add := func(item any) { n += shallow(item) + each }
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			add(item)
		}
	case map[string]any:
		for _, item := range v {
			add(item)
		}
	}
	return n
}

func transposed(v any) uint64 {
	rows, _ := v.([]any)
	longest := 0
	for _, row := range rows {
		if row, ok := row.([]any); ok {
			longest = max(longest, len(row))
		}
	}
	return uint64(longest) * uint64(len(rows)) * slotSize
}

// deep returns the size of a value as JSON; it stops at most.
func deep(v any, most int) uint64 {
	size, _ := measured(v, most)
	return size
}

// measured returns that size, and the number of values.
func measured(v any, most int) (size, values uint64) {
	left := int64(most)
	var walk func(v any, depth int) bool
	walk = func(v any, depth int) bool {
		values++
		if left < 0 || depth > 2*jsonx.MaxDepth {
			return false
		}
		switch v := v.(type) {
		case string:
			left -= int64(len(v)) + 2
		case json.Number:
			left -= int64(len(v))
		case []any:
			for _, item := range v {
				if left -= 2; !walk(item, depth+1) {
					return false
				}
			}
		case map[string]any:
			for key, item := range v {
				if left -= int64(len(key)) + 4; !walk(item, depth+1) {
					return false
				}
			}
		default:
			left -= 8
		}
		return true
	}
	if !walk(v, 0) {
		return math.MaxUint64, values
	}
	return uint64(int64(most) - left), values
}

// pathSize returns how much setting the value at a path may allocate: arrays up to its indices.
func pathSize(p any) (n uint64) {
	steps, _ := p.([]any)
	for _, step := range steps {
		if f, ok := gojq.ToFloat64(step); ok && f > 0 {
			n += uint64(min(f, math.MaxInt32)) * slotSize
		}
	}
	return n
}

// matches counts the matches of a regular expression, which may be an array with its flags, as if all were
// requested.
func matches(text string, pattern any) (n int) {
	if list, ok := pattern.([]any); ok && len(list) > 0 {
		pattern = list[0]
	}
	expression, _ := pattern.(string)
	re, err := regexp.Compile("(?is:" + expression + ")")
	if err != nil {
		return 0 // gojq reports the error
	}
	for from := 0; from <= len(text); n++ {
		at := re.FindStringIndex(text[from:])
		if at == nil {
			return n
		}
		from += max(at[1], at[0]+1)
	}
	return n
}
