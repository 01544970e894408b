package process

import (
	"os"
	"strconv"
	"strings"
)

// Memory returns how much memory this process may use, in bytes: that of the machine, or of its control group on
// Linux, if that is less; 0 if unknown.
func Memory() int64 {
	memory := installed()
	for _, name := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && (limit < memory || memory == 0) { // otherwise it is "max"
			memory = limit
		}
	}
	return memory
}
