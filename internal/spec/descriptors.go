package spec

import (
	"runtime"

	"example.com/fetch/internal/process"
)

// otherFiles is how many open files are needed for other things than requests: the standard streams, the runtime's poller and
// timers, the lists, the journal and its lock, the folder of the output and some below it, the resolver's configuration.
const otherFiles = 24

// InFlight is how many requests may be in flight, and how many connections may be kept beside theirs, with files to be had
// for all else: -c (with auto what that comes to at most), or what the system lets this process have open.
func (f *Spec) InFlight() (slots, idle int) {
	each := 2 // the two look-ups, or the two dials, of which a connection comes; then it and the file of its body
	if f.Output != "" {
		each++ // and its folder
	}
	if f.Testserver == OwnTestserver {
		each++ // the server's end
	}
	other := otherFiles + 2*len(f.Reports)
	if f.Exec != "" {
		jobs := f.ExecJobs
		if jobs == 0 {
			jobs = runtime.GOMAXPROCS(0)
		}
		other += 6 * jobs // the ends of three pipes
	}
	room := process.OpenFiles() - other
	slots = max(1, min(f.Slots(), 4*room/(4*each+1)))
	return slots, max(1, min(2*max(slots, 50), room-each*slots))
}
