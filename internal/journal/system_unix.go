//go:build unix

package journal

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// syncFolder makes sure that a folder's names survive a power cut, as far as the file system can do that and the folder
// may be read.
func syncFolder(name string) error {
	dir, err := os.Open(name)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			err = nil
		}
		return err
	}
	defer dir.Close()
	err = dir.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return err
}
