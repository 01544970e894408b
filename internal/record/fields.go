package record

import "encoding/json"

// The fields of a record, in the order in which they are written. Each method passes them to a codec, which
// writes them, or reads those that a text has.

func (r *Record) fields(c *codec) {
	c.version()
	number(c, `,"seq":`, &r.Seq)
	number(c, `,"page":`, &r.Page)
	c.string(`,"id":`, &r.ID)
	c.optionalBool(`,"keyed_id":`, &r.KeyedID)
	c.optionalString(`,"name":`, &r.Name)
	if c.reads || len(r.Row) > 0 {
		c.row(`,"row":`, &r.Row)
	}
	c.string(`,"method":`, &r.Method)
	c.string(`,"url":`, &r.URL)
	c.string(`,"final_url":`, &r.FinalURL)
	c.string(`,"host":`, &r.Host)
	c.bool(`,"ok":`, &r.OK)
	number(c, `,"status":`, &r.Status)
	c.string(`,"class":`, &r.Class)
	c.string(`,"error":`, &r.Error)
	c.optionalString(`,"error_body":`, &r.ErrorBody)
	c.attempts(`,"attempts":`, &r.Attempts)
	if c.reads || r.EarlierAttempts != 0 {
		number(c, `,"earlier_attempts":`, &r.EarlierAttempts)
	}
	c.micros(`,"due_ms":`, &r.Due)
	c.micros(`,"queue_ms":`, &r.Queue)
	c.micros(`,"limiter_ms":`, &r.Limiter)
	c.micros(`,"service_ms":`, &r.Service)
	c.micros(`,"backoff_ms":`, &r.Backoff)
	c.micros(`,"response_ms":`, &r.Response)
	number(c, `,"bytes":`, &r.Bytes)
	number(c, `,"wire_bytes":`, &r.WireBytes)
	c.optionalString(`,"content_type":`, &r.ContentType)
	c.optionalString(`,"etag":`, &r.ETag)
	c.optionalBool(`,"more":`, &r.More)
	c.optionalString(`,"digest":`, &r.Digest)
	c.optionalString(`,"sha256":`, &r.SHA256)
	c.optionalString(`,"file":`, &r.File)
	c.values(&r.Values)
	if c.reads || r.Rows != nil {
		list(c, `,"rows":`, &r.Rows, func(a *Answer) { c.object(func() { a.fields(c) }) })
	}
	if c.reads || len(r.Notes) > 0 {
		list(c, `,"notes":`, &r.Notes, c.text)
	}
}

func (a *Answer) fields(c *codec) {
	c.row(`{"row":`, &a.Row)
	c.bool(`,"ok":`, &a.OK)
	c.string(`,"error":`, &a.Error)
	c.values(&a.Values)
}

func (a *Attempt) fields(c *codec) {
	c.micros(`{"start_ms":`, &a.Start)
	number(c, `,"status":`, &a.Status)
	c.string(`,"class":`, &a.Class)
	c.string(`,"error":`, &a.Error)
	c.micros(`,"backoff_ms":`, &a.Backoff)
	if c.reads || a.RetryAfter != 0 {
		c.micros(`,"retry_after_ms":`, &a.RetryAfter)
	}
	c.optionalBool(`,"requeued":`, &a.Requeued)
	c.hops(`,"hops":`, &a.Hops)
}

func (h *Hop) fields(c *codec) {
	c.string(`{"url":`, &h.URL)
	c.string(`,"host":`, &h.Host)
	number(c, `,"status":`, &h.Status)
	c.micros(`,"start_ms":`, &h.Start)
	c.micros(`,"queue_ms":`, &h.Queue)
	c.micros(`,"limiter_ms":`, &h.Limiter)
	c.string(`,"proto":`, &h.Proto)
	c.string(`,"remote":`, &h.Remote)
	c.bool(`,"reused":`, &h.Reused)
	c.member(`,"phases_ms":`, func() { c.object(func() { h.Phases.fields(c) }) })
}

func (p *Phases) fields(c *codec) {
	c.micros(`{"blocked":`, &p.Blocked)
	c.micros(`,"dns":`, &p.DNS)
	c.micros(`,"connect":`, &p.Connect)
	c.micros(`,"tls":`, &p.TLS)
	c.micros(`,"send":`, &p.Send)
	c.micros(`,"wait":`, &p.Wait)
	c.micros(`,"receive":`, &p.Receive)
}

// attempts processes the attempts of a record. Most records have one attempt of one hop: when reading, one
// allocation serves both.
func (c *codec) attempts(field string, all *[]Attempt) {
	c.member(field, func() {
		if c.reads {
			one := &struct {
				attempts [1]Attempt
				hops     [1]Hop
			}{}
			*all, c.room = one.attempts[:0], one.hops[:0:1]
		}
		elements(c, all, func(a *Attempt) { c.object(func() { a.fields(c) }) })
	})
}

// hops processes the hops of an attempt.
func (c *codec) hops(field string, all *[]Hop) {
	c.member(field, func() {
		if c.reads {
			*all, c.room = c.room, nil
		}
		elements(c, all, func(h *Hop) { c.object(func() { h.fields(c) }) })
	})
}

// version processes the version of the format. Nothing else of a record of another version can be relied on.
func (c *codec) version() {
	if !c.reads {
		c.dst = append(c.dst, `{"v":1`...)
	} else if c.at(`{"v":`) {
		c.known = true
		if version := c.Int64(); version != Version {
			c.Stop(versionError(version))
		}
	}
}

// values processes the two forms of values, if there are any.
func (c *codec) values(values *[]json.RawMessage) {
	if c.reads || len(*values) > 1 {
		list(c, `,"values":`, values, c.value)
	}
	if c.reads || len(*values) == 1 {
		c.member(`,"value":`, func() {
			if c.reads {
				*values = make([]json.RawMessage, 1)
			}
			c.value(&(*values)[0])
		})
	}
}
