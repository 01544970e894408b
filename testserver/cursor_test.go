package testserver

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

type cursorPage struct {
	Items        []struct{ ID int }
	Next, Cursor *string
}

func askCursor(t *testing.T, h *Handler, target string) cursorPage {
	t.Helper()
	var p cursorPage
	resp := ask(t, h, "GET", target)
	if err := json.Unmarshal([]byte(text(t, resp)), &p); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s: %s, %v", target, resp.Status, err)
	}
	return p
}

func TestCursorsEnd(t *testing.T) {
	h, target, seen := quick(), "/cursor?pages=3&size=2", 0
	for pages := 0; ; pages++ {
		p := askCursor(t, h, target)
		for _, item := range p.Items {
			if seen++; item.ID != seen {
				t.Fatalf("item %d after %d", item.ID, seen-1)
			}
		}
		if p.Next == nil {
			if p.Cursor != nil || pages != 2 {
				t.Errorf("the end after %d pages, with cursor %v", pages, p.Cursor)
			}
			break
		}
		byToken := askCursor(t, h, "/cursor?pages=3&size=2&after="+url.QueryEscape(*p.Cursor))
		if byURL := askCursor(t, h, *p.Next); byURL.Items[0] != byToken.Items[0] {
			t.Error("next and cursor lead to different pages")
		}
		if !strings.Contains(*p.Cursor, "+") || !strings.Contains(*p.Cursor, "/") {
			t.Errorf("%q need not be encoded", *p.Cursor)
		}
		forged := base64.StdEncoding.EncodeToString([]byte("\xfb\xef\xff2.x"))
		for _, wrong := range []string{*p.Cursor, url.QueryEscape(forged), url.QueryEscape(*p.Cursor + "x"), url.QueryEscape(h.cursorTo(4)), "1"} {
			if resp := ask(t, h, "GET", "/cursor?pages=3&after="+wrong); resp.StatusCode != 400 {
				t.Errorf("?after=%s: %s", wrong, resp.Status)
			}
		}
		target = *p.Next
	}
	if seen != 6 {
		t.Errorf("%d items, want 6", seen)
	}
	if p := askCursor(t, h, "/cursor?pages=1"); p.Next != nil || len(p.Items) != 10 {
		t.Errorf("%+v", p)
	}
}

func TestCursorsLoop(t *testing.T) {
	h, target, visited := quick(), "/cursor?pages=3&loop=1", map[string]int{}
	for range 7 {
		visited[target]++
		target = *askCursor(t, h, target).Next
	}
	if len(visited) != 3 || visited["/cursor?pages=3&loop=1"] != 1 {
		t.Errorf("%v", visited)
	}
}
