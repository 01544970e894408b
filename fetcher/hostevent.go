package fetcher

import (
	"time"

	"example.com/fetch/internal/sched"
)

// HostEvent is a change in what a host is allowed, or in what it does. See Fetcher.Event.
type HostEvent struct {
	At   time.Duration // since the first use of the Fetcher
	Host string        // "hostname:port", lower case
	What string        // one of the Event constants, which say what From and To are
	From float64
	To   float64
	Why  string // for people, in words of ours: "3 × 503, Yellow", "429", "it responds again"; may be empty
}

// What a HostEvent tells.
const (
	// EventPace says that the host is sent To hops a second, and was sent From; 0 means as many as the Limits allow.
	EventPace = sched.EventPace
	// EventSlots says that To hops may be in flight to the host, and before it was From; 0 means as many as the Limits allow.
	EventSlots = sched.EventSlots
	// EventPause says that the host is sent nothing for To seconds. From is 0.
	EventPause = sched.EventPause
	// EventDown says that the host has been given up: its requests fail at once. From and To are 0.
	EventDown = sched.EventDown
	// EventUp says that a host that had been given up responds again. From and To are 0.
	EventUp = sched.EventUp
	// EventQuota says that the host states a limit of To requests in From seconds; a From of 0 means that it does not say in
	// what time.
	EventQuota = sched.EventQuota
	// EventLost says that To changes just before this one, of this host and of others, are not told, since Fetcher.Event takes
	// its time. From is 0.
	EventLost = "lost"
)
