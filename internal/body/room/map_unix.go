//go:build unix

package room

import "golang.org/x/sys/unix"

// mapMemory asks the system for memory, which is not used until it is written to; nil: there is none.
func mapMemory(size int64) []byte {
	if size > 1<<40 || size != int64(int(size)) {
		return nil
	}
	memory, err := unix.Mmap(-1, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	if err != nil {
		return nil
	}
	return memory
}

func unmapMemory(memory []byte) {
	unix.Munmap(memory) // cannot fail for mapped memory
}
