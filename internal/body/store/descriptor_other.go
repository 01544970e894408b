//go:build !linux

package store

import "os"

// descriptor is an open file that is only written. Whoever holds it closes it, once, and does not use it after that.
type descriptor struct{ *os.File }
