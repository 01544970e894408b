package sync

import "os"

// flush does nothing: this system writes the names of files through by itself, and folders cannot be flushed.
func flush(*os.File) error { return nil }
