//go:build !linux && !darwin

package process

// installed returns the memory of the machine, which is unknown here: that of a small one.
func installed() int64 { return 4 << 30 }
