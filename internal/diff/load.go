package diff

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// The maximum number of hosts, URLs and classes that are distinguished; further ones are counted together.
const (
	maxHosts   = 1_000
	maxURLs    = 10_000
	maxClasses = 250
)

// entry is the data kept of a record: 64 bytes, without pointers.
type entry struct {
	id      [12]byte
	place   uint32 // among the run's records, from 0
	service uint32 // or the response time; in microseconds, at most 71 minutes
	url     uint16 // in names.urls; maxURLs: beyond them
	host    uint16 // in names.hosts; maxHosts: beyond them
	status  int16
	class   uint8 // in names.classes; 0: none
	ok      bool
	content content
}

// loaded is one run in memory.
type loaded struct {
	about     About
	entries   []entry // of what has ended, by id
	hasValues bool    // of some result values were taken
}

// names maps strings that many records share to numbers.
type names struct {
	urls, hosts, classes numbered
}

// numbered numbers strings from 0, in order of appearance. All beyond the first most have the number most.
type numbered struct {
	most    int
	numbers map[string]uint16
	all     []string
}

func newNumbered(most int) numbered { return numbered{most: most, numbers: map[string]uint16{}} }

func (n *numbered) number(s string) uint16 {
	if known, ok := n.numbers[s]; ok {
		return known
	}
	if len(n.all) == n.most {
		return uint16(n.most)
	}
	given := uint16(len(n.all))
	s = strings.Clone(s) // it must not share memory with a line
	n.numbers[s] = given
	n.all = append(n.all, s)
	return given
}

// load reads a run. With h, its requests are identified by h.
func load(run Run, names *names, h *hostless) (*loaded, error) {
	var shown []entry   // entries identified by their masked form
	var places []listed // and their places
	l := &loaded{
		about:   About{Journal: run.Name, Wall: run.Wall},
		entries: make([]entry, 0, min(max(run.Count, 0), 1<<22)),
	}
	for r, err := range run.Records {
		if err != nil {
			return nil, err
		}
		l.about.Results++
		switch {
		case unfinished(r):
			l.about.Unfinished++
			continue
		case r.OK:
			l.about.OK++
		default:
			l.about.Failed++
		}
		e := newEntry(r, uint32(l.about.Results-1), names, h)
		if run.Response {
			e.service = uint32(min(max(r.Response, 1), math.MaxUint32))
		}
		if class, _ := fetcher.ParseKind(r.Class); class.Timeout() {
			e.service = max(e.service, uint32(min(max(run.Timeout, 0), math.MaxUint32)))
		}
		if h == nil && !hidesSecret(r) {
			l.entries = append(l.entries, e)
			continue
		}
		shown = append(shown, e)
		places = append(places, listed{r.Seq, strings.Clone(r.ID)})
	}
	numberAlike(shown, places)
	l.entries = append(l.entries, shown...)
	l.hasValues = slices.ContainsFunc(l.entries, func(e entry) bool { return e.content.values != 0 })
	slices.SortFunc(l.entries, func(a, b entry) int {
		return cmp.Or(bytes.Compare(a.id[:], b.id[:]), cmp.Compare(a.place, b.place))
	})
	return l, nil
}

// unfinished reports whether the request was cut off by the end of the run, which is not a failure.
func unfinished(r *record.Record) bool {
	return r.Class == fetcher.KindCanceled.String() || r.Class == fetcher.KindDeadline.String()
}

func newEntry(r *record.Record, place uint32, names *names, h *hostless) entry {
	url, host := r.URL, r.Host
	if h != nil {
		url, host = target(r.URL), ""
	}
	if r.Method != "GET" {
		url = r.Method + " " + url
	}
	e := entry{
		place:   place,
		service: uint32(min(max(r.Service, 1), math.MaxUint32)),
		url:     names.urls.number(url),
		host:    names.hosts.number(host),
		status:  int16(min(max(r.Status, 0), math.MaxInt16)),
		class:   uint8(names.classes.number(r.Class)),
		ok:      r.OK,
		content: contentOf(r),
	}
	if h != nil || hidesSecret(r) {
		e.id = h.id(r)
	} else if _, err := hex.Decode(e.id[:], []byte(r.ID)[:min(len(r.ID), 2*len(e.id))]); err != nil || len(r.ID) != 2*len(e.id) {
		sum := sha256.Sum256([]byte(r.ID)) // not from this program, but sufficient as an identity
		copy(e.id[:], sum[:])
	}
	return e
}

// logarithm of the service time in milliseconds.
func (e *entry) logarithm() float64 { return math.Log(float64(e.service) / 1000) }

// content is what is known about the content of a result, as hashes; 0 means nothing.
type content struct {
	digest uint64 // of the body
	sha256 uint64 // its first bytes
	values uint64 // of the values extracted from the body
	etag   uint32
	size   uint32
}

func contentOf(r *record.Record) content {
	c := content{sha256: firstHex(r.SHA256), values: hashOfValues(r), size: uint32(r.Bytes) ^ uint32(r.Bytes>>32)}
	if sum, ok := strings.CutPrefix(r.Digest, "xxh64:"); ok {
		c.digest = firstHex(sum)
	}
	if r.ETag != "" {
		c.etag = max(uint32(xxhash.Sum64String(r.ETag)), 1)
	}
	return c
}

// firstHex returns the first 8 bytes of a hash in hexadecimal; 0 if it is invalid.
func firstHex(s string) uint64 {
	const digits = 16
	if len(s) < digits {
		return 0
	}
	n, _ := strconv.ParseUint(s[:digits], 16, 64)
	return n
}

// hashOfValues returns 0 if there are no values.
func hashOfValues(r *record.Record) uint64 {
	answers := append([]record.Answer{{OK: r.OK, Values: r.Values}}, r.Rows...)
	if !slices.ContainsFunc(answers, func(a record.Answer) bool { return len(a.Values) > 0 }) {
		return 0
	}
	h := xxhash.New()
	for i := range answers {
		for _, v := range answers[i].Values {
			h.Write(v)
			h.WriteString("\n") // no value contains it: they are on one line
		}
		if !answers[i].OK {
			h.WriteString("!")
		}
		h.WriteString("\n")
	}
	return h.Sum64()
}

// sameBody reports whether the bodies are equal, as far as is known: by their SHA-256, by their digests, else
// by an equal ETag, else by size.
func (c *content) sameBody(other *content) bool {
	switch {
	case c.sha256 != 0 && other.sha256 != 0:
		return c.sha256 == other.sha256
	case c.digest != 0 && other.digest != 0:
		return c.digest == other.digest
	case c.etag != 0 && c.etag == other.etag:
		return true
	}
	return c.size == other.size
}

// compareBody orders by body.
func (c *content) compareBody(other *content) int {
	return cmp.Or(cmp.Compare(c.digest, other.digest), cmp.Compare(c.size, other.size))
}

// compare orders by everything.
func (c *content) compare(other *content) int {
	return cmp.Or(cmp.Compare(c.values, other.values), c.compareBody(other), cmp.Compare(c.sha256, other.sha256),
		cmp.Compare(c.etag, other.etag))
}
