package jsonx_test

import (
	"testing"

	"example.com/fetch/internal/jsonx"
)

func TestHasLoneSurrogate(t *testing.T) {
	for json, want := range map[string]bool{
		``: false, `"a"`: false, `"\u00e9\n"`: false, `"\ud83d\ude00"`: false, `"\uD83D\uDE00x"`: false, `"\\ud800"`: false, `"\\\\ud800"`: false, `"\ufffd"`: false,
		`"\ud800"`: true, `"\udc00"`: true, `{"k\uDFFF":1}`: true, `"\ud83d\ud83d\ude00"`: true, `"\ude00\ud83d"`: true, `"\ud83dx"`: true, `"\\\ud800"`: true,
		`"\ud83d\u0041"`: true, `["\ud83d\ude00","\ud800"]`: true, `"\ud83d\n"`: true,
	} {
		if got := jsonx.HasLoneSurrogate([]byte(json)); got != want {
			t.Errorf("%s: %t", json, got)
		}
	}
}
