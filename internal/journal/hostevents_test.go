package journal

import (
	"context"
	"iter"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/fetch/internal/record"
)

func hostEvent(second int, change string) record.HostEvent {
	return record.HostEvent{At: record.Micros(second) * 1e6, Host: "h.test:80", Change: change, From: 5, To: 2.5, Why: "3 × 503, Yellow"}
}

func eventsOf(t *testing.T, all iter.Seq2[record.HostEvent, error]) (events []record.HostEvent) {
	t.Helper()
	for e, err := range all {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	return events
}

// What hosts taught stands between the records, on the axis of all parts, and is nothing that resume or a report of the
// results would stumble over.
func TestHostEvents(t *testing.T) {
	first, second := hostEvent(1, "pace"), hostEvent(2, "pause")
	line := func(e record.HostEvent) *Event { return &Event{Event: EventHost, HostEvent: &e} }
	path := write(t, newLeg(0, 3), newRecord(1, 1, 0), line(first), newRecord(2, 1, 1), &End{Wall: 10e6, NotStarted: 1},
		newLeg(10, 3), &Event{Event: EventListEnd, SHA256: "00"}, line(second), newRecord(3, 1, 3), &End{Wall: 4e6})
	j, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	placed := second
	placed.At += 10e6
	if diff := cmp.Diff([]record.HostEvent{first, placed}, eventsOf(t, j.HostEvents(context.Background()))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(eventsOf(t, j.HostEvents(context.Background())), eventsOf(t, Merge([]*Journal{j}).HostEvents(context.Background()))); diff != "" {
		t.Error(diff)
	}
	if n := len(j.Legs[1].Events); n != 1 {
		t.Errorf("%d events in the second part, want the end of the list alone", n)
	}
	records := 0
	for _, err := range j.Records(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		records++
	}
	if records != 3 {
		t.Errorf("%d records, want 3", records)
	}

	// Several journals lie on real time.
	other, err := Open(context.Background(), write(t, newLeg(1, 1), line(first), newRecord(1, 1, 0), &End{Wall: 5e6}))
	if err != nil {
		t.Fatal(err)
	}
	merged := eventsOf(t, Merge([]*Journal{j, other}).HostEvents(context.Background()))
	if at := []record.Micros{merged[0].At, merged[1].At, merged[2].At}; at[0] != 1e6 || at[1] != 602e6 || at[2] != 61e6 {
		t.Errorf("at %v", at)
	}
}

// An event that is damaged is an error that names its line, wherever it is read.
func TestHostEventDamaged(t *testing.T) {
	e := hostEvent(1, "pace")
	path := write(t, newLeg(0, 1), &Event{Event: EventHost, HostEvent: &e}, newRecord(1, 1, 0), &End{Wall: 1e6})
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := strings.Replace(string(data), `"at_ms":1000`, `"at_ms":"x1"`, 1)
	if damaged == string(data) {
		t.Fatal("nothing was damaged")
	}
	if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), path); err == nil || !strings.Contains(err.Error(), ":2") {
		t.Errorf("error %v, want one that names line 2", err)
	}
}
