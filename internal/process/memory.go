package process

import (
	"os"
	"strconv"
	"strings"
)

// Memory is how many bytes of memory this process may use: those of the machine, or of its control group on Linux, if that has
// fewer; 0 if the system does not say.
func Memory() int64 {
	memory := installed()
	for _, name := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && (limit < memory || memory == 0) { // else it is "max"
			memory = limit
		}
	}
	return memory
}
