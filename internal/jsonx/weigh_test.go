package jsonx

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Weigh reads what Any reads, and fails where it does.
func TestWeighIsAsAny(t *testing.T) {
	alphabet := []string{"{", "}", "[", "]", `"a"`, `"\n"`, `"`, ":", ",", "1", "-0.5e3", "01", "true", "null", "nul", " ", `\`, strings.Repeat("9", maxDigits+1)}
	r := rand.New(rand.NewPCG(1, 2))
	good := 0
	for range 100_000 {
		var text strings.Builder
		for range 1 + r.IntN(7) {
			text.WriteString(alphabet[r.IntN(len(alphabet)-r.IntN(2))])
		}
		one, other := NewReader([]byte(text.String())), NewReader([]byte(text.String()))
		one.Any()
		other.Weigh()
		if want, got := one.End(), other.End(); fmt.Sprint(want) != fmt.Sprint(got) {
			t.Fatalf("%.100s: %v instead of %v", text.String(), got, want)
		} else if got == nil {
			good++
		}
	}
	if good < 1000 {
		t.Errorf("%d texts were JSON", good)
	}
}
