package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/jsonx"
)

// Parse reads a record as AppendJSON writes it, with or without the end of its line, whatever the order of its fields.
// Unknown fields are passed over, as later versions of the same format may add some; of a field that is there twice the
// last counts. Unlike in encoding/json, small letters in names are not capitals. Another version is an error. After an error r is
// the zero Record. R shares no memory with line, so that a buffer may be used for one line after the other.
//
// All strings of a usual record are parts of one copy of its line: who keeps one of them for long, clones it.
func Parse(line []byte, r *Record) error {
	*r = Record{}
	s := jsonx.NewReader(line)
	scanner{&s}.record(r)
	if err := s.End(); err != nil {
		*r = Record{}
		if _, other := errors.AsType[versionError](err); other {
			return err
		}
		return fmt.Errorf("not a record: %w", err)
	}
	return nil
}

// UnmarshalJSON is Parse.
func (r *Record) UnmarshalJSON(data []byte) error { return Parse(data, r) }

// UnmarshalJSON reads an answer as AppendJSON writes it.
func (a *Answer) UnmarshalJSON(data []byte) error {
	*a = Answer{}
	s := jsonx.NewReader(data)
	scanner{&s}.answer(a)
	if err := s.End(); err != nil {
		*a = Answer{}
		return fmt.Errorf("not an answer: %w", err)
	}
	return nil
}

// scanner reads the parts of a record.
type scanner struct{ *jsonx.Reader }

// versionError is the version of a record that cannot be read.
type versionError int64

func (e versionError) Error() string {
	return fmt.Sprintf("a record of version %d, and only version %d can be read", int64(e), Version)
}

func (s scanner) record(r *Record) {
	var v values
	version := int64(0)
	for key := range s.Object() {
		switch string(key) {
		case "v":
			// Of another version, nothing else can be relied on.
			if version = s.Int64(); version != Version {
				s.Stop(versionError(version))
			}
		case "seq":
			r.Seq = s.Int64()
		case "page":
			r.Page = s.Int()
		case "id":
			r.ID = s.String()
		case "keyed_id":
			r.KeyedID = s.Bool()
		case "name":
			r.Name = s.String()
		case "row":
			r.Row = s.row()
		case "method":
			r.Method = s.String()
		case "url":
			r.URL = s.String()
		case "final_url":
			r.FinalURL = s.String()
		case "host":
			r.Host = s.String()
		case "ok":
			r.OK = s.Bool()
		case "status":
			r.Status = s.Int()
		case "class":
			r.Class = s.String()
		case "error":
			r.Error = s.String()
		case "attempts":
			r.Attempts = s.attempts()
		case "earlier_attempts":
			r.EarlierAttempts = s.Int()
		case "due_ms":
			r.Due = s.micros()
		case "queue_ms":
			r.Queue = s.micros()
		case "limiter_ms":
			r.Limiter = s.micros()
		case "service_ms":
			r.Service = s.micros()
		case "backoff_ms":
			r.Backoff = s.micros()
		case "response_ms":
			r.Response = s.micros()
		case "bytes":
			r.Bytes = s.Int64()
		case "wire_bytes":
			r.WireBytes = s.Int64()
		case "content_type":
			r.ContentType = s.String()
		case "etag":
			r.ETag = s.String()
		case "more":
			r.More = s.Bool()
		case "digest":
			r.Digest = s.String()
		case "sha256":
			r.SHA256 = s.String()
		case "file":
			r.File = s.String()
		case "value":
			v.one = s.value()
		case "values":
			v.several = s.values()
		case "rows":
			r.Rows = s.answers()
		case "notes":
			r.Notes = s.strings()
		default:
			s.Skip()
		}
	}
	r.Values = v.all()
	if version != Version {
		s.Stop(versionError(version))
	}
}

// micros reads a number of milliseconds.
func (s scanner) micros() Micros {
	number := s.Number()
	switch len(number) {
	case 0: // null
		return 0
	case 1: // most are 0
		return Micros(number[0]-'0') * 1000
	}
	m, err := parseMicros(number)
	if err != nil {
		s.Fail(err)
	}
	return m
}

// attempts reads the attempts of a record. Most have one attempt of one hop: one allocation serves those.
func (s scanner) attempts() []Attempt {
	if s.Null() {
		return nil
	}
	all := []Attempt{}
	for range s.Array() {
		if len(all) == 0 {
			all = newAttempt()
		} else {
			all = append(all, Attempt{})
		}
		s.attempt(&all[len(all)-1])
	}
	return all
}

