package credential

import (
	"errors"
	"strings"
)

// UserAgent appends a contact address to a User-Agent: "fetch/1.0 (+mailto:me@example.org)". An empty contact
// changes nothing.
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
