package credential

import (
	"errors"
	"strings"
)

// UserAgent appends to a User-Agent whom to write to: "fetch/1.0 (+mailto:me@example.org)". An empty contact leaves it as
// it is.
func UserAgent(agent, contact string) (string, error) {
	contact = strings.TrimPrefix(contact, "mailto:")
	if contact == "" {
		return agent, nil
	}
	name, host, ok := strings.Cut(contact, "@")
	if !ok || name == "" || host == "" || strings.Contains(host, "@") || !isVisible(contact) || strings.ContainsAny(contact, `()<>[]\",;:`) {
		return "", errors.New("write one mail address, such as me@example.org, in ASCII and without spaces, brackets or quotes")
	}
	return strings.TrimSpace(agent + " (+mailto:" + contact + ")"), nil
}
