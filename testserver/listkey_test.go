package testserver

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/fetch/internal/bubble"
)

// listKeyOf asks for a search and gives its key.
func listKeyOf(t *testing.T, h *Handler, path string) string {
	t.Helper()
	resp := ask(t, h, "GET", pugPath+path, "X-Client: "+path)
	var body struct{ Waiting struct{ ListKey string } }
	if err := json.Unmarshal([]byte(text(t, resp)), &body); err != nil || resp.StatusCode != 202 {
		t.Fatalf("%s: %s, %v", path, resp.Status, err)
	}
	return body.Waiting.ListKey
}

func TestFormulaSearchIsPolled(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		h := quick()
		for _, c := range []struct {
			formula, ready string
			wait           time.Duration
			status         int
			body           string
		}{
			{"C2H6O", "", time.Second, 200, `{"IdentifierList":{"CID":[702,8254]}}` + "\n"},
			{"OH6C2", "?ready=3s", 3 * time.Second, 200, `{"IdentifierList":{"CID":[702,8254]}}` + "\n"},
			{"C60", "?ready=0", 0, 404, `{"Fault":{"Code":"PUGREST.NotFound","Message":"No CID found","Details":["No CID found that matches the given formula"]}}`},
		} {
			key := listKeyOf(t, h, "formula/"+c.formula+"/cids/JSON"+c.ready)
			start := time.Now()
			for {
				resp := ask(t, h, "GET", pugPath+"listkey/"+key+"/cids/JSON")
				body := text(t, resp)
				if resp.StatusCode == 202 && body == `{"Waiting":{"ListKey":"`+key+`"}}` {
					sleep(t.Context(), 250*time.Millisecond)
					continue
				}
				if resp.StatusCode != c.status || body != c.body || time.Since(start) != c.wait {
					t.Errorf("%s: %d %s after %v, want %d %s after %v", c.formula, resp.StatusCode, body, time.Since(start), c.status, c.body, c.wait)
				}
				break
			}
			sleep(t.Context(), time.Second) // past the limiter
		}
	})
}

func TestListKeys(t *testing.T) {
	h := quick()
	a, b := listKeyOf(t, h, "formula/H2O/cids/JSON?ready=0"), listKeyOf(t, h, "formula/H2O/cids/JSON?ready=0")
	if again := listKeyOf(t, quick(), "formula/H2O/cids/JSON?ready=0"); a == b || again != a {
		t.Errorf("keys %s, %s; of another server with the same seed %s", a, b, again)
	}
	n, err := strconv.ParseInt(a, 10, 64)
	if err != nil || int64(float64(n)) == n {
		t.Errorf("%s: no 64-bit integer that a float would change", a)
	}
	if got := text(t, ask(t, h, "GET", pugPath+"listkey/"+a+"/property/Title,MolecularWeight/CSV")); got != "\"CID\",\"Title\",\"MolecularWeight\"\n962,\"water\",\"18.015\"\n" {
		t.Error(got)
	}
	h.reset()
	for path, want := range map[string]int{
		"listkey/" + a + "/cids/JSON": 404, "listkey/1/cids/JSON": 404, "formula/Xy2/cids/JSON": 400, "formula/H99999999999999999999/cids/JSON": 400,
		"formula/H2O/cids/JSON?ready=x": 400, "fastformula/H2O/cids/TXT": 200, "fastformula/C60/cids/TXT": 404,
	} {
		if resp := ask(t, h, "GET", pugPath+path, "X-Client: "+path); resp.StatusCode != want {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
	resp := askBody(t, h, "POST", pugPath+"formula/cids/JSON", "formula=H2O", "Content-Type: application/x-www-form-urlencoded", "X-Client: form")
	if resp.StatusCode != 202 || !strings.Contains(text(t, resp), "Waiting") {
		t.Error(resp.Status)
	}
}

// More than 400 requests in a minute, or 300 s of running time, are refused until they are a minute old.
func TestLimiterCountsMinutes(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		h := New(Options{PubChemDelay: Delay{Max: -1}})
		for range 405 { // all at once: most are refused, and counted
			limitAsk(t, h, "a")
		}
		sleep(t.Context(), blockFor)
		if got, throttle := limitAsk(t, h, "a"); got != "503 1" || !strings.HasPrefix(throttle, "Request Count status: Black (101%)") {
			t.Errorf("%s %q", got, throttle)
		}
		sleep(t.Context(), time.Minute)
		if got, _ := limitAsk(t, h, "a"); got != "200" {
			t.Error("a minute later:", got)
		}
	})
	bubble.Test(t, func(t *testing.T) {
		h := New(Options{PubChemDelay: Delay{30 * time.Second, 30 * time.Second}})
		for i := range 11 {
			go limitAsk(t, h, "a")
			if i%5 == 4 {
				sleep(t.Context(), time.Second)
			}
		}
		sleep(t.Context(), 31*time.Second)
		if got, throttle := limitAsk(t, h, "a"); got != "503 1" || !strings.Contains(throttle, "Request Time status: Black (110%)") {
			t.Errorf("%s %q", got, throttle)
		}
		synctest.Wait()
	})
}
