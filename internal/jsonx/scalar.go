package jsonx

import (
	"errors"
	"strconv"
)

var errNotWhole = errors.New("not a whole number, or one that is too large")

// word passes over a word that has begun.
func (r *Reader) word(word string) bool {
	r.start = r.at
	if end := r.at + len(word); end <= len(r.data) && string(r.data[r.at:end]) == word {
		r.at = end
		return true
	}
	for i := 0; r.at < len(r.data) && r.data[r.at] == word[i]; i++ {
		r.at++
	}
	r.wrong("in what should be " + word)
	return false
}

// Bool reads a boolean.
func (r *Reader) Bool() bool {
	switch r.peek() {
	case 't':
		return r.word("true")
	case 'f':
		r.word("false")
	default:
		r.nullOr('t')
	}
	return false
}

// Number reads a number and returns it as it is written; nil if that is null. It is a part of the text.
func (r *Reader) Number() []byte {
	if c := r.peek(); isDigit(c) || c == '-' {
		return r.number()
	}
	r.nullOr('0')
	return nil
}

// number reads a number that has begun.
func (r *Reader) number() []byte {
	data, i := r.data, r.at
	r.start = i
	if data[i] == '-' {
		i++
	}
	if i < len(data) && data[i] == '0' {
		i++ // no digit may follow
	} else if i = r.digits(i); i < 0 {
		return nil
	}
	if i < len(data) && data[i] == '.' {
		if i = r.digits(i + 1); i < 0 {
			return nil
		}
	}
	if i < len(data) && data[i]|0x20 == 'e' {
		if i++; i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		if i = r.digits(i); i < 0 {
			return nil
		}
	}
	r.at = i
	return data[r.start:i]
}

// digits is where the digits end that begin at a place; -1: there are none.
func (r *Reader) digits(from int) int {
	i := from
	for i < len(r.data) && isDigit(r.data[i]) {
		i++
	}
	if i == from {
		r.at = i
		r.wrong("where a digit is due")
		return -1
	}
	return i
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// Int64 reads a whole number, without a point or an exponent.
func (r *Reader) Int64() int64 {
	digits := r.Number()
	if digits == nil {
		return 0
	}
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		r.Fail(errNotWhole)
		return 0
	}
	return n
}

// Int is Int64 for what has to fit into an int.
func (r *Reader) Int() int {
	n := r.Int64()
	if int64(int(n)) != n {
		r.Fail(errNotWhole)
		return 0
	}
	return int(n)
}
