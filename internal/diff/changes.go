package diff

import (
	"cmp"
	"encoding/json"
	"iter"
	"maps"
	"slices"

	"example.com/fetch/internal/record"
)

// Changes are the results that differ between two runs.
type Changes struct {
	Paired      int64   `json:"paired"` // results that have a counterpart in the other run
	NewFailures Changed `json:"new_failures"`
	Fixed       Changed `json:"fixed"`    // had failed in A
	Statuses    Changed `json:"statuses"` // another status or class, but neither a new failure nor fixed
	Values      Changed `json:"values"`   // successes in both, with the same status and another value
	Bodies      Changed `json:"bodies"`   // likewise, with another body, and equal or no values
	ETags       Changed `json:"etags"`    // likewise, with another ETag, and equal body and values as far as known
	OnlyA       Changed `json:"only_a"`   // without a counterpart in B
	OnlyB       Changed `json:"only_b"`
}

// Changed counts one kind of change, with its first 20 examples, in the order of B's list (A's for what only A
// has).
type Changed struct {
	N        int64    `json:"n"`
	Examples []Change `json:"examples,omitempty"`
}

// Change is the change of one result. A or B is nil if that run does not have it.
type Change struct {
	Method string   `json:"method"`
	URL    string   `json:"url"` // masked, as in records
	Name   string   `json:"name,omitempty"`
	A      *Outcome `json:"a"`
	B      *Outcome `json:"b"`
	// Changed are the fields that are not the same: status, class, value, body, etag; nil if one run does not have it.
	Changed []string `json:"changed,omitempty"`
	// Rows is how many rows of a batch have a different result.
	Rows int `json:"rows_changed,omitempty"`
}

// Outcome is the outcome of a result.
type Outcome struct {
	Seq    int64  `json:"seq"`
	Page   int    `json:"page"`
	OK     bool   `json:"ok"`
	Status int    `json:"status"`
	Class  string `json:"class"`
	Error  string `json:"error"`
	Bytes  int64  `json:"bytes"`
	ETag   string `json:"etag,omitempty"`
	Digest string `json:"digest,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	// Value or Values are what was taken from the body, as in records; not of batches.
	Value  json.RawMessage   `json:"value,omitempty"`
	Values []json.RawMessage `json:"values,omitempty"`
}

// all lists the kinds in their order.
func (c *Changes) all() [kinds]*Changed {
	return [kinds]*Changed{&c.NewFailures, &c.Fixed, &c.Statuses, &c.Values, &c.Bodies, &c.ETags, &c.OnlyA, &c.OnlyB}
}

// fill adds what was found, reading the runs again for the examples, up to the last of them.
func (c *Changes) fill(f *found, a, b Run) error {
	c.Paired = f.paired
	wantA, wantB := map[uint32]*record.Record{}, map[uint32]*record.Record{}
	for _, examples := range f.examples {
		for _, e := range examples {
			wantA[e.a], wantB[e.b] = nil, nil
		}
	}
	if err := fetchRecords(a.Records, wantA); err != nil {
		return err
	}
	if err := fetchRecords(b.Records, wantB); err != nil {
		return err
	}
	for kind, changed := range c.all() {
		changed.N = f.counts[kind]
		for _, e := range f.examples[kind] {
			changed.Examples = append(changed.Examples, newChange(wantA[e.a], wantB[e.b], f.values))
		}
		slices.SortStableFunc(changed.Examples, func(x, y Change) int {
			a, b := cmp.Or(x.latest(), &Outcome{}), cmp.Or(y.latest(), &Outcome{})
			return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Page, b.Page))
		})
	}
	return nil
}

// fetchRecords reads the records at these places; none is skipped.
func fetchRecords(records iter.Seq2[*record.Record, error], want map[uint32]*record.Record) error {
	delete(want, none)
	if len(want) == 0 {
		return nil
	}
	last, place := slices.Max(slices.Collect(maps.Keys(want))), uint32(0)
	for r, err := range records {
		if err != nil {
			return err
		}
		if _, ok := want[place]; ok {
			want[place] = r
		}
		if place == last {
			break
		}
		place++
	}
	return nil
}

func newChange(a, b *record.Record, values bool) Change {
	r := cmp.Or(b, a)
	if r == nil { // the journal has become shorter between the two readings
		return Change{}
	}
	c := Change{Method: r.Method, URL: r.URL, Name: r.Name, A: newOutcome(a), B: newOutcome(b)}
	if a == nil || b == nil {
		return c
	}
	ofA, ofB := contentOf(a), contentOf(b)
	for _, f := range []struct {
		name  string
		other bool
	}{
		{"status", a.Status != b.Status}, {"class", a.Class != b.Class}, {"value", values && ofA.values != ofB.values},
		{"body", !ofA.sameBody(&ofB)}, {"etag", a.ETag != b.ETag},
	} {
		if f.other {
			c.Changed = append(c.Changed, f.name)
		}
	}
	if len(a.Rows) == len(b.Rows) {
		for i := range a.Rows {
			if x, y := &a.Rows[i], &b.Rows[i]; x.OK != y.OK || !slices.EqualFunc(x.Values, y.Values, slices.Equal) {
				c.Rows++
			}
		}
	}
	return c
}

func newOutcome(r *record.Record) *Outcome {
	if r == nil {
		return nil
	}
	o := &Outcome{
		Seq: r.Seq, Page: r.Page, OK: r.OK, Status: r.Status, Class: r.Class, Error: r.Error, Bytes: r.Bytes,
		ETag: r.ETag, Digest: r.Digest, SHA256: r.SHA256,
	}
	for _, v := range r.Values {
		o.Values = append(o.Values, record.AppendValue(nil, v))
	}
	if len(o.Values) == 1 {
		o.Value, o.Values = o.Values[0], nil
	}
	return o
}

// latest returns the outcome in B, or in A if only that has it; nil if neither does.
func (c *Change) latest() *Outcome { return cmp.Or(c.B, c.A) }
