// Package extract takes values out of the bodies of answers, and reports whether an answer is what was expected: both by
// expressions in the language of jq, evaluated by gojq. Numbers keep their digits all the way.
//
// Bodies come from anywhere. So what is taken from one is bounded in number and size, and no body can end the program.
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

// maxNext is the length of the longest URL that Next may give.
const maxNext = 16 << 10

// Extractor says what to expect of an answer and what to take from it. The zero value expects and takes nothing. Set the
// fields before the first use; it is safe for concurrent use after.
type Extractor struct {
	Type   Type     // what the body must be
	Text   []Text   // what it must have somewhere, JSON or not
	Expect []*Query // must hold: the last output of each is there, and neither null nor false
	Next   *Query   // gives the URL of the next page: a string or a number; null, false, "" or nothing where there is none
	Split  *Query   // its outputs are the pieces of the answer; nil: the body is the one piece
	Select *Query   // its outputs for each piece are the values; nil: with Split or Key the pieces are
	Key    Key      // leads each piece of a batch to its row
}

// Extracted is what was taken from one answer.
type Extracted struct {
	// Values are JSON in the form of jq: on one line, without blanks, the keys of objects sorted, numbers in their own digits. Those of a batch with a Key are in its Rows instead.
	Values []json.RawMessage
	// Rows are the answers to a batch's rows, in their order; nil if the request was no batch or there is no Key.
	Rows []record.Answer
	// Next is the URL of the next page as the answer has it, so it may be relative; empty if there is none.
	Next string
	// Unmatched counts the pieces of a batch that belong to none of its rows. They are not kept.
	Unmatched int
}

// NeedsBody reports whether Extract must see the whole body. Otherwise, if there is a Type, the first HeadSize bytes do.
func (e *Extractor) NeedsBody() bool { return e.NeedsJSON() || len(e.Text) > 0 }

// NeedsJSON reports whether the body must be JSON.
func (e *Extractor) NeedsJSON() bool { return e.Type.NeedsBody() || e.evaluates() }

// evaluates reports whether there is an expression.
func (e *Extractor) evaluates() bool {
	return len(e.Expect) > 0 || e.Next != nil || e.Split != nil || e.Select != nil || e.Key.Query != nil
}

// Extract does with one answer to req, in this order: Type, Text, Expect, Next, Split, then Select and Key for each piece.
// contentType is the header's, as it stands; body is text in UTF-8, and is not changed and not kept.
//
// A body of several JSON values, such as NDJSON, is looked at value by value: Expect must hold for each, the last page that
// Next gives counts, and Split and Select run on each. With the Type JSON it must be one value.
//
// In a batch with a Key each row gets the values of the pieces that belong to it; rows with the same key all get them,
// and several pieces with one key add up. A row without a piece, or with one that Select fails on, is a failure of that
// row only. For any other request a failure of Select is the request's.
//
// What is made of a large body has to find room in the lease, which may be nil: then there is no bound. A body of which only the
// length or a plain path is asked for is looked at as it stands.
//
// Errors are *fetcher.Error: of KindExpect, of KindBodyTooLarge where there is no room, or when ctx ended of the kind that its
// cause says.
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
	} else if err = makeTrees(ctx, inputs); err == nil { // which may wait, as an evaluation must not
		err = lease.Room().Evaluate(ctx, evaluate)
	}
	if err != nil {
		return nil, failure(ctx, err)
	}
	return x, nil
}

// isPlain reports whether no expression makes anything.
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

// evaluate evaluates all expressions for the values of a body. No operation makes more than so many bytes at once.
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
	// mostModerate is the size up to which a body is not weighed if there is room for the worst.
	mostModerate = 1 << 20
	// heaviest is how many bytes a byte of JSON becomes at the worst: {"":1} is 7 of them with a comma.
	heaviest = 70
)

// decode reads the values that a body consists of. What is expected to be JSON is one.
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

// look does with one of the values of a body what comes before the taking of values, and splits it.
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

// take puts the values of all pieces into x.
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

// values are the values of one piece.
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

// expect reports whether an expression holds for a body.
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

// next is the URL of the next page.
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

// option says of which option an error is. What ended by ctx stays as it is.
func option(name string, err error) error { return fmt.Errorf("%s: %w", name, err) }

// failure is the error of a request whose answer will not do.
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
