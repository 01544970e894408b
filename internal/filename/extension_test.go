package filename

import (
	"strings"
	"testing"
)

func TestEveryTypeHasAUsualExtension(t *testing.T) {
	for media, e := range byType {
		if usual[e] == "" || strings.ToLower(media) != media {
			t.Errorf("%s: %s is not among the usual ones, by which equal names are told apart", media, e)
		}
	}
	for _, e := range []string{".bin", ".json", ".xml", ".zip", ".txt"} {
		if usual[e] == "" {
			t.Error(e)
		}
	}
}
