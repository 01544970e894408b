//go:build unix

package journal

import (
	"context"
	"fmt"
	"iter"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"example.com/fetch/internal/record"
)

// cpuTime is what this process has used of the processors, for itself and in the system.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkAppend(b *testing.B) {
	path := b.TempDir() + "/run.jsonl"
	w, err := begin(path, newLeg(0, 1), false, Options{})
	must(b, err)
	r := newRecord(12345, 1, 30)
	written := func() {}
	before := cpuTime(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Append(r, written); err != nil {
			b.Fatal(err)
		}
	}
	must(b, w.Close())
	b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
	if info, err := os.Stat(path); err == nil {
		b.SetBytes(info.Size() / int64(b.N))
	}
}

// BenchmarkRead reads journals of two parts, of which the second carries a hundredth of the requests out again.
func BenchmarkRead(b *testing.B) {
	for _, n := range []int64{100_000, 1_000_000} {
		path := b.TempDir() + "/run.jsonl"
		w, err := begin(path, newLeg(0, n), false, Options{})
		must(b, err)
		r := newRecord(1, 1, 30)
		for r.Seq = 1; r.Seq <= n; r.Seq++ {
			must(b, w.Append(r, nil))
		}
		must(b, w.begin(newLeg(1, n)))
		for r.Seq = 1; r.Seq <= n; r.Seq += 100 {
			must(b, w.Append(r, nil))
		}
		must(b, w.Close())
		per := func(b *testing.B) {
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/record")
		}
		var j *Journal
		b.Run(fmt.Sprintf("Open/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				j = nil
				j, err = Open(b.Context(), path)
				must(b, err)
			}
			per(b)
			b.ReportMetric(float64(held(path)), "held-B")
		})
		for name, records := range map[string]func(context.Context) iter.Seq2[*record.Record, error]{
			"Records": j.Records, "InOrder": j.InOrder, "Merged": Merge([]*Journal{j, j}).Records,
		} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					for _, err := range records(b.Context()) {
						must(b, err)
					}
				}
				per(b)
			})
		}
		must(b, os.Remove(path))
	}
}

// held is how much memory a Journal holds.
func held(path string) int64 {
	var with, without runtime.MemStats
	j, _ := Open(context.Background(), path)
	runtime.GC()
	runtime.ReadMemStats(&with)
	runtime.KeepAlive(j)
	runtime.GC()
	runtime.ReadMemStats(&without)
	return int64(with.HeapAlloc) - int64(without.HeapAlloc)
}
