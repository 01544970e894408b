package jsonx_test

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"example.com/fetch/internal/jsonx"
)

// repeated gives before, then text n times, then after.
func repeated(before, text string, n int, after string) io.Reader {
	all := []io.Reader{strings.NewReader(before)}
	for range n {
		all = append(all, strings.NewReader(text))
	}
	return io.MultiReader(append(all, strings.NewReader(after))...)
}

// However large what is passed over is, it takes little memory, and what follows is read as it is.
func TestStreamTakesConstantMemory(t *testing.T) {
	block := strings.Repeat("x", 1<<20)
	for name, text := range map[string]io.Reader{
		"string":           repeated(`{"a":"`, block, 8, `","b":"kept"}`),
		"escapes":          repeated(`{"a":"`, strings.Repeat(`x\\`, 1<<18)+strings.Repeat(`\u00e9`, 1<<17), 4, `","b":"kept"}`),
		"only escapes":     repeated(`{"a":"x`, strings.Repeat(`\"`, 1<<19), 4, `","b":"kept"}`),
		"long escapes":     repeated(`{"a":"`, strings.Repeat(`\u00e9`, 1<<17), 4, `","b":"kept"}`),
		"key":              repeated(`{"a":1,"`, block, 8, `":2,"b":"kept"}`),
		"number":           repeated(`{"a":1`, strings.Repeat("0", 1<<20), 8, `,"b":"kept"}`),
		"white space":      repeated(`{"a":`, strings.Repeat(" \n", 1<<19), 8, `1,"b":"kept"}`),
		"array":            repeated(`{"a":["`, strings.Repeat(`",1, "`, 1<<17), 8, `"],"b":"kept"}`),
		"longer than read": repeated(`{"a":{"c":["`, block, 8, `"]},"b":"kept"}`),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s := jsonx.NewStream(text)
		s.Open('{')
		for s.More() && s.Key() != "b" {
			if name != "longer than read" {
				s.Skip()
			} else if _, err := s.Value(1000); err != jsonx.ErrLongValue {
				t.Errorf("%s: %v", name, err)
			}
		}
		value, _ := s.Value(10)
		if string(value) != `"kept"` || s.More() {
			t.Errorf("%s: %q", name, value)
		}
		if err := s.End(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
			t.Errorf("%s took %d bytes", name, grown)
		}
	}
}

// A value that is wanted is whole, however long.
func TestStreamValueIsWhole(t *testing.T) {
	long := `["` + strings.Repeat(`\u00e9 \\`, 1<<17) + `",` + strings.Repeat(" ", 1<<17) + strings.Repeat("7", 1<<17) + `]`
	for _, before := range []string{`{"a":`, `{"x":"` + strings.Repeat("y", 1<<17) + `", "a": `} {
		s := jsonx.NewStream(strings.NewReader(before + long + `,"b":2}`))
		s.Open('{')
		for s.More() && s.Key() != "a" {
			s.Skip()
		}
		if got, err := s.Value(len(long)); string(got) != long || err != nil {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if !s.More() || s.Key() != "b" {
			t.Error("what follows is lost:", s.Err())
		}
	}
}

func TestStreamErrors(t *testing.T) {
	broken := errors.New("broken")
	s := jsonx.NewStream(io.MultiReader(strings.NewReader(`{"a":"b`), failing{broken}))
	s.Open('{')
	s.More()
	s.Key()
	if value, err := s.Value(100); value != nil || err != nil || s.Err() != broken {
		t.Errorf("%q, %v, %v", value, err, s.Err())
	}

	// An error stands where it is, although what was passed over was shortened.
	long := `{"a":"` + strings.Repeat("x", 1<<20) + `","b":!}`
	s = jsonx.NewStream(strings.NewReader(long))
	s.Skip()
	var bad *jsonx.Error
	if !errors.As(s.Err(), &bad) || bad.Offset != int64(strings.IndexByte(long, '!')) {
		t.Error(s.Err())
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
