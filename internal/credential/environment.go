package credential

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// ReadEnv gives the value of an environment variable that holds a secret. Its errors show no value, nor a name that may
// be the secret itself, given in the wrong place.
func ReadEnv(name string) (string, error) {
	shown := "the environment variable " + name
	if !isVariableName(name) {
		shown = "the environment variable named there"
	}
	value, ok := os.LookupEnv(name)
	switch {
	case name == "":
		return "", errors.New("write the name of an environment variable, such as API_TOKEN")
	case !ok && !isVariableName(name):
		return "", errors.New(shown + " is not set; give the name of the variable that holds the secret, not the secret (it is not shown here, in case it is one)")
	case !ok:
		return "", fmt.Errorf("%s is not set; set it with: export %s=…", shown, name)
	case value == "":
		return "", errors.New(shown + " is empty")
	case hasControl(value):
		return "", errors.New(shown + " holds a control character, such as a line end; remove it")
	}
	return value, nil
}

// ParseHeaderEnv reads "X-Api-Key=VARIABLE": the name of a header field, and the environment variable whose value it gets.
func ParseHeaderEnv(text string) (name, value string, err error) {
	name, variable, ok := strings.Cut(text, "=")
	if !ok || !httpguts.ValidHeaderFieldName(name) {
		return "", "", errors.New("write NAME=VARIABLE, such as X-Api-Key=API_KEY: a header, and the environment variable that holds its value")
	}
	if value, err = ReadEnv(variable); err != nil {
		return "", "", fmt.Errorf("for header %s: %w", name, err)
	}
	return name, value, nil
}

// isVariableName reports whether a text is what people call variables: capitals, digits and underscores.
func isVariableName(s string) bool {
	return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}
