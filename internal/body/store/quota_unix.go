//go:build unix

package store

import (
	"errors"
	"syscall"
)

// isQuota reports whether the disk is full for this user only.
func isQuota(err error) bool { return errors.Is(err, syscall.EDQUOT) }
