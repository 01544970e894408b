package format

import (
	"bytes"
	"io"
	"strings"
)

// aria2 is the decoder of input files of aria2, the download tool: a line of URIs, separated by tabs, which all lead
// to the same file, and below it indented options of the form name=value. The first http or https URI is used. Lines
// that begin with # are comments.
type aria2 struct {
	lineEntry
	failed bool // options are skipped, up to the next URIs
}

func (a *aria2) next() error {
	for begun := false; ; {
		text, err := a.read(lineEach)
		switch {
		case err == io.EOF && begun:
			return nil
		case err != nil, isNothing(text):
		case isIndented(text) && begun:
			err = a.option(bytes.TrimSpace(text))
		case isIndented(text) && !a.failed:
			err = BadLine("an option precedes the first URL", "write it below the URL that it is for")
		case isIndented(text):
		case begun:
			a.reader.Unread()
			return nil
		default:
			a.failed, begun = false, true
			err = a.setURIs(text)
		}
		if err != nil {
			a.failed = true
			return err
		}
	}
}

// setURIs sets the first of the URIs that can be fetched.
func (a *aria2) setURIs(text []byte) error {
	for uri := range bytes.SplitSeq(text, []byte("\t")) {
		if at, _ := FindScheme(bytes.TrimSpace(uri)); at == 0 {
			return a.setURL(uri)
		}
	}
	return noScheme(bytes.TrimSpace(text))
}

// isNothing reports whether a line is blank or a comment.
func isNothing(line []byte) bool {
	return len(bytes.TrimSpace(line)) == 0 || line[0] == '#'
}

// option processes one option of an entry.
func (a *aria2) option(text []byte) error {
	name, value, ok := strings.Cut(string(text), "=")
	name = strings.TrimSpace(name)
	if !ok {
		return BadLine("an option without =", "write it as name=value")
	}
	effect, known := optionEffects[name]
	switch {
	case !known:
		return unknownOption(name)
	case effect == passedOver, effect == refusedIfTrue && value == "false":
		return nil
	case name == "out":
		return a.setName(value)
	case name == "header":
		field, content, ok := strings.Cut(value, ":")
		if !ok {
			return BadLine("the header has no colon", "write header=Name: value")
		}
		return a.addHeader(field, content)
	case name == "user-agent":
		return a.addHeader("User-Agent", value)
	case name == "referer" && value != "*":
		return a.addHeader("Referer", value)
	case name == "http-no-cache":
		if value != "true" {
			return nil
		}
		a.addHeader("Cache-Control", "no-cache")
		return a.addHeader("Pragma", "no-cache")
	}
	return BadLine("the option "+name+" changes what is fetched, and is not supported",
		"remove it, "+insteadOf(name))
}

// unknownOption returns the error of an unknown option, which is named if it looks like one.
func unknownOption(name string) *LineError {
	if name == "" || len(name) > maxText || strings.Trim(name, letters+"-") != "" {
		name = "the text before ="
	}
	return BadLine(name+" is not an option of aria2's input files", "remove the line, or write it as aria2 does")
}

// insteadOf says what to use instead of an option that is refused.
func insteadOf(name string) string {
	switch {
	case strings.HasSuffix(name, "user"), strings.HasSuffix(name, "passwd"):
		return "and use -u or --netrc"
	case strings.HasSuffix(name, "proxy"):
		return "and use -x"
	case name == "referer":
		return "or write the URL itself"
	case name == "parameterized-uri":
		return "and use --set"
	}
	return "or do without it"
}

// effect is how an option of aria2 is treated.
type effect uint8

const (
	passedOver    effect = iota // it concerns how to download, or where to: fetch has its own settings
	meant                       // it affects the request, so it is applied or refused
	refusedIfTrue               // the same, if it is true
)

// optionEffects are the options that aria2c(1), "Input File", allows. Those of BitTorrent, Metalink, FTP and SFTP do
// not affect HTTP downloads.
var optionEffects = func() map[string]effect {
	effects := map[string]effect{}
	for e, names := range map[effect]string{
		meant: "out header referer user-agent http-no-cache all-proxy all-proxy-passwd all-proxy-user checksum http-passwd http-proxy http-proxy-passwd http-proxy-user http-user " +
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

// isOption reports whether a line looks like an option of aria2: a known name, followed by =.
func isOption(line []byte) bool {
	name, _, ok := bytes.Cut(bytes.TrimLeft(line, " \t"), []byte("="))
	_, known := optionEffects[string(name)]
	return ok && known
}
