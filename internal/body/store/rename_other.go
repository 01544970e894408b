//go:build !linux && !darwin

package store

import "errors"

// renameExclusive renames a file in a folder unless there is something of the new name. There is no such call here.
func renameExclusive(int, string, string) error { return errors.ErrUnsupported }

func cannotRename(error) bool { return true }
