package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// files: small answers, each saved to a file of its own; what a file costs. Where they go is b.dir: on a disk most of it is
// the file system's, and differs from minute to minute; in memory (-dir /dev/shm) it is the programs'.
func (b *bench) files(ctx context.Context, server *server) (result, error) {
	t := &table{
		title:   fmt.Sprintf("%d requests of 1 KB, 50 at a time, each body saved to its own file", b.n),
		columns: []column{cpuEach, wallEach, memory},
		notes: []string{
			"server: " + server.name + "; " + pinning(),
			"the folder is in " + filepath.Dir(b.dir),
			"fetch gives a file its name when it is whole; curl and wget2 write under the final name from the start",
			"tools that take fewer requests are given fewer, so their start weighs more",
			"after every run the files were counted, and the server's own count of requests checked",
		},
	}
	path := func(i int) string { return fmt.Sprintf(server.distinct, i) }
	return t, b.compare(ctx, t, b.savingTools(), b.runs, job{n: b.n, c: 50, path: path}, always(server))
}

// saved is the folder in which a tool saves bodies.
func (j job) saved() string { return filepath.Join(j.dir, "saved") }

func (b *bench) savingTools() []tool {
	wget2, aria2c := wget2Saves, aria2cSaves
	wget2.name, wget2.most, aria2c.name = "wget2", 0, "aria2c"
	saving := curl("curl -Z", func(j job) string { return j.saving }, "--parallel-immediate")
	tools := []tool{b.fetchTool("--no-results", "-o", "saved/"), saving, wget2, aria2c}
	for i := range tools {
		tools[i].check = allSaved
	}
	return tools
}

// allSaved says what is missing of the files of a run, empty ones included.
func allSaved(j job) error {
	files, err := os.ReadDir(j.saved())
	if err != nil {
		return err
	}
	n := 0
	for _, f := range files {
		if info, err := f.Info(); err == nil && info.Mode().IsRegular() && info.Size() > 0 {
			n++
		}
	}
	if n < j.n {
		return fmt.Errorf("%d files of %d", n, j.n)
	}
	return nil
}
