package format

import (
	"bytes"
	"strings"
)

// effect is what becomes of an option of aria2.
type effect uint8

const (
	passedOver    effect = iota // it says how to download, or where to put it: ours to decide
	carriedOut                  // it becomes part of the request
	refused                     // without it something else would be fetched, or from another place
	refusedIfTrue               // the same, if it is switched on
)

// optionEffects are the options that aria2c(1), "Input File", allows there. Those of BitTorrent, Metalink, FTP and SFTP
// say nothing of an HTTP download.
var optionEffects = func() map[string]effect {
	effects := map[string]effect{}
	for e, names := range map[effect]string{
		carriedOut: "out header referer user-agent http-no-cache",
		refused: "all-proxy all-proxy-passwd all-proxy-user checksum http-passwd http-proxy http-proxy-passwd http-proxy-user http-user " +
			"https-proxy https-proxy-passwd https-proxy-user",
		refusedIfTrue: "conditional-get dry-run hash-check-only parameterized-uri pause use-head",
		passedOver: "allow-overwrite allow-piece-length-change always-resume async-dns auto-file-renaming connect-timeout " +
			"content-disposition-default-utf8 continue dir enable-http-keep-alive enable-http-pipelining enable-mmap " +
			"enable-peer-exchange file-allocation follow-metalink follow-torrent force-save gid http-accept-gzip http-auth-challenge " +
			"index-out lowest-speed-limit max-connection-per-server max-download-limit max-file-not-found max-mmap-limit " +
			"max-resume-failure-tries max-tries max-upload-limit min-split-size no-file-allocation-limit no-netrc no-proxy " +
			"no-want-digest-header pause-metadata piece-length proxy-method realtime-chunk-checksum remote-time " +
			"remove-control-file retry-wait reuse-uri rpc-save-upload-metadata seed-ratio seed-time select-file split " +
			"stream-piece-selector timeout uri-selector save-not-found " +
			"bt-enable-hook-after-hash-check bt-enable-lpd bt-exclude-tracker bt-external-ip bt-force-encryption bt-hash-check-seed " +
			"bt-load-saved-metadata bt-max-peers bt-metadata-only bt-min-crypto-level bt-prioritize-piece bt-remove-unselected-file " +
			"bt-request-peer-speed-limit bt-require-crypto bt-save-metadata bt-seed-unverified bt-stop-timeout bt-tracker " +
			"bt-tracker-connect-timeout bt-tracker-interval bt-tracker-timeout " +
			"ftp-passwd ftp-pasv ftp-proxy ftp-proxy-passwd ftp-proxy-user ftp-reuse-connection ftp-type ftp-user ssh-host-key-md " +
			"metalink-base-uri metalink-enable-unique-protocol metalink-language metalink-location metalink-os " +
			"metalink-preferred-protocol metalink-version",
	} {
		for name := range strings.FieldsSeq(names) {
			effects[name] = e
		}
	}
	return effects
}()

// isOption reports whether a line looks like an option of aria2: a name that it knows, and =.
func isOption(line []byte) bool {
	name, _, ok := bytes.Cut(bytes.TrimLeft(line, " \t"), []byte("="))
	_, known := optionEffects[string(name)]
	return ok && known
}
