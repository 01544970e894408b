//go:build !linux && !darwin

package store

import "os"

// createExclusive makes a file in a folder, for us alone, unless there is something of its name, which has no slash.
func createExclusive(d *folder, name string) (descriptor, error) {
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	return descriptor{f}, err
}
