package store

import (
	"bytes"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
)

// The number of a closed file is given to the next that is opened: what is still written to the one that was discarded
// must not get into the other.
func TestDiscardWhileWriting(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	s := newSink(t, Options{Output: dir + "/{name}"})
	piece := bytes.Repeat([]byte("x"), 1<<10)
	want := map[string]string{}
	for seq := range int64(50) {
		req := asked(2*seq+1, fmt.Sprintf("cut%d http://h.test/", seq))
		cut, err := s.Create(resultOf(req), "text/plain")
		if err != nil {
			t.Fatal(err)
		}
		var writer sync.WaitGroup
		var failure error
		begun := make(chan struct{})
		writer.Go(func() {
			for n := 0; ; n++ {
				if _, err := cut.Write(piece); err != nil {
					failure = err
					return
				}
				if n == 0 {
					close(begun)
				}
			}
		})
		<-begun
		cut.Discard()
		whole, err := keep(s, resultOf(asked(2*seq+2, fmt.Sprintf("whole%d http://h.test/", seq))), "text/plain", "whole")
		if err != nil {
			t.Fatal(err)
		}
		want[filepath.Base(whole)] = "whole"
		writer.Wait()
		wantWriteFailure(t, failure, "closed")
	}
	wantTree(t, dir, want)
}
