// Package extract extracts values from the bodies of responses, and checks whether a response is as expected, both
// by expressions in the language of jq, evaluated by gojq. Numbers keep their digits throughout.
//
// Bodies are untrusted: what is extracted is limited in number and size, and no body can crash the program.
package extract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/itchyny/gojq"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/body/room"
	"example.com/fetch/internal/record"
)

// maxNext is the maximum length of a URL from Next.
const maxNext = 16 << 10

// Extractor says what to expect of a response and what to extract from it. The zero value expects and extracts
// nothing. Set the fields before the first use; after that it is safe for concurrent use.
type Extractor struct {
	Type   Type     // type of the body
	Text   []Text   // texts that the body must contain, JSON or not
	Expect []*Query // conditions: the last output of each must exist, and be neither null nor false
	Next   *Query   // the URL of the next page: a string or a number; null, false, "" or no output if there is none
	Split  *Query   // its outputs are the pieces of the response; nil: the body is the only piece
	Select *Query   // its outputs for each piece are the values; nil: with Split or Key the pieces are
	Key    Key      // assigns the pieces of a batch to rows
}

// Extracted is what was extracted from one response.
type Extracted struct {
	// Values are JSON in the form of jq: on one line, without blanks, with sorted keys, and numbers with their
	// original digits. Those of a batch with a Key are in Rows instead.
	Values []json.RawMessage
	// Rows are the results of a batch's rows, in order; nil if the request was not a batch or there is no Key.
	Rows []record.Answer
	// Next is the URL of the next page as in the response, perhaps relative; empty if there is none.
	Next string
	// Unmatched counts the pieces of a batch that belong to none of its rows. They are discarded.
	Unmatched int
}

// NeedsBody reports whether Extract needs the whole body. Otherwise, if there is a Type, the first HeadSize bytes
// are sufficient.
func (e *Extractor) NeedsBody() bool { return e.NeedsJSON() || len(e.Text) > 0 }

// NeedsJSON reports whether the body must be JSON.
func (e *Extractor) NeedsJSON() bool { return e.Type.NeedsBody() || e.evaluates() }

// evaluates reports whether there is an expression.
func (e *Extractor) evaluates() bool {
	return len(e.Expect) > 0 || e.Next != nil || e.Split != nil || e.Select != nil || e.Key.Query != nil
}

// Extract processes a response to req in this order: Type, Text, Expect, Next, Split, then Select and Key for each
// piece. ContentType is the unchanged header field; body is text in UTF-8, and is neither changed nor kept.
//
// A body of several JSON values, such as NDJSON, is processed value by value: each must satisfy Expect, the last
// page of Next counts, and Split and Select run on each. With the Type JSON it must be a single value.
//
// In a batch with a Key each row gets the values of the pieces that belong to it; rows with the same key all get
// them, and the values of several pieces with one key are concatenated. A row without a piece, or with one that
// Select fails on, is a failure of that row only. For any other request a failure of Select is that of the request.
//
// The data made from a large body is accounted to the lease, which may be nil: then there is no limit. If only the
// length or a plain path of a body is needed, it is not decoded.
//
// Errors are *fetcher.Error: of KindExpect, of KindBodyTooLarge if memory is insufficient, or when ctx ended of the
// kind of its cause.
func (e *Extractor) Extract(ctx context.Context, lease *room.Lease, req *fetcher.Request, contentType string, body []byte) (*Extracted, error) {
	if err := e.Type.checkHead(contentType, body); err != nil {
		return nil, failure(ctx, err)
	}
	for _, t := range e.Text {
		if err := t.check(body); err != nil {
			return nil, failure(ctx, err)
		}
	}
	if !e.NeedsJSON() {
		return &Extracted{}, nil
	}
	inputs, err := e.decode(ctx, lease, body)
	if err != nil {
		return nil, failure(ctx, err)
	}
	if !e.evaluates() {
		return &Extracted{}, nil
	}
	var x *Extracted
	evaluate := func(ctx context.Context) error {
		x = &Extracted{}
		return e.evaluate(ctx, req, inputs, x, lease.Room().Operation())
	}
	if e.isPlain() {
		err = evaluate(ctx)
	} else if err = makeTrees(ctx, inputs); err == nil { // this may block, which an evaluation must not
		err = lease.Room().Evaluate(ctx, evaluate)
	}
	if err != nil {
		return nil, failure(ctx, err)
	}
	return x, nil
}

// isPlain reports whether all expressions only select.
func (e *Extractor) isPlain() bool {
	if e.Split != nil || e.Key.Query != nil {
		return false
	}
	for _, q := range e.Expect {
		if q.plain == nil {
			return false
		}
	}
	return (e.Next == nil || e.Next.plain != nil) && (e.Select == nil || e.Select.plain != nil)
}

