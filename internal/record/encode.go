package record

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/jsonx"
)

// AppendJSON appends r as one JSON object on one line, without the newline that ends a line of NDJSON (AppendLine adds
// it). The order of the fields is fixed; keyed_id, name, row, earlier_attempts, content_type, etag, more, digest, sha256, file, value or
// values, rows and notes, and of an attempt retry_after_ms and requeued, are left out when empty. It allocates nothing if dst has room.
//
// Control characters, C1 and bidi ones included, are written as \u and four digits, so that a terminal that shows the
// line obeys none of them; whoever decodes it gets them back. Bytes that are not UTF-8 become U+FFFD.
func AppendJSON(dst []byte, r *Record) []byte {
	dst = append(dst, `{"v":1,"seq":`...)
	dst = strconv.AppendInt(dst, r.Seq, 10)
	dst = appendInt(dst, `,"page":`, int64(r.Page))
	dst = appendString(dst, `,"id":`, r.ID)
	if r.KeyedID {
		dst = append(dst, `,"keyed_id":true`...)
	}
	dst = appendOptional(dst, `,"name":`, r.Name)
	if len(r.Row) > 0 {
		dst = appendRow(append(dst, `,"row":`...), r.Row)
	}
	dst = appendString(dst, `,"method":`, r.Method)
	dst = appendString(dst, `,"url":`, r.URL)
	dst = appendString(dst, `,"final_url":`, r.FinalURL)
	dst = appendString(dst, `,"host":`, r.Host)
	dst = appendBool(dst, `,"ok":`, r.OK)
	dst = appendInt(dst, `,"status":`, int64(r.Status))
	dst = appendString(dst, `,"class":`, r.Class)
	dst = appendString(dst, `,"error":`, r.Error)
	dst = append(dst, `,"attempts":[`...)
	for i := range r.Attempts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendAttempt(dst, &r.Attempts[i])
	}
	dst = append(dst, ']')
	if r.EarlierAttempts != 0 {
		dst = appendInt(dst, `,"earlier_attempts":`, int64(r.EarlierAttempts))
	}
	dst = appendMs(dst, `,"due_ms":`, r.Due)
	dst = appendMs(dst, `,"queue_ms":`, r.Queue)
	dst = appendMs(dst, `,"limiter_ms":`, r.Limiter)
	dst = appendMs(dst, `,"service_ms":`, r.Service)
	dst = appendMs(dst, `,"backoff_ms":`, r.Backoff)
	dst = appendMs(dst, `,"response_ms":`, r.Response)
	dst = appendInt(dst, `,"bytes":`, r.Bytes)
	dst = appendInt(dst, `,"wire_bytes":`, r.WireBytes)
	dst = appendOptional(dst, `,"content_type":`, r.ContentType)
	dst = appendOptional(dst, `,"etag":`, r.ETag)
	if r.More {
		dst = append(dst, `,"more":true`...)
	}
	dst = appendOptional(dst, `,"digest":`, r.Digest)
	dst = appendOptional(dst, `,"sha256":`, r.SHA256)
	dst = appendOptional(dst, `,"file":`, r.File)
	dst = appendValues(dst, r.Values)
	if r.Rows != nil {
		dst = append(dst, `,"rows":[`...)
		for i := range r.Rows {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendAnswer(dst, &r.Rows[i])
		}
		dst = append(dst, ']')
	}
	if len(r.Notes) > 0 {
		dst = append(dst, `,"notes":[`...)
		for i, n := range r.Notes {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, "", n)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// AppendLine appends r as one line of NDJSON: AppendJSON and a newline.
func AppendLine(dst []byte, r *Record) []byte { return append(AppendJSON(dst, r), '\n') }

// MarshalJSON is AppendJSON.
func (r *Record) MarshalJSON() ([]byte, error) { return AppendJSON(nil, r), nil }

func appendRow(dst []byte, row fetcher.Row) []byte {
	dst = append(dst, '{')
	for i, c := range row {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, "", c.Column)
		dst = appendString(dst, ":", c.Value)
	}
	return append(dst, '}')
}

// appendValues appends a field for what was taken from a body, if anything was.
func appendValues(dst []byte, values []json.RawMessage) []byte {
	switch len(values) {
	case 0:
		return dst
	case 1:
		return AppendValue(append(dst, `,"value":`...), values[0])
	}
	dst = append(dst, `,"values":[`...)
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendValue(dst, v)
	}
	return append(dst, ']')
}

