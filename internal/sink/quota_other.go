//go:build !unix

package sink

func isQuota(error) bool { return false }
