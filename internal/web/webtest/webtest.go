// Package webtest has the URLs that every package that knows hosts is tested with, so that all
// agree on what the host of a URL is.
package webtest

// Case is a URL and what is said of it.
type Case struct {
	URL   string
	Host  string // empty: the URL cannot be sent
	Shown string // the host without the scheme's own port
}

// Cases are spellings of hosts. The names in punycode are those that other programs make of them:
// where the tables of Unicode differ, those of the transport count.
var Cases = []Case{
	// names
	{"http://a.test/", "a.test:80", "a.test"},
	{"https://a.test/", "a.test:443", "a.test"},
	{"HTTP://A.Test/", "a.test:80", "a.test"},
	{"HttpS://EXAMPLE.TEST", "example.test:443", "example.test"},
	{"http://localhost", "localhost:80", "localhost"},
	{"http://a_b.test/", "a_b.test:80", "a_b.test"},
	{"http://my--host.test/", "my--host.test:80", "my--host.test"},
	{"http://A.TEST./", "a.test.:80", "a.test."},
	{"http://a.test..//", "a.test..:80", "a.test.."},
	{"http://1.a.test/", "1.a.test:80", "1.a.test"},

	// ports
	{"http://a.test:80/", "a.test:80", "a.test"},
	{"https://a.test:443", "a.test:443", "a.test"},
	{"http://a.test:443/", "a.test:443", "a.test:443"},
	{"https://a.test:80/", "a.test:80", "a.test:80"},
	{"http://A.test:8080", "a.test:8080", "a.test:8080"},
	{"http://a.test:65535/", "a.test:65535", "a.test:65535"},
	{"http://a.test:/", "a.test:80", "a.test"},
	{"https://a.test:?x", "a.test:443", "a.test"},
	{"http://a.test:080/", "a.test:80", "a.test"},
	{"https://A.test:00443/", "a.test:443", "a.test"},

	// punycode
	{"http://bücher.test/", "xn--bcher-kva.test:80", "xn--bcher-kva.test"},
	{"https://BÜCHER.test:8443/", "xn--bcher-kva.test:8443", "xn--bcher-kva.test:8443"},
	{"http://bu\u0308cher.test/", "xn--bcher-kva.test:80", "xn--bcher-kva.test"},
	{"http://xn--bcher-kva.test/", "xn--bcher-kva.test:80", "xn--bcher-kva.test"},
	{"http://XN--BCHER-KVA.test:80/", "xn--bcher-kva.test:80", "xn--bcher-kva.test"},
	{"http://Bücher.test./", "xn--bcher-kva.test.:80", "xn--bcher-kva.test."},
	{"http://b%C3%BCcher.test/", "xn--bcher-kva.test:80", "xn--bcher-kva.test"},
	{"http://B%C3%9CCHER.TEST:81/", "xn--bcher-kva.test:81", "xn--bcher-kva.test:81"},
	{"http://www.bücher.test:80?q", "www.xn--bcher-kva.test:80", "www.xn--bcher-kva.test"},
	{"http://straße.test/", "xn--strae-oqa.test:80", "xn--strae-oqa.test"},
	{"http://STRAẞE.test/", "strasse.test:80", "strasse.test"},
	{"https://例え.テスト/", "xn--r8jz45g.xn--zckzah:443", "xn--r8jz45g.xn--zckzah"},
	{"https://例え。テスト/", "xn--r8jz45g.xn--zckzah:443", "xn--r8jz45g.xn--zckzah"},
	{"http://пример.испытание:8080/", "xn--e1afmkfd.xn--80akhbyknj4f:8080", "xn--e1afmkfd.xn--80akhbyknj4f:8080"},
	{"http://ПРИМЕР.ИСПЫТАНИЕ/", "xn--e1afmkfd.xn--80akhbyknj4f:80", "xn--e1afmkfd.xn--80akhbyknj4f"},
	{"http://مثال.إختبار/", "xn--mgbh0fb.xn--kgbechtv:80", "xn--mgbh0fb.xn--kgbechtv"},
	{"http://παράδειγμα.δοκιμή/", "xn--hxajbheg2az3al.xn--jxalpdlp:80", "xn--hxajbheg2az3al.xn--jxalpdlp"},
	{"http://उदाहरण.परीक्षा/", "xn--p1b6ci4b4b3a.xn--11b5bs3a9aj6g:80", "xn--p1b6ci4b4b3a.xn--11b5bs3a9aj6g"},
	{"http://실례.테스트/", "xn--9n2bp8q.xn--9t4b11yi5a:80", "xn--9n2bp8q.xn--9t4b11yi5a"},
	{"http://💩.test/", "xn--ls8h.test:80", "xn--ls8h.test"},
	{"http://ｅｘａｍｐｌｅ.test/", "example.test:80", "example.test"},
	{"http://\u212Aelvin.test/", "kelvin.test:80", "kelvin.test"},

	// addresses
	{"http://127.0.0.1/", "127.0.0.1:80", "127.0.0.1"},
	{"https://192.0.2.1:8443/", "192.0.2.1:8443", "192.0.2.1:8443"},
	{"http://[::1]/", "[::1]:80", "[::1]"},
	{"http://[::1]:/", "[::1]:80", "[::1]"},
	{"https://[::1]:443/x", "[::1]:443", "[::1]"},
	{"https://[2001:DB8::A]:8443", "[2001:db8::a]:8443", "[2001:db8::a]:8443"},
	{"http://[2001:db8:0:0:0:0:0:a]:080/", "[2001:db8::a]:80", "[2001:db8::a]"},
	{"http://[::ffff:127.0.0.1]/", "[::ffff:127.0.0.1]:80", "[::ffff:127.0.0.1]"},
	{"http://[fe80::1%25eth0]/", "[fe80::1%eth0]:80", "[fe80::1%eth0]"},
	{"https://[FE80::1%25Eth0]:8443/", "[fe80::1%Eth0]:8443", "[fe80::1%Eth0]:8443"},

	// what stands around the host
	{"http://me:pw@a.test/", "a.test:80", "a.test"},
	{"http://me:80@A.test:8080/", "a.test:8080", "a.test:8080"},
	{"http://b.test:81@a.test", "a.test:80", "a.test"},
	{"https://me:p%40w%2F@bücher.test:443/", "xn--bcher-kva.test:443", "xn--bcher-kva.test"},
	{"http://me:pw@[::1]:81/@b.test", "[::1]:81", "[::1]:81"},
	{"http://a.test/x;jsessionid=1@b.test:81?u=http://c.test", "a.test:80", "a.test"},
	{"http://a.test?x=@b.test:81/", "a.test:80", "a.test"},
	{"http://a.test:81#@b.test", "a.test:81", "a.test:81"},

	// what cannot be sent
	{"", "", ""},
	{"a.test/x", "", ""},
	{"//a.test/x", "", ""},
	{"http:a.test", "", ""},
	{"http:///x", "", ""},
	{"http://:80/", "", ""},
	{"http://me:pw@/", "", ""},
	{"ftp://a.test/", "", ""},
	{"http://a.test:0/", "", ""},
	{"http://a.test:65536/", "", ""},
	{"http://a.test:http/", "", ""},
	{"http://a b.test/", "", ""},
	{"http://::1/", "", ""},
	{"http://[::1/", "", ""},
	{"http://a]:80/", "", ""},
	{"http://[::1]x/", "", ""},
	{"http://[a.test]/", "", ""},
	{"http://[192.0.2.1]/", "", ""},
	{"http://%61.test/", "", ""},
	{"http://a%25b.test/", "", ""},
	{"http://\u200d.test/", "", ""},
	{"http://-ü.test/", "", ""},
	{"http://a_b.ü.test/", "", ""},
	{"http://%FF.test/", "", ""},
	{"http://a\\b.test/", "", ""},
	{"http://a.test\x01/", "", ""},
}
