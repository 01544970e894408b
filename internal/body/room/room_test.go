package room

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.com/fetch/fetcher"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// All get what they want, in steps, and hold no more than the bound together.
func TestNobodyWaitsForEver(t *testing.T) {
	r := New(100 << 20)
	var held, most atomic.Int64
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			for range 20 {
				l := r.Lease()
				total := int64(0)
				for want := random.Int64N(50 << 20); total < want; {
					more := min(want-total, 1+random.Int64N(20<<20))
					if err := l.Grow(t.Context(), more, "a body"); err != nil {
						t.Error(err)
					}
					total += more
					if now := held.Add(more); now > most.Load() {
						most.Store(now)
					}
					runtime.Gosched()
				}
				held.Add(-total)
				l.Release()
			}
		})
	}
	all.Wait()
	if r.shared != 0 || r.lone != nil || len(r.waiting) > 0 || most.Load() > 63<<20 {
		t.Errorf("left: %d, %v, %d; the most was %d", r.shared, r.lone, len(r.waiting), most.Load())
	}
}

func TestWaitingEnds(t *testing.T) {
	r := New(8 << 20)
	first, second := r.Lease(), r.Lease()
	if err := first.Grow(t.Context(), 4<<20, "a body"); err != nil { // it is alone with what is not for all
		t.Fatal(err)
	}
	if err := second.Grow(t.Context(), 1<<20, "a body"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, errors.New("the attempt's time"))
	defer cancel()
	if err := second.Grow(ctx, 3<<20, "a body"); err == nil || err.Error() != "the attempt's time" {
		t.Error(err)
	}
	second.Release()
	first.Release()
	if r.shared != 0 || r.lone != nil || len(r.waiting) > 0 {
		t.Errorf("left: %d, %v, %d", r.shared, r.lone, len(r.waiting))
	}
	err := first.Grow(t.Context(), 5<<20, "the body")
	if own, ok := errors.AsType[*fetcher.Error](err); !ok || own.Kind != fetcher.KindBodyTooLarge {
		t.Error(err)
	}
	if err := (*Room)(nil).Lease().Grow(t.Context(), 1<<60, "a body"); err != nil {
		t.Error(err)
	}
}

// A buffer holds what it was given, small or large, with room and without; it serves again.
func TestBuffer(t *testing.T) {
	for _, r := range []*Room{New(64 << 20), nil} {
		var b Buffer
		for _, size := range []int{0, 1, Small, Small + 1, 1 << 20, 1<<20 + 1, 20 << 20, 5} {
			l := r.Lease()
			want := make([]byte, size)
			for i := range want {
				want[i] = byte(i * 7)
			}
			for rest := want; len(rest) > 0; {
				n := min(len(rest), 33_333)
				if err := b.Append(t.Context(), l, rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if !bytes.Equal(b.Bytes(), want) {
				t.Errorf("%d bytes: another content", size)
			}
			if held := l.shared + l.alone; r != nil && size > Small && (held < int64(size) || held > 2*int64(size)+step) {
				t.Errorf("%d bytes hold %d", size, held)
			}
			b.Release(l)
			l.Release()
		}
		if r != nil && (r.outside.Load() != 0 || r.shared != 0) {
			t.Errorf("left: %d, %d", r.outside.Load(), r.shared)
		}
	}
	l := New(8 << 20).Lease()
	var b Buffer
	err := error(nil)
	for range 300 {
		if err = b.Append(t.Context(), l, make([]byte, 32<<10)); err != nil {
			break
		}
	}
	if own, ok := errors.AsType[*fetcher.Error](err); !ok || own.Kind != fetcher.KindBodyTooLarge || len(b.Bytes()) > 4<<20 || len(b.Bytes()) < 3<<20 {
		t.Errorf("%d bytes, %v", len(b.Bytes()), err)
	}
	b.Release(l)
}

// An evaluation that is stopped with another's fault is done again, one that is itself at fault fails.
func TestEvaluate(t *testing.T) {
	r := New(64 << 20)
	runs := 0
	innocent := func(ctx context.Context) error {
		if runs++; runs == 1 {
			r.heap.passed.Add(1)
		}
		return ctx.Err()
	}
	if err := r.Evaluate(t.Context(), innocent); err != nil || runs != 2 {
		t.Error(err, runs)
	}
	var sink [][]byte
	hungry := func(ctx context.Context) error {
		sink = nil
		for range 10_000 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			default:
				sink = append(sink, make([]byte, 1<<20))
			}
		}
		return nil
	}
	err := r.Evaluate(t.Context(), hungry)
	if own, ok := errors.AsType[*fetcher.Error](err); !ok || own.Kind != fetcher.KindBodyTooLarge || len(sink) > 2000 {
		t.Error(err, len(sink))
	}
	sink = nil
}

// A program that takes more than the bound for something else fails no expression for that.
func TestEvaluateBesideALargeProgram(t *testing.T) {
	r := New(16 << 20)
	defer r.Limit()()
	list := make([]byte, 64<<20)
	runtime.GC()
	for range 3 {
		work := func(ctx context.Context) error {
			for range 20 {
				small := make([]byte, 64<<10)
				runtime.KeepAlive(small)
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(tick):
				}
			}
			return nil
		}
		if err := r.Evaluate(t.Context(), work); err != nil {
			t.Error(err)
		}
	}
	runtime.KeepAlive(list)
}
