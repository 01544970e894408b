package record

import (
	"net/url"
	"slices"
	"strings"
)

// The rule for names that look like a credential. A name is taken apart into words, at everything that is no letter
// or digit and where a small letter is followed by a capital: "X-Amz-Signature", "accessToken", "auth[password]".
// It is a credential if
//
//   - one of its words is in credentialWords;
//   - its last word is "key" ("key", "api_key", "subscription-key"), or one is a "key" that follows "access", "api",
//     "private" or "secret" ("AWSAccessKeyId");
//   - one of its words is a token, and not one that only marks a place in a list ("pageToken");
//   - one of its words ends like those that are written without a gap ("apikey", "authtoken", "phpsessid").
//
// So "keyword", "monkey", "author", "max_tokens" and "key_stage" are none. When in doubt the rule masks: a masked value
// that was harmless costs a look into the list, a secret in a file that is passed around costs more.
var (
	credentialWords = []string{
		"assertion", "auth", "authorization", "bearer", "cookie", "credential", "credentials", "hmac", "jwt", "otp",
		"pass", "passcode", "passphrase", "passwd", "password", "pwd", "samlresponse", "secret", "session", "sess", "sid",
		"sig", "signature", "verifier",
	}
	credentialEndings = []string{
		"token", "secret", "password", "passwd", "passphrase", "signature", "credential", "sessid", "sessionid",
		"apikey", "accesskey", "appkey", "authkey", "privatekey", "secretkey", "sessionkey", "subscriptionkey",
	}
	keyKinds = []string{"access", "api", "private", "secret"} // before "key"
	places   = []string{"page", "next", "prev", "previous", "continuation", "cursor", "nextpage"}
)

// IsCredential says whether a query key, form field of this name looks like it holds a credential.
func IsCredential(name string) bool {
	var space [8]string
	words := words(name, space[:0])
	for i, w := range words {
		before := ""
		if i > 0 {
			before = words[i-1]
		}
		switch {
		case w == "key":
			if i == len(words)-1 || slices.Contains(keyKinds, before) {
				return true
			}
		case w == "token":
			if !slices.Contains(places, before) {
				return true
			}
		case slices.Contains(credentialWords, w) || endsLikeCredential(w):
			return true
		}
	}
	return false
}

// ambiguous are words that are credentials in a query, and most often data in a table: a column "key" or "sid" holds what
// rows are known by.
var ambiguous = []string{"key", "sid", "pass", "session", "sess", "sig", "signature", "auth"}

// IsCredentialColumn says whether a column of a table of this name looks like it holds credentials. It is IsCredential
// with less suspicion: of a column that is masked by mistake the user has lost his data. "key", "area_key" and "session"
// are none; "api_key", "password" and "access token" are.
func IsCredentialColumn(name string) bool {
	if !IsCredential(name) {
		return false
	}
	words := words(name, nil)
	last := len(words) - 1
	if words[last] == "key" && (last == 0 || !slices.Contains(keyKinds, words[last-1])) {
		return last > 0 && IsCredential(strings.Join(words[:last], " "))
	}
	return last > 0 || !slices.Contains(ambiguous, words[0])
}

func endsLikeCredential(word string) bool {
	for _, e := range credentialEndings {
		if stem, ok := strings.CutSuffix(word, e); ok && !slices.Contains(places, stem) {
			return true
		}
	}
	return false
}

// IsCredentialHeader says whether a header field of this name holds, or looks like it holds, a credential:
// Authorization, Proxy-Authorization, Cookie, and whatever has a word that IsCredential knows, or "key" anywhere.
func IsCredentialHeader(name string) bool {
	switch name {
	case "Accept", "Accept-Encoding", "Content-Type", "Host", "User-Agent": // the usual ones need no search
		return false
	case "Authorization", "Proxy-Authorization", "Cookie":
		return true
	}
	return !strings.EqualFold(name, "Idempotency-Key") && (IsCredential(name) || slices.Contains(words(name, nil), "key"))
}

// words takes a name apart, in small letters, and appends the words to all.
func words(name string, all []string) []string {
	if strings.ContainsAny(name, "%+") {
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
	}
	start := 0
	for i := 0; i <= len(name); i++ {
		end := i == len(name) || !isWordByte(name[i])
		if !end && !startsWord(name, i) {
			continue
		}
		if i > start {
			all = append(all, strings.ToLower(name[start:i]))
		}
		start = i
		if end {
			start++
		}
	}
	return all
}

// startsWord says whether a capital begins a word: the T of "accessToken", the K of "APIKey".
func startsWord(name string, i int) bool {
	return i > 0 && isUpper(name[i]) && (!isUpper(name[i-1]) || i+1 < len(name) && isLower(name[i+1]))
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isWordByte counts every byte of a letter beyond ASCII in.
func isWordByte(c byte) bool { return isUpper(c) || isLower(c) || isDigit(c) || c >= 0x80 }