// newAttempt makes an attempt with room for one hop.
func newAttempt() []Attempt {
	one := &struct {
		attempts [1]Attempt
		hops     [1]Hop
	}{}
	one.attempts[0].Hops = one.hops[:0:1]
	return one.attempts[:]
}

func (s scanner) attempt(a *Attempt) {
	room := a.Hops
	a.Hops = nil
	for key := range s.Object() {
		switch string(key) {
		case "start_ms":
			a.Start = s.micros()
		case "status":
			a.Status = s.Int()
		case "class":
			a.Class = s.String()
		case "error":
			a.Error = s.String()
		case "backoff_ms":
			a.Backoff = s.micros()
		case "retry_after_ms":
			a.RetryAfter = s.micros()
		case "requeued":
			a.Requeued = s.Bool()
		case "hops":
			a.Hops = s.hops(room)
		default:
			s.Skip()
		}
	}
}

// hops reads the hops of an attempt into room, as far as it goes.
func (s scanner) hops(room []Hop) []Hop {
	if s.Null() {
		return nil
	}
	all := room[:0]
	if all == nil {
		all = []Hop{}
	}
	for range s.Array() {
		all = append(all, Hop{})
		s.hop(&all[len(all)-1])
	}
	return all
}

func (s scanner) hop(h *Hop) {
	for key := range s.Object() {
		switch string(key) {
		case "url":
			h.URL = s.String()
		case "host":
			h.Host = s.String()
		case "status":
			h.Status = s.Int()
		case "start_ms":
			h.Start = s.micros()
		case "queue_ms":
			h.Queue = s.micros()
		case "limiter_ms":
			h.Limiter = s.micros()
		case "proto":
			h.Proto = s.String()
		case "remote":
			h.Remote = s.String()
		case "reused":
			h.Reused = s.Bool()
		case "phases_ms":
			h.Phases = s.phases()
		default:
			s.Skip()
		}
	}
}

func (s scanner) phases() (p Phases) {
	for key := range s.Object() {
		switch string(key) {
		case "blocked":
			p.Blocked = s.micros()
		case "dns":
			p.DNS = s.micros()
		case "connect":
			p.Connect = s.micros()
		case "tls":
			p.TLS = s.micros()
		case "send":
			p.Send = s.micros()
		case "wait":
			p.Wait = s.micros()
		case "receive":
			p.Receive = s.micros()
		default:
			s.Skip()
		}
	}
	return p
}

// answers reads the rows of a batch.
func (s scanner) answers() []Answer {
	if s.Null() {
		return nil
	}
	all := []Answer{}
	for range s.Array() {
		all = append(all, Answer{})
		s.answer(&all[len(all)-1])
	}
	return all
}

func (s scanner) answer(a *Answer) {
	var v values
	for key := range s.Object() {
		switch string(key) {
		case "row":
			a.Row = s.row()
		case "ok":
			a.OK = s.Bool()
		case "error":
			a.Error = s.String()
		case "value":
			v.one = s.value()
		case "values":
			v.several = s.values()
		default:
			s.Skip()
		}
	}
	a.Values = v.all()
}

// row reads an object and keeps the order of its keys. A number or the like, from another writer, stays as it is written.
func (s scanner) row() fetcher.Row {
	var room [8]fetcher.Cell
	cells := room[:0]
	if s.Null() || !s.Open('{') {
		return nil
	}
	for s.More('}') {
		cell := fetcher.Cell{Column: s.KeyString()}
		if s.Kind() == '"' {
			cell.Value = s.String()
		} else {
			cell.Value = string(s.Value())
		}
		cells = append(cells, cell)
	}
	if len(cells) == 0 {
		return nil
	}
	return slices.Clone(cells)
}

func (s scanner) strings() []string {
	if s.Null() {
		return nil
	}
	all := []string{}
	for range s.Array() {
		all = append(all, s.String())
	}
	return all
}

// values are the two forms in which values are written.
type values struct {
	one     json.RawMessage
	several []json.RawMessage
}

func (v *values) all() []json.RawMessage {
	if v.one != nil {
		return []json.RawMessage{v.one}
	}
	return v.several
}

// value reads a copy of any value.
func (s scanner) value() json.RawMessage { return slices.Clone(s.Value()) }

// values reads an array of values.
func (s scanner) values() []json.RawMessage {
	if s.Null() {
		return nil
	}
	all := []json.RawMessage{}
	size := 0
	for range s.Array() {
		value := s.Value()
		all = append(all, value)
		size += len(value)
	}
	room := make([]byte, 0, size) // one copy for all
	for i, value := range all {
		start := len(room)
		room = append(room, value...)
		all[i] = room[start:len(room):len(room)]
	}
	return all
}
