package measure

import (
	"runtime"
	"time"

	"example.com/fetch/internal/record"
)

// Beginning is what is known of a load test before it begins.
type Beginning struct {
	Asked   Asked     `json:"asked"`
	Started time.Time `json:"started"` // when the run began, in UTC; the warm-up is its first part
	Cores   int       `json:"cores"`   // that this process may use; 0: not known
}

// Begin is the Beginning of a load test by this process.
func Begin(asked Asked, started time.Time) Beginning {
	return Beginning{Asked: asked, Started: started.UTC().Round(0), Cores: runtime.GOMAXPROCS(0)}
}

// Final is what is known only at the end of a load test, and not from its intervals. The zero value is that of a test
// which was broken off.
type Final struct {
	Planned      record.Micros `json:"planned_ms"`     // as LoadSummary.Planned; 0: until the last end in the closed model, until the last one that ended was due in the open one
	NotStarted   int64         `json:"not_started"`    // requests that were due after the warm-up, and never sent
	MaxOpenFiles int64         `json:"max_open_files"` // that this process may have; 0: not known
}
