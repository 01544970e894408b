//go:build unix

package sync

import "os"

// flush makes sure that a folder's names survive a power cut.
func flush(dir *os.File) error { return dir.Sync() }
