package excerpt

import (
	"slices"
	"strings"

	"example.com/fetch/internal/jsonx"
)

// telling are the members that explain an error, ignoring case, _ and -, in the order of output. Their values are
// texts, or contain such members: RFC 9457, OAuth (RFC 6749), JSON:API, PubChem's Fault, Apigee's and most others.
var telling = []string{
	"fault", "error", "errors", "loc", "field", "title", "faultstring", "message", "messages", "errormessage", "msg", "reason", "errordescription", "description",
	"detail", "details",
}

// deepest is how deep in a document messages are searched for.
const deepest = 8

// short is the length up to which a text may be part of another word.
const short = 4

// ofJSON returns the messages in a JSON document, which may be cut off; empty if there are none.
func ofJSON(text []byte) string {
	r := jsonx.NewReader(text)
	all := messages(&r, text, 0)
	said := ""
	for i, one := range all {
		repeats := func(other string) bool { return other == one || len(one) > short && strings.Contains(other, one) }
		if !slices.ContainsFunc(all[i+1:], repeats) && !repeats(said) {
			said = joined(said, one)
		}
	}
	return said
}

// joined appends one text to another. Neither is changed, because secrets in them have not been masked yet.
func joined(first, second string) string {
	end := strings.TrimSpace(first)
	switch {
	case end == "" || second == "":
		return first + second
	case strings.ContainsRune(".,:;!?", rune(end[len(end)-1])):
		return first + " " + second
	}
	return first + ": " + second
}

// messages returns those of the next value. Depth counts the enclosing objects.
func messages(r *jsonx.Reader, text []byte, depth int) (all []string) {
	switch kind := r.Kind(); {
	case depth > deepest:
		r.Skip()
	case kind == '"':
		if one := r.String(); r.Err() == nil && strings.TrimSpace(one) != "" {
			return []string{one}
		}
	case kind == '[':
		for range r.Array() {
			all = append(all, messages(r, text, depth)...)
		}
	case kind == '{':
		of := make([][]string, len(telling))
		start := r.Offset()
		for r.Open('{'); r.More('}'); {
			if at := slices.Index(telling, plain(r.Key())); at >= 0 {
				of[at] = append(of[at], messages(r, text, depth+1)...)
			} else {
				r.Skip()
			}
		}
		all = slices.Concat(of[:]...)
		if len(all) == 0 && depth > 0 && r.Err() == nil { // an error in an unknown form
			all = []string{string(text[start:r.Offset()])}
		}
	default:
		r.Skip()
	}
	return all
}

// plain normalizes a key for comparison with telling.
func plain(key []byte) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(string(key)))
}
