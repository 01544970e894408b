package source

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// jsonStream reads one JSON document piece by piece, in constant memory: what is not wanted is passed over without being
// held or looked at closely.
type jsonStream struct {
	reader *bufio.Reader
	offset int64 // bytes read
}

var (
	errNotJSON   = errors.New("not JSON")
	errLongValue = errors.New("value too long")
)

func newJSONStream(r io.Reader) *jsonStream {
	return &jsonStream{reader: bufio.NewReaderSize(r, readBuffer)}
}

// byte reads one byte. The document may not end here.
func (j *jsonStream) byte() (byte, error) {
	c, err := j.reader.ReadByte()
	if err == io.EOF {
		return 0, io.ErrUnexpectedEOF
	}
	j.offset++
	return c, err
}

// peek gives the next byte that is not blank, without reading it.
func (j *jsonStream) peek() (byte, error) {
	for {
		c, err := j.byte()
		if err != nil {
			return 0, err
		}
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		}
		j.offset--
		return c, j.reader.UnreadByte()
	}
}

// expect reads one byte after blanks, which must be c.
func (j *jsonStream) expect(c byte) error {
	got, err := j.peek()
	if err != nil {
		return err
	}
	if got != c {
		return errNotJSON
	}
	_, err = j.byte()
	return err
}

// more says whether there is another element before the closing bracket, which it reads, as the comma before the
// element.
func (j *jsonStream) more(closing byte, first bool) (bool, error) {
	c, err := j.peek()
	if err != nil {
		return false, err
	}
	switch {
	case c == closing:
		return false, j.expect(closing)
	case first:
		return true, nil
	}
	return true, j.expect(',')
}

// key reads a key of an object and the colon.
func (j *jsonStream) key() (string, error) {
	c, err := j.peek()
	if err != nil {
		return "", err
	}
	if c != '"' {
		return "", errNotJSON
	}
	raw, err := j.value(maxLine)
	if err != nil {
		return "", err
	}
	if !json.Valid(raw) {
		return "", errNotJSON
	}
	key, _ := asString(raw)
	return key, j.expect(':')
}

// find goes to the value of a key of the object that is open, or to its end if it has none such. first says that nothing
// of the object has been read.
func (j *jsonStream) find(wanted string, first bool) (bool, error) {
	for ; ; first = false {
		more, err := j.more('}', first)
		if err != nil || !more {
			return false, err
		}
		key, err := j.key()
		if err != nil || key == wanted {
			return err == nil, err
		}
		if err := j.skip(); err != nil {
			return false, err
		}
	}
}

// rest passes over what is left of the object that is open.
func (j *jsonStream) rest(first bool) error {
	for ; ; first = false {
		more, err := j.more('}', first)
		if err != nil || !more {
			return err
		}
		if _, err := j.key(); err != nil {
			return err
		}
		if err := j.skip(); err != nil {
			return err
		}
	}
}

// value reads a value of at most limit bytes. Of a longer one nothing is given, but errLongValue, after which reading
// can go on.
func (j *jsonStream) value(limit int) ([]byte, error) {
	k := keeper{limit: limit}
	if err := j.pass(&k); err != nil {
		return nil, err
	}
	if k.long {
		return nil, errLongValue
	}
	return k.held, nil
}

// skip passes over a value.
func (j *jsonStream) skip() error { return j.pass(&keeper{}) }

// keeper holds what is read, up to a limit; beyond that it holds nothing.
type keeper struct {
	held  []byte
	limit int
	long  bool
}

func (k *keeper) keep(text ...byte) {
	switch {
	case k.long:
	case len(k.held)+len(text) > k.limit:
		k.held, k.long = nil, true
	default:
		k.held = append(k.held, text...)
	}
}

// pass reads a value. Brackets and quotes must close; the rest is not checked.
func (j *jsonStream) pass(k *keeper) error {
	c, err := j.peek()
	if err != nil {
		return err
	}
	if c != '{' && c != '[' && c != '"' {
		return j.passWord(k)
	}
	for depth := 0; ; {
		if c, err = j.byte(); err != nil {
			return err
		}
		k.keep(c)
		switch c {
		case '"':
			if err := j.passString(k); err != nil {
				return err
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// passString reads up to the closing quote: the first that an even number of backslashes stands before.
func (j *jsonStream) passString(k *keeper) error {
	odd := false // the number of backslashes with which what was read ends
	for {
		text, err := j.reader.ReadSlice('"')
		j.offset += int64(len(text))
		k.keep(text...)
		inside := text
		if err == nil {
			inside = text[:len(text)-1]
		}
		slashes := len(inside) - len(bytes.TrimRight(inside, `\`))
		odd = (slashes%2 == 1) != (odd && slashes == len(inside))
		switch {
		case err == nil && !odd:
			return nil
		case err == nil:
			odd = false
		case err == io.EOF:
			return io.ErrUnexpectedEOF
		case err != bufio.ErrBufferFull:
			return err
		}
	}
}

// passWord reads a number, true, false or null.
func (j *jsonStream) passWord(k *keeper) error {
	for n := 0; ; n++ {
		c, err := j.byte()
		switch {
		case err == io.ErrUnexpectedEOF && n > 0:
			return nil
		case err != nil:
			return err
		case '0' <= c && c <= '9', 'a' <= c && c <= 'z', c == 'E', c == '+', c == '-', c == '.':
			k.keep(c)
			continue
		}
		if n == 0 {
			return errNotJSON
		}
		j.offset--
		return j.reader.UnreadByte()
	}
}
