// Package journal is the append-only file of the records of a run: what has been done, so that nothing is done twice, and
// reports can be made at any time.
//
// A journal is NDJSON, in UTF-8. Most lines are records (record.Record), which have no "type". The others have one:
//
//	run      the first line: what is needed to resume the run (Leg)
//	resume   the beginning of each later part of the run, by `fetch resume` or `fetch retry` (Leg)
//	event    something other than a result: a baseline, the end of a list from standard input, a change of a host (Event)
//	end      the last line of a part that ended by itself, in whatever way (End); a part that was killed has none
//
// Lines of unknown types are ignored. The times of records and events count from the last run or resume line. A request
// that a later part has sent again has records in both parts; the later ones replace the earlier ones.
//
// A journal is used by one process at a time (a file lock), and is readable by its owner only (0600). Complete lines are
// appended, at most 10 ms after they were given, with one write for all that are ready, and forced to the disk every
// second and at the end. A kill may leave an incomplete last line, without a line end: it is removed when the run is
// resumed. A journal contains no secret: see record.From, and Leg for how the command line is stored.
package journal

import (
	"encoding/json"
	"time"

	"example.com/fetch/internal/record"
)

// Version is the version of the format, in the "v" of the run line. In version 1 rows and URLs were stored
// without what looked like a secret, so different requests could become equal: see RefuseMasked.
const Version = 2

// The types of lines.
const (
	TypeRun    = "run"
	TypeResume = "resume"
	TypeEvent  = "event"
	TypeEnd    = "end"
)

// Leg is a run or resume line, which begins one part of a run. A run that was never resumed has one part.
type Leg struct {
	Type    string    `json:"type"` // TypeRun or TypeResume
	V       int       `json:"v"`
	Started time.Time `json:"started"` // in UTC; the times of the part's records count from it
	Version string    `json:"version"` // of the program
	PID     int       `json:"pid"`     // process that writes this part
	Command string    `json:"command"` // run, sync, resume or retry
	Args    []string  `json:"args"`    // the command line as shown in reports: masked
	Flags   []Flag    `json:"flags"`   // flags on the command line that contain no secret
	List    List      `json:"list"`

	// Policies are the policies of hosts from a file of the user, without secrets; in a resume line only if the
	// file was given again. Nil: none.
	Policies *Policies `json:"policies,omitempty"`

	// What follows is in the run line only.

	// Key is the HMAC key of ids that depend on a secret, and of List.Credentials.
	Key       string   `json:"key,omitempty"`
	ID        string   `json:"id,omitempty"`        // of the run: part of the names of its temporary files
	Directory string   `json:"directory,omitempty"` // working directory, to which file names are relative
	Sources   []string `json:"sources,omitempty"`   // as given, URLs masked
	// Again names what was left out of Flags and Sources because of a secret, such as "--user" or "--header
	// Authorization", and must be given again.
	Again []string `json:"again,omitempty"`
}

// Flag is a flag of the command line with one of its values. Of files with secrets only the name is stored.
type Flag struct {
	Name  string `json:"name"` // the long one, without dashes
	Value string `json:"value"`
	// Default reports whether the value comes from a file of the user instead of the command line.
	Default bool `json:"default,omitempty"`
}

// Policies are the policies of hosts from a file.
type Policies struct {
	File    string          `json:"file"`    // its path
	Entries json.RawMessage `json:"entries"` // an array of its values: line, key, values
}

// List describes the request list of a part.
type List struct {
	// SHA256 is the digest of the list's sources (source.List.Digest), in hexadecimal; empty: it came from a
	// pipe.
	SHA256 string `json:"sha256,omitempty"`
	// Requests is the number of requests, including, for a changed list, those that have records and are no
	// longer listed; nil: not known when the part began.
	Requests *int64 `json:"requests,omitempty"`
	// Copy is the file beside the journal to which standard input was copied; empty: it was not read. The copy
	// is complete if there is an event EventListEnd.
	Copy string `json:"copy,omitempty"`
	// Credentials holds for each host a digest, under Key, of the credentials that all of its entries share
	// (source.List.Credentials).
	Credentials map[string]string `json:"credentials,omitempty"`
	Columns     []string          `json:"columns,omitempty"`   // of the rows that the requests carry
	Templates   int               `json:"templates,omitempty"` // number of templates; 0: none
}

// The events.
const (
	EventBaseline = "baseline" // Serial: how long the list, or its first Sample requests, took one at a time
	EventListEnd  = "list_end" // SHA256, Bytes: the copy of standard input is complete
	EventHost     = "host"     // HostEvent: what a host is allowed has changed
)

// Event is an event line.
type Event struct {
	Type   string        `json:"type"` // TypeEvent
	Event  string        `json:"event"`
	Serial record.Micros `json:"serial_ms,omitempty"`
	Sample int64         `json:"sample,omitempty"` // 0: the whole list
	SHA256 string        `json:"sha256,omitempty"`
	Bytes  int64         `json:"bytes,omitempty"`

	*record.HostEvent // of EventHost, otherwise nil
}

// End is an end line.
type End struct {
	Type       string        `json:"type"` // TypeEnd
	Ended      time.Time     `json:"ended"`
	Wall       record.Micros `json:"wall_ms"`           // of this part
	NotStarted int64         `json:"not_started"`       // requests of the list without a record after this part
	Skipped    int64         `json:"skipped"`           // bad lines that were skipped
	Duplicates int64         `json:"duplicates"`        // requests that --dedupe left out
	Proxies    []string      `json:"proxies,omitempty"` // proxies that were used
	Code       int           `json:"code"`              // the exit code for this part alone
}
