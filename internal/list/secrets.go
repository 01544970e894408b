package list

import (
	"maps"

	"example.com/fetch/fetcher"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/web"
)

// credentials are those of the entries for each host, if all entries that have any have the same; nil: they differ.
type credentials map[string]*string

// maxHosts is the number of hosts for which they are compared. For further hosts they count as different.
const maxHosts = 10_000

func (c credentials) add(host, own string) {
	all, known := c[host]
	switch {
	case own == "":
	case !known && len(c) < maxHosts:
		c[host] = &own
	case known && all != nil && *all != own:
		c[host] = nil
	}
}

// Credentials returns for each host a keyed digest of the credentials that all entries for it have in common,
// ignoring entries without any; nothing for a host where they differ, or whose entries come from a stream. They do
// not affect the ids of requests. The result of an earlier part of the run applies as long as there is nothing new.
func (l *List) Credentials() map[string]string {
	all := maps.Clone(l.options.Common)
	for host := range l.own {
		if own := l.commonTo(host); own != nil {
			if all == nil {
				all = map[string]string{}
			}
			all[host] = l.options.Secrets.Digest(*own)
		}
	}
	return all
}

// commonTo returns the credentials that the entries for a host have in common; nil: there are none.
func (l *List) commonTo(host string) *string {
	if _, before := l.options.Common[host]; l.options.Common != nil && !before || !l.known && l.filled == nil {
		return nil
	}
	return l.own[host]
}

// isCommon reports whether the credentials of an entry for a host are common to all, now or in an earlier part of the
// run.
func (l *List) isCommon(host, own string) bool {
	if own == "" {
		return false
	}
	if l.commonTo(host) != nil {
		return true
	}
	before := l.options.Common[host]
	return before != "" && l.options.Secrets.Digest(own) == before
}

// settle gives a request whose credentials are common an origin that says so.
func (l *List) settle(req *fetcher.Request) {
	if len(l.own)+len(l.options.Common) == 0 {
		return
	}
	if own := secret.Of(req).Credentials(); own != "" && l.isCommon(web.HostOf(req.URL), own) {
		req.Tag = secret.OriginOf(req).Common()
	}
}
