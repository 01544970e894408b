package testserver

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/fetch/internal/bubble"
)

const pugPath = "/pubchem/rest/pug/compound/"

func TestPubChemAnswers(t *testing.T) {
	for _, c := range []struct {
		path   string
		status int
		body   string
	}{
		{"name/ethanol/property/MolecularFormula,MolecularWeight/JSON", 200,
			`{"PropertyTable":{"Properties":[{"CID":702,"MolecularFormula":"C2H6O","MolecularWeight":"46.07"}]}}` + "\n"},
		{"name/acetic%20acid/property/IUPACName/TXT", 200, "acetic acid\n"},
		{"name/aspirin/cids/JSON", 200, `{"IdentifierList":{"CID":[2244]}}` + "\n"},
		{"name/aspirin/cids/TXT", 200, "2244\n"},
		{"name/property/Title/TXT?name=" + url.QueryEscape("(+/-)-limonene"), 200, "limonene\n"},
		{"cid/962,702/property/MolecularWeight,IUPACName/CSV", 200, "\"CID\",\"MolecularWeight\",\"IUPACName\"\n962,\"18.015\",\"oxidane\"\n702,\"46.07\",\"ethanol\"\n"},
		{"cid/702,999999999/cids/TXT", 200, "702\n"},
		{"name/N,N-dimethylformamide/cids/TXT", 200, "6228\n"},
		{"name/" + url.PathEscape("α-pinene") + "/property/MolecularFormula/TXT", 200, "C10H16\n"},
		{"name/unobtainium/cids/JSON", 404,
			`{"Fault":{"Code":"PUGREST.NotFound","Message":"No CID found","Details":["No CID found that matches the given name"]}}`},
		{"cid/999999999/cids/JSON", 404, ""},
		{"cid/x/cids/JSON", 400, ""},
		{"name/a/b/cids/JSON", 400, ""},
		{"name/(+%2F-)-limonene/cids/JSON", 400, ""},
		{"name/cids/JSON", 400, ""},
		{"name/ethanol/property/Colour/JSON", 400, `{"Fault":{"Code":"PUGREST.BadRequest","Message":"Invalid property","Details":["Colour"]}}`},
		{"name/ethanol/property/Title,IUPACName/TXT", 400, ""},
		{"name/ethanol/cids/YAML", 400, ""},
		{"name/ethanol/cids/ASNT", 501, ""},
		{"sourceid/CCO/cids/TXT", 501, ""},
		{"name", 400, ""},
	} {
		resp := ask(t, quick(), "GET", pugPath+c.path)
		body := text(t, resp)
		if resp.StatusCode != c.status || (c.body != "" && body != c.body) {
			t.Errorf("%s: %d %q, want %d %q", c.path, resp.StatusCode, body, c.status, c.body)
		}
		if h := resp.Header.Get("X-Throttling-Control"); h != "Request Count status: Green (0%), Request Time status: Green (0%), Service status: Green (0%)" {
			t.Errorf("%s: X-Throttling-Control: %q", c.path, h)
		}
	}
	resp := askBody(t, quick(), "POST", pugPath+"name/cids/TXT", "name=%28%2B%2F-%29-limonene", "Content-Type: application/x-www-form-urlencoded")
	if body := text(t, resp); body != "22311\n" {
		t.Errorf("a form: %d %q", resp.StatusCode, body)
	}
	if resp := ask(t, quick(), "PUT", pugPath+"name/water/cids/TXT"); resp.StatusCode != 405 {
		t.Error("PUT:", resp.StatusCode)
	}
}

func TestPubChemIsSlow(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		waits := map[time.Duration]bool{}
		for range 2 {
			h := New(Options{Seed: 5})
			for _, name := range []string{"water", "ethanol", "hexane"} {
				start := time.Now()
				ask(t, h, "GET", pugPath+"name/"+name+"/cids/TXT")
				if d := time.Since(start); d < 100*time.Millisecond || d > 300*time.Millisecond {
					t.Error(d)
				} else {
					waits[d] = true
				}
			}
		}
		if len(waits) != 3 {
			t.Errorf("two servers of one seed and three paths gave %d different waits", len(waits))
		}
	})
}

