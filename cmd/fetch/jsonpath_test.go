package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// checkJSON checks that text is JSON and, if there is a question, that the answer is yes: PATH asks whether there is such
// a value, PATH OP VALUE whether it is so. With neg it must be no.
func checkJSON(ts *testscript.TestScript, neg bool, text []byte, question []string) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var whole any
	ts.Check(decoder.Decode(&whole))
	if decoder.More() {
		ts.Fatalf("more than one value")
	}
	if len(question) == 0 {
		return
	}
	value, err := at(whole, question[0])
	switch {
	case len(question) == 1 && neg:
		if err == nil {
			ts.Fatalf("%s is there: %s", question[0], shown(value))
		}
	case err != nil:
		ts.Fatalf("%v", err)
	case len(question) == 3 && compares(value, question[1], question[2]) == neg:
		ts.Fatalf("%s is %s; asked for: %s %s (negated: %t)", question[0], shown(value), question[1], question[2], neg)
	}
}

// at follows a path.
func at(value any, path string) (any, error) {
	for step := range strings.SplitSeq(path, "/") {
		next, err := into(value, strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		value = next
	}
	return value, nil
}

func into(value any, step string) (any, error) {
	switch v := value.(type) {
	case map[string]any:
		if step == "count" {
			return len(v), nil
		}
		next, ok := v[step]
		if !ok {
			return nil, fmt.Errorf("there is no %q in %s", step, shown(value))
		}
		return next, nil
	case []any:
		if step == "count" {
			return len(v), nil
		}
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(v) {
			return v[i], nil
		}
		key, want, _ := strings.Cut(step, "=")
		i := slices.IndexFunc(v, func(element any) bool {
			object, ok := element.(map[string]any)
			return ok && object[key] != nil && shown(object[key]) == want
		})
		if i >= 0 {
			return v[i], nil
		}
	}
	return nil, fmt.Errorf("there is no %q in %s", step, shown(value))
}

// shown is a value as scripts write it: a text without quotes, anything else as in JSON.
func shown(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// compares answers the question whether value OP want, as numbers where both are.
func compares(value any, op, want string) bool {
	text := shown(value)
	a, errA := strconv.ParseFloat(text, 64)
	b, errB := strconv.ParseFloat(want, 64)
	numbers := errA == nil && errB == nil
	switch op {
	case "==":
		return text == want || numbers && a == b
	case "!=":
		return text != want && !(numbers && a == b)
	case "~":
		return strings.Contains(text, want)
	case "<":
		return numbers && a < b
	case "<=":
		return numbers && a <= b
	case ">":
		return numbers && a > b
	case ">=":
		return numbers && a >= b
	}
	return false
}
