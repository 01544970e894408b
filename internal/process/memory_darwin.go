package process

import "golang.org/x/sys/unix"

// installed returns the memory of the machine.
func installed() int64 {
	n, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return int64(n)
}
