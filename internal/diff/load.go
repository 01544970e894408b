package diff

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"math"
	"slices"
	"strings"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/record"
)

// The most hosts, URLs and classes that are told apart; what comes after them is counted together.
const (
	maxHosts   = 1_000
	maxURLs    = 10_000
	maxClasses = 250
)

// entry is what is kept of a record: 56 bytes, without pointers.
type entry struct {
	id      [12]byte
	place   uint32 // in the run's records, from 0
	service uint32 // in microseconds, at the most 71 minutes
	url     uint16 // in names.urls; maxURLs: beyond them
	host    uint16 // in names.hosts; maxHosts: beyond them
	status  int16
	class   uint8 // in names.classes; 0: none
	ok      bool
	content content
}

// loaded is one run.
type loaded struct {
	about     About
	entries   []entry // of what has ended, by id
	hasValues bool    // of some result values were taken
}

// names gives the strings that many records share numbers.
type names struct {
	urls, hosts, classes numbered
}

func newNames() *names {
	n := &names{urls: numbered{most: maxURLs}, hosts: numbered{most: maxHosts}, classes: numbered{most: maxClasses}}
	n.classes.number("")
	return n
}

// numbered gives strings numbers from 0 on, in the order in which they come. All beyond the first most have the number most.
type numbered struct {
	most    int
	numbers map[string]uint16
	all     []string
}

func (n *numbered) number(s string) uint16 {
	if known, ok := n.numbers[s]; ok {
		return known
	}
	if len(n.all) == n.most {
		return uint16(n.most)
	}
	if n.numbers == nil {
		n.numbers = map[string]uint16{}
	}
	given := uint16(len(n.all))
	s = string(append([]byte(nil), s...)) // not a part of a line
	n.numbers[s] = given
	n.all = append(n.all, s)
	return given
}

// load reads a run. With an h, its requests are known by what that says.
func load(run Run, names *names, h *hostless) (*loaded, error) {
	var shown []entry   // whose ids are made of what is shown of them
	var places []listed // theirs
	keep := func(l *loaded, r *record.Record, place uint32) {
		e := newEntry(r, place, names, h)
		if h == nil && !hidesSecret(r) {
			l.entries = append(l.entries, e)
			return
		}
		shown = append(shown, e)
		places = append(places, listed{r.Seq, strings.Clone(r.ID)})
	}
	l := &loaded{about: About{Journal: run.Name, Wall: run.Wall}}
	l.entries = make([]entry, 0, min(max(run.Count, 0), 1<<22))
	place := uint32(0)
	for r, err := range run.Records {
		if err != nil {
			return nil, err
		}
		l.about.Results++
		switch {
		case unfinished(r):
			l.about.Unfinished++
		case r.OK:
			l.about.OK++
			keep(l, r, place)
		default:
			l.about.Failed++
			keep(l, r, place)
		}
		place++
	}
	numberAlike(shown, places)
	l.entries = append(l.entries, shown...)
	l.hasValues = slices.ContainsFunc(l.entries, func(e entry) bool { return e.content.values != [8]byte{} })
	slices.SortFunc(l.entries, func(a, b entry) int {
		return cmp.Or(bytes.Compare(a.id[:], b.id[:]), cmp.Compare(a.place, b.place))
	})
	return l, nil
}

// unfinished reports whether the end of the run cut the request off: that is no failure of anyone.
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
	} else if !fromHex(e.id[:], r.ID) || len(r.ID) != 2*len(e.id) {
		sum := sha256.Sum256([]byte(r.ID)) // not by this program, but good enough to know it by
		copy(e.id[:], sum[:])
	}
	return e
}

// logarithm of the service time in milliseconds.
func (e *entry) logarithm() float64 { return math.Log(float64(e.service) / 1000) }
