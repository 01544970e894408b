// Package journal is the append-only file of a run's records: what has been done, so that nothing is done twice, and any
// report can be made afterwards.
//
// A journal is NDJSON, in UTF-8. Most lines are records (record.Record), which have no "type". The others have one:
//
//	run      the first line: what is needed to go on with the run (Leg)
//	resume   the beginning of each later leg, of `fetch resume` and `fetch retry` (Leg)
//	event    something that is not a result: a baseline, the end of a list from standard input, what a host taught (Event)
//	end      the last line of a leg that ended by itself, in whatever way (End); a leg that was killed has none
//
// Lines of types that are not known are passed over. The times of records and events count from the last run or resume
// line.
// A request that a later leg has carried out again has its records in both; the later ones take the place of the earlier.
//
// A journal belongs to one process at a time (a file lock), and is for its owner alone (0600). Whole lines are
// appended, at most 10 ms after they were given, with one write for all that are ready, and forced to the disk every
// second and at the end. A kill may tear the last line: it has no line end, and is cut off when the journal is gone on
// with. No secret is in it: see record.From, and Leg for how the command line is kept.
package journal

import (
	"encoding/json"
	"time"

	"example.com/fetch/internal/record"
)

// Version is the version of the format, in the "v" of the run line. In version 1 rows and URLs were stored without what looked
// like a secret, so that requests could be taken for one another: see RefuseMasked.
const Version = 2

// The types of lines.
const (
	TypeRun    = "run"
	TypeResume = "resume"
	TypeEvent  = "event"
	TypeEnd    = "end"
)

// Leg is the run line, or a resume line: how a leg was begun. A run that was never broken off has one.
type Leg struct {
	Type    string    `json:"type"` // TypeRun or TypeResume
	V       int       `json:"v"`
	Started time.Time `json:"started"` // in UTC; the times of the leg's records count from it
	Version string    `json:"version"` // of the program
	PID     int       `json:"pid"`     // of the process that has the journal during this leg
	Command string    `json:"command"` // run, sync, resume or retry
	Args    []string  `json:"args"`    // the command line as reports show it: masked
	Flags   []Flag    `json:"flags"`   // those that were given, as far as they hold no secret
	List    List      `json:"list"`

	// Policies are those of hosts that a file of the user's has, as far as they hold no secret; in a resume line, if the file was
	// given anew. Nil: there was none.
	Policies *Policies `json:"policies,omitempty"`

	// What follows is in the run line only.

	// Key is that of the ids that depend on a secret, and of List.Credentials.
	Key       string   `json:"key,omitempty"`
	ID        string   `json:"id,omitempty"`        // of the run: in the names of its temporary files
	Directory string   `json:"directory,omitempty"` // where it was started: what the names of files count from
	Sources   []string `json:"sources,omitempty"`   // as given, URLs masked
	// Again names what held a secret and was left out of Flags and Sources, such as "--user" or "--header Authorization":
	// it has to be given again.
	Again []string `json:"again,omitempty"`
	// Defaults are what of Again was not typed, but came from a file of the user's. Nil: nothing did.
	Defaults *Defaults `json:"defaults,omitempty"`
}

// Defaults are defaults of flags that held a secret.
type Defaults struct {
	File  string   `json:"file"` // the path of the file that they came from
	Again []string `json:"again"`
}

// Flag is a flag of the command line with one of its values. Files that hold secrets are there by name.
type Flag struct {
	Name  string `json:"name"` // the long one, without dashes
	Value string `json:"value"`
	// Default says that the value comes from a file of the user's, and was not typed.
	Default bool `json:"default,omitempty"`
}

// Policies is what a file has of hosts.
type Policies struct {
	File    string          `json:"file"`    // its path
	Entries json.RawMessage `json:"entries"` // an array of its values: line, key, values
}

// List says what list a leg had.
type List struct {
	// SHA256 is over what the list is made of (source.List.Digest), in hexadecimal; empty: it came from a pipe.
	SHA256 string `json:"sha256,omitempty"`
	// Requests is how many it has, and of a list that was changed, how many have records though it has them no more; nil: not
	// known when the leg began.
	Requests *int64 `json:"requests,omitempty"`
	// Copy is the file beside the journal into which standard input was copied; empty: it was not read. The copy is whole
	// if there is an event EventListEnd.
	Copy string `json:"copy,omitempty"`
	// Credentials has for each host a digest, under Key, of the credentials that all of its entries have in common
	// (source.List.Credentials).
	Credentials map[string]string `json:"credentials,omitempty"`
	Columns     []string          `json:"columns,omitempty"`   // of the rows that the requests carry
	Templates   int               `json:"templates,omitempty"` // how many; 0: none
}

// The events.
const (
	EventBaseline = "baseline" // Serial: how long the list took one at a time, or its first Sample requests
	EventListEnd  = "list_end" // SHA256, Bytes: the copy of standard input is whole
	EventHost     = "host"     // HostEvent: a host is allowed something else
)

// Event is an event line.
type Event struct {
	Type   string        `json:"type"` // TypeEvent
	Event  string        `json:"event"`
	Serial record.Micros `json:"serial_ms,omitempty"`
	Sample int64         `json:"sample,omitempty"` // 0: the whole list
	SHA256 string        `json:"sha256,omitempty"`
	Bytes  int64         `json:"bytes,omitempty"`

	*record.HostEvent // of EventHost, else nil
}

// End is an end line.
type End struct {
	Type       string        `json:"type"` // TypeEnd
	Ended      time.Time     `json:"ended"`
	Wall       record.Micros `json:"wall_ms"`           // of this leg
	NotStarted int64         `json:"not_started"`       // requests of the list that have no record after this leg
	Skipped    int64         `json:"skipped"`           // bad lines that were passed over
	Duplicates int64         `json:"duplicates"`        // requests that --dedupe left out
	Proxies    []string      `json:"proxies,omitempty"` // over which requests went
	Code       int           `json:"code"`              // the exit code by what this leg alone has done
}
