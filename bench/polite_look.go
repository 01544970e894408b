package main

import (
	"math"
	"slices"
	"strings"
)

// remark is what else is to be seen of a run: a text with a value for each # in it, of which NaN means never.
type remark struct {
	text   string
	values []float64
}

// look says what else is to be seen, after a run.
type look func(*outcome) remark

// blockLook says how many the bundled PubChem refused after the first ten seconds, and whether it blocked the client.
func blockLook(o *outcome) remark {
	late, lateRefused, most := 0, 0, 0
	var refused []float64 // when, in the last minute
	for _, h := range o.hops {
		isLate := h.ArrivalMS-o.hops[0].ArrivalMS > 10_000
		if isLate {
			late++
		}
		if h.Status != 503 {
			continue
		}
		if isLate {
			lateRefused++
		}
		refused = append(slices.DeleteFunc(refused, func(at float64) bool { return h.ArrivalMS-at >= 60_000 }), h.ArrivalMS)
		most = max(most, len(refused))
	}
	r := remark{"# % refused after 10 s", []float64{100 * float64(lateRefused) / float64(max(late, 1))}}
	if most > 20 {
		r.text += ", **blocked**"
	}
	return r
}

// windowLook says how many were refused in a window at the most, and how much of the quota was used in all windows but the
// last.
func windowLook(limit, seconds int) look {
	return func(o *outcome) remark {
		most, used, full := 0, 0, 0
		refused := slices.Collect(slices.Chunk(o.each.EachRefused, seconds))
		for i, requests := range slices.Collect(slices.Chunk(o.each.EachRequests, seconds)) {
			most = max(most, sum(refused[i]))
			if i < len(refused)-1 {
				full += limit
				used += sum(requests) - sum(refused[i])
			}
		}
		if full == 0 {
			return remark{"# refused in a window", []float64{float64(most)}}
		}
		return remark{"# refused in a window, # % of the quota", []float64{float64(most), math.Round(100 * float64(used) / float64(full))}}
	}
}

func sum[T int | int32](values []T) (total int) {
	for _, v := range values {
		total += int(v)
	}
	return total
}

// halvingLook says how soon the client followed a server whose limit of 40 halves after 20 s and is whole again after 60 s:
// until it sent at most 1.2 times the half, and until at least 0.9 of the whole was admitted, each for two seconds.
func halvingLook(o *outcome) remark {
	sent := o.each.EachRequests
	down := followed(sent, 20, 60, func(second int) bool { return sent[second] <= 24 })
	up := followed(sent, 60, len(sent), func(second int) bool { return sent[second]-o.each.EachRefused[second] >= 36 })
	return remark{"down after # s, up after # s", []float64{down, up}}
}

// followed is how many seconds after from something is so for two seconds.
func followed(sent []int32, from, to int, does func(second int) bool) float64 {
	for second := from; second+1 < min(to, len(sent)); second++ {
		if does(second) && does(second+1) {
			return float64(second - from)
		}
	}
	return math.NaN()
}

// isolationLook says for how long host a had nothing after its first refusal, and when the others had had their last.
func isolationLook(o *outcome) remark {
	refusedAt, early, others := -1.0, 0, 0.0
	for _, h := range o.hops {
		switch {
		case !strings.HasSuffix(h.Host, ".limit.test"): // our own questions
		case h.Host != "a.limit.test":
			others = h.ArrivalMS - o.hops[0].ArrivalMS
		case refusedAt < 0 && h.Status == 429:
			refusedAt = h.ArrivalMS
		case refusedAt >= 0 && h.ArrivalMS-refusedAt < 30_000 && h.ArrivalMS-refusedAt > 100: // not those that were under way
			early++
		}
	}
	return remark{"# sent within the 30 s; the others were done after # s", []float64{float64(early), others / 1000}}
}

// goodLook says when the last request of the good host arrived.
func goodLook(o *outcome) remark {
	last := 0.0
	for _, h := range o.hops {
		if strings.HasPrefix(h.Host, "good.test") {
			last = h.ArrivalMS - o.hops[0].ArrivalMS
		}
	}
	return remark{"the good ones were done after # s", []float64{last / 1000}}
}
