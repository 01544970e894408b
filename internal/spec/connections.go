package spec

import (
	"errors"
	"fmt"
)

// Connections say on which connections a load test sends.
type Connections struct {
	Most   int  // to each host; 0: as many as it takes
	Always bool // a new one for each request

	Shared bool // they carry several requests at a time: HTTP/2. Set by connect
}

func (f *Connections) check() error {
	switch {
	case f.Most < 0:
		return fmt.Errorf("--connections %d: write a number from 1", f.Most)
	case f.Most > 0 && f.Always:
		return errors.New("--disable-keepalive makes a connection for each request: leave out --connections, or bound what is in flight with --per-host")
	}
	return nil
}
