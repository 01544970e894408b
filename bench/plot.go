package main

import (
	"fmt"
	"slices"
	"strings"

	"example.com/fetch/testserver"
)

// plotHalving draws, as SVG, what a server whose limit halves admitted and refused in each second, and what it could have
// admitted.
func plotHalving(c testserver.LimitCount) string {
	const width, height, left, bottom, top = 760, 300, 44, 36, 28
	seconds, most := max(len(c.EachRequests), 1), int(slices.Max(append(c.EachRequests, 60)))
	x := func(second float64) float64 { return left + second/float64(seconds)*(width-left-20) }
	y := func(n float64) float64 { return height - bottom - n/float64(most)*(height-bottom-top) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	for n := 0; n <= most; n += 20 {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%d</text>`+"\n", left, y(float64(n)), width-20, left-6, y(float64(n))+4, n)
	}
	for second := 0; second <= seconds; second += 10 {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%d s</text>`+"\n", x(float64(second)), height-bottom+18, second)
	}
	bar := func(second, from, to int, colour string) {
		if to > from {
			fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n",
				x(float64(second)), y(float64(to)), x(1)-x(0)-0.6, y(float64(from))-y(float64(to)), colour)
		}
	}
	for second, all := range c.EachRequests {
		n, admitted := int(all), int(all-c.EachRefused[second])
		bar(second, 0, admitted, "#4a7fb5")
		bar(second, admitted, n, "#c0392b")
	}
	fmt.Fprintf(&b, `<path d="M%.1f %.1fH%.1fV%.1fH%.1fV%.1fH%.1f" fill="none" stroke="#222" stroke-width="2"/>`+"\n",
		x(0), y(40), x(20), y(20), x(60), y(40), x(float64(seconds)))
	for i, key := range [][2]string{{"#4a7fb5", "served each second"}, {"#c0392b", "refused"}, {"#222", "what the server can take"}} {
		fmt.Fprintf(&b, `<rect x="%d" y="8" width="12" height="12" fill="%s"/><text x="%d" y="18">%s</text>`+"\n", left+i*170, key[0], left+i*170+18, key[1])
	}
	return b.String() + "</svg>\n"
}
