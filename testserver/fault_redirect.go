package testserver

import (
	"net/http"
	"net/url"
)

// redirectFaults lead to where a client should not go, or should not take everything along.
func redirectFaults() []Fault {
	from := func(name, about string, location func(*http.Request) string) Fault {
		return Fault{name, about, func(w http.ResponseWriter, r *http.Request) { sendTo(w, location(r), http.StatusFound) }}
	}
	to := func(name, about, location string) Fault {
		return from(name, about, func(*http.Request) string { return location })
	}
	return []Fault{
		to("redirect-host", "leads to another host, whose /echo tells what it was sent", "http://other.test/echo"),
		from("redirect-port", "leads to another port of the same host", func(r *http.Request) string {
			return "http://" + hostname(r.Host) + ":8081/echo"
		}),
		from("redirect-back", "leads to another host, and from there back", func(r *http.Request) string {
			return "http://other.test/redirect-to?url=" + url.QueryEscape("http://"+r.Host+"/echo")
		}),
		to("redirect-userinfo", "leads to another host, with a name and a password of the server's choice", "http://name:password@other.test/echo"),
		to("redirect-name", "leads to a name with a path that leads upwards", "/fault/ok/..%2f..%2f..%2fetc%2fpasswd"),
		to("redirect-backslash", "leads to a name with a path as Windows writes it", "/fault/ok/..%5c..%5cx"),
		to("redirect-loop", "leads to itself", "/fault/redirect-loop"),
		to("redirect-file", "leads to a file", "file:///etc/passwd"),
		to("redirect-script", "leads to a script", "javascript:alert(1)"),
		// Both stay on the machine, for clients that follow them.
		to("redirect-private", "leads to the machine of the client", "http://127.0.0.1:1/"),
		to("redirect-mapped", "leads to the machine of the client, by an IPv4 address within IPv6", "http://[::ffff:127.0.0.1]:1/"),
		to("redirect-bad", "leads to what is no URL", "http://[::1"),
		to("redirect-escapes", "leads to a URL with control characters", "http://other.test/echo/\x1b[31mred"),
		to("redirect-c1", "leads to a URL with C1 and bidi characters", "http://other.test/echo/\u009b31m\u202egpj.exe"),
		to("redirect-lines", "leads to a URL with encoded line ends", "/echo?a=%0d%0aX-Evil:%201"),
		{"redirect-nowhere", "leads nowhere: 302 without a Location", func(w http.ResponseWriter, _ *http.Request) {
			answerStatus(w, http.StatusFound, "{}")
		}},
	}
}