func appendAnswer(dst []byte, a *Answer) []byte {
	dst = appendRow(append(dst, `{"row":`...), a.Row)
	dst = appendBool(dst, `,"ok":`, a.OK)
	dst = appendString(dst, `,"error":`, a.Error)
	return append(appendValues(dst, a.Values), '}')
}

func appendAttempt(dst []byte, a *Attempt) []byte {
	dst = appendMs(dst, `{"start_ms":`, a.Start)
	dst = appendInt(dst, `,"status":`, int64(a.Status))
	dst = appendString(dst, `,"class":`, a.Class)
	dst = appendString(dst, `,"error":`, a.Error)
	dst = appendMs(dst, `,"backoff_ms":`, a.Backoff)
	if a.RetryAfter != 0 {
		dst = appendMs(dst, `,"retry_after_ms":`, a.RetryAfter)
	}
	if a.Requeued {
		dst = append(dst, `,"requeued":true`...)
	}
	dst = append(dst, `,"hops":[`...)
	for i := range a.Hops {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendHop(dst, &a.Hops[i])
	}
	return append(dst, "]}"...)
}

func appendHop(dst []byte, h *Hop) []byte {
	dst = appendString(dst, `{"url":`, h.URL)
	dst = appendString(dst, `,"host":`, h.Host)
	dst = appendInt(dst, `,"status":`, int64(h.Status))
	dst = appendMs(dst, `,"start_ms":`, h.Start)
	dst = appendMs(dst, `,"queue_ms":`, h.Queue)
	dst = appendMs(dst, `,"limiter_ms":`, h.Limiter)
	dst = appendString(dst, `,"proto":`, h.Proto)
	dst = appendString(dst, `,"remote":`, h.Remote)
	dst = appendBool(dst, `,"reused":`, h.Reused)
	p := &h.Phases
	dst = appendMs(dst, `,"phases_ms":{"blocked":`, p.Blocked)
	dst = appendMs(dst, `,"dns":`, p.DNS)
	dst = appendMs(dst, `,"connect":`, p.Connect)
	dst = appendMs(dst, `,"tls":`, p.TLS)
	dst = appendMs(dst, `,"send":`, p.Send)
	dst = appendMs(dst, `,"wait":`, p.Wait)
	dst = appendMs(dst, `,"receive":`, p.Receive)
	return append(dst, "}}"...)
}

func appendInt(dst []byte, key string, n int64) []byte {
	return strconv.AppendInt(append(dst, key...), n, 10)
}

func appendBool(dst []byte, key string, b bool) []byte {
	return strconv.AppendBool(append(dst, key...), b)
}

func appendMs(dst []byte, key string, m Micros) []byte {
	return appendMicros(append(dst, key...), m)
}

func appendOptional(dst []byte, key, s string) []byte {
	if s == "" {
		return dst
	}
	return appendString(dst, key, s)
}

func appendString(dst []byte, key, s string) []byte {
	dst = append(append(dst, key...), '"')
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if 0x20 <= c && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		r, n := rune(c), 1
		if c >= utf8.RuneSelf {
			if r, n = utf8.DecodeRuneInString(s[i:]); !IsControl(r) && (r != utf8.RuneError || n > 1) {
				i += n
				continue
			}
		}
		dst = append(dst, s[done:i]...)
		dst = appendEscaped(dst, r)
		i += n
		done = i
	}
	return append(append(dst, s[done:]...), '"')
}

// AppendValue appends any JSON on one line, with the escapes of AppendJSON. What is not JSON is appended as a string
// that holds it.
func AppendValue(dst, value []byte) []byte {
	if !jsonx.Valid(value) {
		return appendString(dst, "", string(value))
	}
	for i := 0; i < len(value); {
		r, n := utf8.DecodeRune(value[i:])
		switch {
		case r < 0x20: // white space between the tokens; inside strings it would not be valid
		case r == utf8.RuneError && n == 1 || IsControl(r): // can only be inside a string
			dst = appendEscaped(dst, r)
		default:
			dst = append(dst, value[i:i+n]...)
		}
		i += n
	}
	return dst
}

func appendEscaped(dst []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	case utf8.RuneError:
		return append(dst, "\uFFFD"...)
	}
	return append(dst, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}

// IsControl reports whether a character is one that a terminal or an editor would obey and not show: C0, DEL, C1, the line and
// paragraph separators, and those that change the direction of the text (CVE-2021-42574).
func IsControl(r rune) bool {
	switch {
	case r < 0x20, 0x7f <= r && r < 0xa0:
		return true
	case r < 0x61c:
		return false
	}
	return r == 0x61c || r == 0x200e || r == 0x200f || 0x2028 <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069
}
