// Package filelock lets one process at a time have a file. A lock belongs to an open file, not to a process: whoever
// opens the file a second time, in the same process too, does not get it. It ends when the file is closed or the process
// ends, in whatever way, so that nothing is left to clean up after a kill. Only those who ask for it are kept off; others
// may read and write the file as ever.
package filelock

import "os"

// Try takes the lock of f, without waiting; false means that another open file has it. The error says that the file
// system knows no locks, or that f is closed. To let go of it, close f.
func Try(f *os.File) (bool, error) { return try(f) }
