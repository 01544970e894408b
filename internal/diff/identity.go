package diff

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// Requests of two runs against different hosts have no common id. They are matched by method, path and query, and
// row instead; but without columns that have a single value throughout each run, such as the name of the
// environment, and without cells that are the host itself. Requests that are equal in this respect (other bodies,
// other headers, other hosts) are matched in order.

// maxConstants bounds the number of columns that are examined; further ones count as varying.
const maxConstants = 1000

// constants are the values of columns that have only one in a run; nil: several.
type constants map[string]*string

func (all constants) see(row fetcher.Row) {
	for _, c := range row {
		value, known := all[c.Column]
		switch {
		case known && value != nil && *value != c.Value:
			all[c.Column] = nil
		case !known && len(all) < maxConstants:
			value := strings.Clone(c.Value)
			all[strings.Clone(c.Column)] = &value
		}
	}
}

// has reports whether a column has one value, or there is no such column.
func (all constants) has(column string) bool {
	value, known := all[column]
	return value != nil || !known && len(all) < maxConstants
}

// hostless computes identities without hosts, using the constant columns of both runs.
type hostless [2]constants

// newHostless reads both runs for their constant columns.
func newHostless(runs ...Run) (*hostless, error) {
	h := &hostless{{}, {}}
	for i, run := range runs {
		for r, err := range run.Records {
			if err != nil {
				return nil, err
			}
			h[i].see(r.Row)
			for n := range r.Rows {
				h[i].see(r.Rows[n].Row)
			}
		}
	}
	return h, nil
}

// hidesSecret reports whether a secret was masked in the record of a request. Its id then depends on a key of its
// own run, so the masked form is used instead.
func hidesSecret(r *record.Record) bool {
	return r.KeyedID || strings.Contains(r.URL, secret.Mask) || hasMask(r.Row) ||
		slices.ContainsFunc(r.Rows, func(a record.Answer) bool { return hasMask(a.Row) })
}

func hasMask(row fetcher.Row) bool {
	return slices.ContainsFunc(row, func(c fetcher.Cell) bool { return c.Value == secret.Mask })
}

// id returns the identity of a request without its host; for a nil h, the identity of its masked form.
func (h *hostless) id(r *record.Record) (id [12]byte) {
	url := r.URL
	if h != nil {
		url = target(url)
	}
	text := appendPart(appendPart(nil, r.Method), url)
	text = h.appendRow(text, r.Row, r.Host)
	for i := range r.Rows {
		text = h.appendRow(text, r.Rows[i].Row, r.Host)
	}
	sum := sha256.Sum256(text)
	copy(id[:], sum[:])
	return id
}

func (h *hostless) appendRow(text []byte, row fetcher.Row, host string) []byte {
	for _, c := range row {
		if h == nil {
			text = appendPart(appendPart(text, c.Column), c.Value)
		} else if !(h[0].has(c.Column) && h[1].has(c.Column)) {
			text = appendPart(appendPart(text, c.Column), withoutHost(c.Value, host))
		}
	}
	return appendPart(text, "")
}

func appendPart(text []byte, part string) []byte {
	return append(binary.AppendUvarint(text, uint64(len(part))), part...)
}

// withoutHost leaves the host out of a cell that is that host, or a URL of it.
func withoutHost(cell, host string) string {
	name, _ := web.SplitHost(host)
	if name == "" || !strings.Contains(strings.ToLower(cell), name) {
		return cell
	}
	if spec, err := web.ParseHostSpec(cell); err == nil && spec.Matches(host) {
		return ""
	}
	if web.HostOf(cell) == host {
		return target(cell)
	}
	return cell
}

// target returns a URL from its path on.
func target(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	switch i := strings.IndexAny(rest, "/?#"); {
	case i < 0:
		return "/"
	case rest[i] != '/':
		return "/" + rest[i:]
	default:
		return rest[i:]
	}
}

// listed is where an entry is in the list, and its own id.
type listed struct {
	seq int64
	id  string
}

// numberAlike distinguishes requests with the same identity: each of their own ids gets a number, in the order of
// the list. Those of the first one are unchanged.
func numberAlike(entries []entry, places []listed) {
	order := make([]int, len(entries))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(bytes.Compare(entries[i].id[:], entries[j].id[:]), cmp.Compare(places[i].seq, places[j].seq), cmp.Compare(i, j))
	})
	var alike [12]byte
	numbers := map[string]int{}
	for n, i := range order {
		id := &entries[i].id
		if n == 0 || *id != alike {
			alike = *id
			clear(numbers)
		}
		number, known := numbers[places[i].id]
		if !known {
			number = len(numbers)
			numbers[places[i].id] = number
		}
		if number > 0 {
			sum := sha256.Sum256(binary.AppendUvarint(alike[:], uint64(number)))
			copy(id[:], sum[:])
		}
	}
}