// limitAsk asks once and gives what matters of the answer, as "503 30".
func limitAsk(t *testing.T, h *Handler, client string) (verdict, throttle string) {
	t.Helper()
	resp := ask(t, h, "GET", pugPath+"name/water/cids/TXT", "X-Client: "+client)
	if resp.StatusCode == 200 {
		return "200", resp.Header.Get("X-Throttling-Control")
	}
	return "503 " + resp.Header.Get("Retry-After"), resp.Header.Get("X-Throttling-Control")
}

func TestLimiterRefusesTheSixthInASecond(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		h := quick()
		expect := func(client, want string) {
			t.Helper()
			if got, _ := limitAsk(t, h, client); got != want {
				t.Errorf("at %v: %s, want %s", time.Since(h.truth.began), got, want)
			}
		}
		for range 5 {
			expect("a", "200")
		}
		expect("a", "503 1")
		expect("b", "200") // another client has its own limit
		sleep(t.Context(), time.Second-1)
		expect("a", "503 1") // 6 in the second before, this one included
		sleep(t.Context(), time.Second)
		for range 60 { // a steady five a second
			expect("a", "200")
			sleep(t.Context(), 200*time.Millisecond)
		}
	})
}

func TestLimiterBlocksAfterTwentyRefusals(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		h := quick()
		count := map[string]int{}
		for range 25 {
			got, throttle := limitAsk(t, h, "a")
			count[got]++
			if strings.Contains(throttle, "blacklisted") {
				t.Error("blacklisted too early:", throttle)
			}
		}
		if count["200"] != 5 || count["503 1"] != 20 {
			t.Error(count)
		}
		for _, after := range []time.Duration{0, 29 * time.Second} { // the 21st refusal blocks, for 30 s
			sleep(t.Context(), after)
			got, throttle := limitAsk(t, h, "a")
			if got != "503 30" || !strings.HasSuffix(throttle, ", too many requests per second or blacklisted") || strings.Count(throttle, "Green") != 3 {
				t.Errorf("after %v: %s %q", after, got, throttle)
			}
		}
		if got, _ := limitAsk(t, h, "b"); got != "200" {
			t.Error("another client is blocked:", got)
		}
		sleep(t.Context(), time.Second)
		for i := range 6 { // free again, and a refusal is only a refusal
			if got, _ := limitAsk(t, h, "a"); got != map[bool]string{true: "200", false: "503 1"}[i < 5] {
				t.Errorf("request %d after the block: %s", i, got)
			}
		}
	})
}

func TestLimiterCanBeSwitchedOff(t *testing.T) {
	h := New(Options{PubChemDelay: Delay{Max: -1}, PubChemFree: true})
	var got, throttle string
	for range 500 {
		if got, throttle = limitAsk(t, h, "a"); got != "200" {
			t.Fatal(got)
		}
	}
	if !strings.HasPrefix(throttle, "Request Count status: Black") {
		t.Error(throttle)
	}
}

// Twenty-one refusals block if they fall into a minute, and not if they are spread over more.
func TestLimiterForgetsRefusals(t *testing.T) {
	for gap, want := range map[time.Duration]string{3 * time.Second: "503 1", 3*time.Second - 1: "503 30"} {
		bubble.Test(t, func(t *testing.T) {
			h := quick()
			var got string
			for range 21 {
				for range 6 {
					got, _ = limitAsk(t, h, "a")
				}
				sleep(t.Context(), gap)
			}
			if got != want {
				t.Errorf("the 21st refusal, one every %v: %s, want %s", gap, got, want)
			}
		})
	}
}

func TestThrottlingColours(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		h := New(Options{PubChemDelay: Delay{Max: 200 * time.Millisecond, Min: 200 * time.Millisecond}})
		var throttle string
		for range 305 { // five a second; the last minute is 59 whole seconds and one that has just begun: 295 of 400
			_, throttle = limitAsk(t, h, "a")
		}
		if want := "Request Count status: Yellow (73%), Request Time status: Green (19%), Service status: Green (0%)"; throttle != want {
			t.Errorf("%q, want %q", throttle, want)
		}
		sleep(t.Context(), time.Minute)
		if _, throttle = limitAsk(t, h, "a"); !strings.HasPrefix(throttle, "Request Count status: Green (0%)") {
			t.Errorf("a minute later: %q", throttle)
		}
	})
	for percent, want := range map[int]string{49: "Green (49%)", 50: "Yellow (50%)", 76: "Red (76%)", 101: "Black (101%)"} {
		if got := colour(percent); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
