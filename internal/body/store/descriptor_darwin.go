package store

import "os"

func newDescriptor(fd int, name string) descriptor { return descriptor{os.NewFile(uintptr(fd), name)} }
