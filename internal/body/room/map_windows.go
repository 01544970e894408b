package room

// mapMemory returns nil: buffers are on the heap.
func mapMemory(int64) []byte { return nil }

func unmapMemory([]byte) {}
