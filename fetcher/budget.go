package fetcher

import "sync"

// budgets bound the retries at each host: one taken for each retry, one given back for each success. Only hosts that
// owe some are held.
type budgets struct {
	max int // less than 0: no bound

	mu    sync.Mutex
	taken map[string]int
}

// maxBudgets is how many hosts are held; beyond that one is forgotten, which is generous to it and bounds the memory.
const maxBudgets = 10_000

func (b *budgets) init(most int) {
	if most == 0 {
		most = 100
	}
	b.max = most
	b.taken = make(map[string]int)
}

// take takes one retry, if there is one.
func (b *budgets) take(host string) bool {
	if b.max < 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taken[host] >= b.max {
		return false
	}
	if _, held := b.taken[host]; !held && len(b.taken) >= maxBudgets {
		for other := range b.taken {
			delete(b.taken, other)
			break
		}
	}
	b.taken[host]++
	return true
}

// giveBack says that a request to the host succeeded.
func (b *budgets) giveBack(host string) {
	if b.max < 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch n := b.taken[host]; {
	case n > 1:
		b.taken[host] = n - 1
	case n == 1:
		delete(b.taken, host)
	}
}
