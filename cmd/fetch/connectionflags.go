package main

import (
	"errors"
	"fmt"
)

// connectionFlags say on which connections a load test sends.
type connectionFlags struct {
	most   int  // to each host; 0: as many as it takes
	always bool // a new one for each request

	shared bool // they carry several requests at a time: HTTP/2. Set by connect
}

func (f *connectionFlags) check() error {
	switch {
	case f.most < 0:
		return fmt.Errorf("--connections %d: write a number from 1", f.most)
	case f.most > 0 && f.always:
		return errors.New("--disable-keepalive makes a connection for each request: leave out --connections, or bound what is in flight with --per-host")
	}
	return nil
}
