package journal

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"example.com/fetch/internal/record"
)

// idDigits is the length of an id.
const idDigits = 2 * len(record.PlainID{})

// testID is an id that looks as random as real ones, the same for the same n.
func testID(n uint64) string {
	return string(appendTestID(nil, n))
}

func appendTestID(dst []byte, n uint64) []byte {
	source := rand.NewPCG(n, 0)
	var text [12]byte
	binary.BigEndian.PutUint64(text[:], source.Uint64())
	binary.BigEndian.PutUint32(text[8:], uint32(source.Uint64()))
	return hex.AppendEncode(dst, text[:])
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestIdentities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.Custom(func(t *rapid.T) string {
			if rapid.IntRange(0, 9).Draw(t, "kind") == 0 { // those that differ in the last digits only
				return fmt.Sprintf("%024x", rapid.Uint64Range(0, 20).Draw(t, "small"))
			}
			return testID(rapid.Uint64Range(0, 20).Draw(t, "n"))
		})
		var bag Identities
		model := map[string]int{}
		for range rapid.IntRange(0, 80).Draw(t, "steps") {
			id := ids.Draw(t, "id")
			if rapid.IntRange(0, 2).Draw(t, "add") > 0 {
				bag.add(parseIdentity(id))
				model[id]++
				continue
			}
			if got, want := bag.take(parseIdentity(id)), model[id] > 0; got != want {
				t.Fatalf("Take(%s) is %v", id, got)
			}
			model[id] = max(model[id]-1, 0)
		}
	})
}

func TestIdentitiesMatchNothingButIDs(t *testing.T) {
	for _, id := range []string{"", "0", testID(1)[:23], testID(1) + "0", "zz" + testID(1)[2:], testID(1)[:23] + "g", strings.Repeat("\xff", 24)} {
		var bag Identities
		bag.add(parseIdentity(id))
		if bag.take(parseIdentity(id)) {
			t.Errorf("%q is taken for an id", id)
		}
	}
}

// Sorted, an id takes 16 bytes, and many of the same take as much as one.
func TestIdentitiesAreSmall(t *testing.T) {
	const n = 200_000
	for _, test := range []struct {
		name  string
		id    func(i int) string
		bytes int64
	}{
		{"all different", func(i int) string { return testID(uint64(i)) }, n * 17},
		{"all the same", func(int) string { return testID(7) }, 10_000},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := heap()
			bag := &Identities{}
			for i := range n {
				bag.add(parseIdentity(test.id(i)))
			}
			if !bag.take(parseIdentity(test.id(0))) {
				t.Error("one is lost")
			}
			if bytes := heap() - before; bytes > test.bytes {
				t.Errorf("%d bytes, more than %d", bytes, test.bytes)
			}
			runtime.KeepAlive(bag)
		})
	}
}

func BenchmarkIdentities(b *testing.B) {
	for _, n := range []int{1_000_000, 10_000_000} {
		ids := make([]byte, 0, n*idDigits)
		for i := range n {
			ids = appendTestID(ids, uint64(i))
		}
		id := func(i int) string { return string(ids[i*idDigits:][:idDigits]) }
		b.Run(fmt.Sprintf("build/%d", n), func(b *testing.B) {
			for b.Loop() {
				before := heap()
				var s Identities
				for i := range n {
					s.add(parseIdentity(id(i)))
				}
				s.sort()
				b.ReportMetric(float64(heap()-before)/float64(n), "B/id")
				runtime.KeepAlive(&s)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/id")
		})
		b.Run(fmt.Sprintf("take/%d", n), func(b *testing.B) {
			var s Identities
			for i := range n {
				s.add(parseIdentity(id(i)))
			}
			s.sort()
			i := 0
			for b.Loop() {
				s.take(parseIdentity(id(i * 7919 % n)))
				i++
			}
		})
	}
}