// evaluate evaluates all expressions for the values of a body. Most limits the memory that one operation may
// allocate.
func (e *Extractor) evaluate(ctx context.Context, req *fetcher.Request, inputs []any, x *Extracted, most int64) error {
	var pieces []any
	for _, input := range inputs {
		split, err := e.look(ctx, input, x, most)
		if err != nil {
			return err
		}
		pieces = append(pieces, split...)
	}
	switch {
	case e.Split == nil && e.Select == nil && e.Key.Query == nil:
		return nil
	case req.Rows != nil && e.Key.Query != nil:
		return e.lead(ctx, req, pieces, x, most)
	}
	return e.take(ctx, pieces, x, most)
}

const (
	// mostModerate is the size up to which the memory of a body is not estimated, if there is room for the worst
	// case.
	mostModerate = 1 << 20
	// heaviest is how many bytes of memory a byte of JSON needs in the worst case: {"":1} is 7 of them with a comma.
	heaviest = 70
)

// decode parses the values of a body. With the Type JSON there must be exactly one.
func (e *Extractor) decode(ctx context.Context, lease *room.Lease, body []byte) ([]any, error) {
	switch {
	case len(body) > room.Small && !(len(body) <= mostModerate && lease.TryGrow(int64(len(body))*heaviest)):
		return e.decodeLarge(ctx, lease, body)
	case e.Type != JSON:
		return DecodeAll(body)
	}
	one, err := Decode(body)
	return []any{one}, err
}

// look applies to one value of a body everything that precedes the extraction of values, and splits it.
func (e *Extractor) look(ctx context.Context, input any, x *Extracted, most int64) ([]any, error) {
	for _, q := range e.Expect {
		if err := expect(ctx, q, input, most); err != nil {
			return nil, err
		}
	}
	if e.Next != nil {
		page, err := next(ctx, e.Next, input, most)
		if err != nil {
			return nil, err
		}
		if page != "" {
			x.Next = page
		}
	}
	if e.Split == nil {
		return []any{input}, nil
	}
	pieces, err := e.Split.run(ctx, input, most)
	if err != nil {
		return nil, option("split", err)
	}
	return pieces, nil
}

// take adds the values of all pieces to x.
func (e *Extractor) take(ctx context.Context, pieces []any, x *Extracted, most int64) error {
	left := newBudget(most)
	for _, piece := range pieces {
		values, err := e.values(ctx, piece, left, most)
		if err != nil {
			return err
		}
		x.Values = append(x.Values, values...)
	}
	return nil
}

// values returns the values of one piece.
func (e *Extractor) values(ctx context.Context, piece any, left *budget, most int64) ([]json.RawMessage, error) {
	if e.Select == nil {
		return left.encode([]any{piece})
	}
	outputs, err := e.Select.run(ctx, piece, most)
	if err != nil {
		return nil, option("select", err)
	}
	return left.encode(outputs)
}

// expect returns an error if a condition is not satisfied by a body.
func expect(ctx context.Context, q *Query, input any, most int64) error {
	if t, ok := input.(*text); ok && t.holds(q.plain) {
		return nil
	}
	outputs, err := q.run(ctx, input, most)
	if err != nil {
		return option("expect "+cut(q.text, maxShownText), err)
	}
	if len(outputs) == 0 {
		return fmt.Errorf("not as expected: %s gives nothing for %s", cut(q.text, maxShownText), preview(input))
	}
	if last := outputs[len(outputs)-1]; last == nil || last == false {
		return fmt.Errorf("not as expected: %s is %s for %s", cut(q.text, maxShownText), gojq.Preview(last), preview(input))
	}
	return nil
}

// next returns the URL of the next page.
func next(ctx context.Context, q *Query, input any, most int64) (string, error) {
	outputs, err := q.run(ctx, input, most)
	if err != nil {
		return "", option("next", err)
	}
	if len(outputs) == 0 || outputs[0] == nil || outputs[0] == false {
		return "", nil
	}
	text, ok := outputs[0].(string)
	if !ok {
		if gojq.TypeOf(outputs[0]) != "number" {
			return "", fmt.Errorf("next: %s is not a URL; the expression must give a string, a number, or null where there is no next page", gojq.Preview(outputs[0]))
		}
		text = string(encoded(outputs[0]))
	}
	if len(text) > maxNext {
		return "", fmt.Errorf("next: a URL of %d bytes is too long", len(text))
	}
	return text, nil
}

// option adds the name of the option to an error. It keeps the kind of an error caused by ctx.
func option(name string, err error) error { return fmt.Errorf("%s: %w", name, err) }

// failure returns the error of a request whose response is not acceptable.
func failure(ctx context.Context, err error) error {
	if own, ok := errors.AsType[*fetcher.Error](err); ok {
		return own
	}
	if ctx.Err() == nil {
		return &fetcher.Error{Kind: fetcher.KindExpect, Err: err}
	}
	cause := context.Cause(ctx)
	if own, ok := errors.AsType[*fetcher.Error](cause); ok {
		return own
	}
	return &fetcher.Error{Kind: fetcher.KindOfCause(cause), Err: cause}
}
