package list

import (
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const at = "standard input, line "

func TestTables(t *testing.T) {
	runListTests(t, []listTest{
		{"csv", "", "CID,Name,url,Method,timeout,note\n1,a b,http://h/1,post,2,\"x, y\"\n2,,http://h/ü,,1m,\n", []string{
			`POST http://h/1 name="a b" timeout=2s row=[CID=1][Name=a b][Method=post][timeout=2][note=x, y]`,
			`http://h/%C3%BC timeout=1m0s row=[CID=2][Name=][Method=][timeout=1m][note=]`,
		}},
		{"semicolons", "", "url;x\nhttp://h/;1,2\n", []string{"http://h/ row=[x=1,2]"}},
		{"tsv", "", "x\turl\na,b\thttp://h/\n", []string{"http://h/ row=[x=a,b]"}},
		{"one column", "", "URL\nhttp://h/1\nhttp://h/2\n", []string{"http://h/1", "http://h/2"}},
		{"bad rows", "csv", "url,name,method,timeout\nhttp://h/1,,,\n,x,,\nftp://h/,,,\nhttp://h/?key=s3cr3t%,,,\n" +
			"http://h/,,a b,\nhttp://h/,,CONNECT,\nhttp://h/,,,0\nhttp://h/,,,NaN\nhttp://h/,,,-1s\nhttp://h/,,,1e300\nhttp://h/,,,soon\n" +
			"http://h/,a\x1bb,,\nhttp://h/\nx http://h/,,,\nhttp://h/2,,,\n", []string{
			"http://h/1 row=[name=][method=][timeout=]",
			at + "3: the cell of column url is empty; write a URL there, or remove the row",
			at + `4: "ftp://h/": the scheme is neither http:// nor https://; only these can be fetched`,
			at + `5: "http://h/?…": the escape % is not a percent sign with two hexadecimal digits; write the percent sign itself as %25`,
			at + "6: the method is not an HTTP method; write a word like GET or POST",
			at + "7: CONNECT requests a tunnel, not a response; use another method",
			at + "8: the timeout" + badTime, at + "9: the timeout" + badTime, at + "10: the timeout" + badTime, at + "11: the timeout" + badTime,
			at + "12: the timeout" + badTime,
			at + "13: the name holds a control character; remove it",
			at + "14: the row has 1 cells, the heading 4; add the cells that are missing; they may be empty",
			at + `15: "http://h/": the URL does not begin with http:// or https://; remove the text before it`,
			"http://h/2 row=[name=][method=][timeout=]",
		}},
		{"line ends in cells, not CRLF", "csv", "url,name,method,x\n\"http://h/\r\nX: y\",,,\nhttp://h/,\"a\nb\",,\nhttp://h/,,\"GET\r\nX: y\",\nhttp://h/,,,\"a\nb\"\n", []string{
			at + `2: "http://h/\r\nX:…": the URL holds a control character (0x0d); put one URL on each line and nothing behind it, or write the character as %0D`,
			at + "4: the name holds a control character; remove it",
			at + "6: the method is not an HTTP method; write a word like GET or POST",
			"http://h/ row=[name=][method=][x=a\nb]",
		}},
		{"no url", "csv", "id;name\n1;x\n", []string{
			"! standard input: there is no column url; its columns are id, name; with --rows this table can fill a URL template",
		}},
		{"heading with secrets", "csv", "a,u:s3cr3t@h\x1b,key=s3cr3t\n", []string{
			`! standard input: there is no column url; its columns are a, "***@h\x1b", key=…; with --rows this table can fill a URL template`,
		}},
		{"two urls", "csv", "url,URL\nx,y\n", []string{"! standard input: has two columns url; give one of them another name"}},
		{"same column", "csv", "url,a,a\nx,y,z\n", []string{
			`! ` + at + `1: columns 2 and 3 are both named "a"; give each its own name`,
		}},
	})
}

const badTime = " is not a positive time of at most a year; write it like 2.5s, 500ms or 1m; a bare number means seconds"

func TestJSONLines(t *testing.T) {
	runListTests(t, []listTest{
		{"all keys", "", `{"url": " http://h/a b ", "method": "post", "name": "a/b", "timeout": 1.5, "row": {"n": 46.070, "big": 9007199254740993, "s": "x\ty", "none": null, "list": [1, {"a": "b"}], "yes": true}, "header": {"x-tag": ["a", "b"], "Accept": "text/csv"}, "body": {"q": 1.50, "s": "ü"}}` + "\n\n# comment\n" +
			`{"url":"http://h/2","body":"text"}` + "\n" + `{"url":"http://h/3","body":["x", 1],"method":"GET"}` + "\n" +
			`{"url":"http://h/4","body":{},"header":{"content-type":"application/vnd.x+json"}}`, []string{
			`POST http://h/a%20b name="a/b" timeout=1.5s Accept=["text/csv"] Content-Type=["application/json"] X-Tag=["a" "b"] ` +
				`row=[n=46.070][big=9007199254740993][s=x	y][none=][list=[1, {"a": "b"}]][yes=true] body="{\"q\": 1.50, \"s\": \"ü\"}"`,
			`POST http://h/2 body="text"`,
			`GET http://h/3 Content-Type=["application/json"] body="[\"x\", 1]"`,
			`POST http://h/4 Content-Type=["application/vnd.x+json"] body="{}"`,
		}},
		{"array", "", `[ {"url": "http://h/1", "name": "a/b", "id": 1.10, "tags": ["x",  1], "row": {"n": 7e1}}` + ",\n" +
			`{"url":"http://h/2","body":{"q": 1.50},"on":true},{"url":"http://h/3","url":""},5,{"name":"x"},{"id":1,"url":"http://h/","row":{"id":2}},{"url":"http://h/4"}` + "\n]\n", []string{
			`http://h/1 name="a/b" row=[id=1.10][tags=["x",  1]][n=7e1]`,
			`POST http://h/2 Content-Type=["application/json"] row=[on=true] body="{\"q\": 1.50}"`,
			"standard input, entry 3: the key url is there twice; remove one",
			`standard input, entry 4: it is not a JSON object; write objects like {"url": "http://HOST/PATH"}`,
			`standard input, entry 5: there is no key url; write objects like {"url": "http://HOST/PATH"}`,
			"standard input, entry 6: the row has the column id twice; remove one",
			"http://h/4",
		}},
		{"array, broken", "jsonl", `[{"url": "http://h/1"}, {"url": http}]`, []string{
			"http://h/1", "! standard input: is not a valid JSON array at byte 33: invalid character 'h' at start of value; make or fetch the file again",
		}},
		{"array, empty", "", `[ ]`, []string{"! no requests in standard input; write one URL on each line"}},
		{"framing is ours", "", `{"url":"http://h/","header":{"Content-Length":"7","transfer-encoding":"chunked","Connection":"close","Host":"x.test"}}`, []string{
			`http://h/ Host=["x.test"]`,
		}},
		{"bad objects", "jsonl", strings.Join([]string{
			`{"url":"http://h/1","headers":{}}`, `{"url":"http://h/","quux":1}`, `{"url":"http://h/","url":"http://h/2"}`, `{"name":"x"}`, `{"url":7}`, `{"url":null}`,
			`{"url":"http://h/\r\nX: y"}`, `{"url":"http://h/","method":"GET / HTTP/1.1\r\nX: y"}`, `{"url":"http://h/","header":{"X":"s3cr3t\r\nY: z"}}`,
			`{"url":"http://h/","header":{"s3cr3t: x\n":"y"}}`, `{"url":"http://h/","header":{"X":7}}`, `{"url":"http://h/","header":{"X":["a",null]}}`,
			`{"url":"http://h/","header":["s3cr3t"]}`, `{"url":"http://h/","timeout":"x"}`, `{"url":"http://h/","timeout":{}}`, `{"url":"http://h/","name":"a\u001bb"}`,
			`{"url":"http://h/","row":7}`, `{"url":"http://h/","row":{"a":1,"a":2}}`, `{"url":`, `{"url": s3cr3t}`, `[{"url":"http://h/"}]`, `"http://h/"`, `http://h/`,
			`{"url":"http://u:s3cr3t@h:0/?s3cr3t"}`, "{\"url\":\"http://h/\xff\"}", `{"url":"http://h/","header":{"Host":"a b"}}`, `{"url":"http://h/9"} x`, `{"url":"http://h/ok"}`,
		}, "\n"), []string{
			at + "1: the key headers is not known; did you mean header?",
			at + "2: the key quux is not known; known are method, url, body, header, name, timeout, row",
			at + "3: the key url is there twice; remove one",
			at + `4: there is no key url; write objects like {"url": "http://HOST/PATH"}`,
			at + "5: the value of url is not a string; write it in quotes", at + "6: the value of url is not a string; write it in quotes",
			at + `7: "http://h/\r\nX:…": the URL holds a control character (0x0d); put one URL on each line and nothing behind it, or write the character as %0D`,
			at + "8: the method is not an HTTP method; write a word like GET or POST",
			at + "9: the value of header field X contains a character that is not allowed; remove line ends and other control characters",
			at + "10: the name of a header field is invalid; write header fields as Name: value, the name of letters, digits and hyphens",
			at + "11: " + noStrings, at + "12: " + noStrings, at + "13: " + noStrings,
			at + "14: the timeout" + badTime, at + "15: the timeout" + badTime,
			at + "16: the name holds a control character; remove it",
			at + `17: the value of row is not an object; write it like {"CID": 702, "name": "ethanol"}`,
			at + "18: the row has the column a twice; remove one",
			at + "19: the object does not end on this line; write each object on one line; jq -c . does it",
			at + "20: the line is not JSON; check its quotes, commas and brackets",
			at + "21: a JSON list, not an object; write each object on a line of its own; jq -c '.[]' does it",
			at + "22: " + noObject, at + "23: " + noObject,
			at + `24: "http://***@h:0/?…": the port is not a number from 1 to 65535; write it as http://HOST:PORT/PATH, or leave it out`,
			at + "25: the line is not UTF-8; save the list as UTF-8",
			at + "26: the value of header field Host contains a character that is not allowed; remove line ends and other control characters",
			at + "27: the line is not JSON; check its quotes, commas and brackets",
			"http://h/ok",
		}},
		{"pretty", "", "{\n  \"url\": \"http://h/\"\n}\n" + `{"url":"http://h/ok"}`, []string{
			at + "1: the object does not end on this line; write each object on one line; jq -c . does it", at + "2: " + noObject, at + "3: " + noObject,
			"http://h/ok",
		}},
		{"long line", "jsonl", `{"url":"http://h/` + strings.Repeat("x", 1<<20) + "\"}\n" + `{"url":"http://h/"}`, []string{
			at + "1: the line is longer than 1 MiB; put each object on a line of its own, and long bodies into files (vegeta's format)", "http://h/",
		}},
	})
}

const (
	noStrings = `the value of header is not an object of strings; write it like {"Accept": "text/csv", "X-Tag": ["a", "b"]}`
	noObject  = `the line is not a JSON object; write objects like {"url": "http://HOST/PATH"}, one on each line`
)

func TestVegetaJSON(t *testing.T) {
	const (
		plain  = `{"method":"GET","url":"http://h/1"}` + "\n"
		listed = `{"method":"POST","url":"http://h/2","body":"aGk=","header":{"X":["a","b"]}}` + "\n"
		bare   = `{"method":"POST","url":"http://h/3","body":"test"}` + "\n"
		ours   = `{"method":"POST","url":"http://h/4","body":"test","name":"x"}` + "\n"
	)
	runListTests(t, []listTest{
		{"by its first", "", listed + bare, []string{`POST http://h/2 X=["a" "b"] body="hi"`, `POST http://h/3 body="\xb5\xeb-"`}},
		{"by a later one", "", plain + listed + bare, []string{"GET http://h/1", `POST http://h/2 X=["a" "b"] body="hi"`, `POST http://h/3 body="\xb5\xeb-"`}},
		{"ours by a later one", "", plain + ours + bare + listed, []string{
			"GET http://h/1", `POST http://h/4 name="x" body="test"`, `POST http://h/3 body="test"`, `POST http://h/2 X=["a" "b"] body="aGk="`,
		}},
		{"cannot be told", "", plain + bare, []string{
			"GET http://h/1",
			at + "2: the body may be text, or base64 as in vegeta's format; say --input-format jsonl if it is text, or --input-format vegeta-json",
		}},
		{"asked for", "vegeta-json", plain + bare + `{"method":"PUT","url":"http://h/5","body":null,"header":null}`, []string{
			"GET http://h/1", `POST http://h/3 body="\xb5\xeb-"`, "PUT http://h/5",
		}},
		{"asked for ours", "jsonl", listed, []string{`POST http://h/2 X=["a" "b"] body="aGk="`}},
		{"bad", "vegeta-json", ours + `{"url":"http://h/"}` + "\n" + `{"method":"GET","url":"http://h/","body":"s3cr3t!"}` + "\n" + `{"method":"GET","url":"http://h/","body":7}` + "\n" + plain, []string{
			at + "1: the key name is not known; known are method, url, body, header",
			at + "2: there is no key method, which vegeta's format has; say --input-format jsonl if it is not vegeta's",
			at + "3: the body is not base64, as it is in vegeta's format; say --input-format jsonl if it is not vegeta's",
			at + "4: the body is not base64, as it is in vegeta's format; say --input-format jsonl if it is not vegeta's",
			"GET http://h/1",
		}},
	})
}

func TestVegeta(t *testing.T) {
	inDir(t, map[string]string{"body.json": "{\"a\":\n1}"})
	const usable = "; write Name: value, or @FILE, or GET http://HOST/PATH"
	runListTests(t, []listTest{
		{"all", "", "# targets\n\nGET http://h/1\nGET http://h/2\n\nPOST http://h/a b\nContent-Type: application/json\n# comment\nx:  a b \nx: c\n@body.json\n\n\n" +
			"DELETE http://h/4\nX: y\nPUT http://h/5\n@body.json\nget http://h/6\n\nPURGE http://h/7", []string{
			"GET http://h/1", "GET http://h/2",
			`POST http://h/a%20b Content-Type=["application/json"] X=["a b" "c"] body="{\"a\":\n1}"`,
			`DELETE http://h/4 X=["y"]`, `PUT http://h/5 body="{\"a\":\n1}"`, "GET http://h/6", "PURGE http://h/7",
		}},
		{"endless header", "vegeta", "GET http://h/1\n" + strings.Repeat("X: "+strings.Repeat("y", 1<<10)+"\n", 1100) + "\nGET http://h/2", []string{
			at + "1025: the header is larger than 1 MiB; no server accepts that much", "GET http://h/2",
		}},
		{"bad", "vegeta", "http://h/\n\nGET http://h/1\ns3cr3t\nX: y\n@body.json\n\nGET ftp://h/\nX: y\nGET http://h/2\nX y: s3cr3t\n\nPOST http://h/3\n@missing\n\n" +
			"POST http://h/4\n@.\n\nPOST http://h/5\nX: s3\x01cr3t\n\nGET\n\nGET http://h/6\n@body.json\nX: after\n\nCONNECT http://h/\n\nPOST http://h/7\n@\n", []string{
			at + "1: there is no method before the URL; write GET http://HOST/PATH",
			at + "4: neither a header field, nor the file of a body, nor a method with a URL" + usable,
			at + `8: "ftp://h/": the scheme is neither http:// nor https://; only these can be fetched`,
			at + "11: the name of a header field is invalid; write header fields as Name: value, the name of letters, digits and hyphens",
			at + `14: "missing": the file for the body cannot be used: no such file or directory; its name is relative to the folder in which fetch is started`,
			at + `17: ".": the file for the body cannot be used: not a regular file; its name is relative to the folder in which fetch is started`,
			at + "20: the value of header field X contains a character that is not allowed; remove line ends and other control characters",
			at + "22: there is no method before the URL; write GET http://HOST/PATH",
			"GET http://h/6 body=\"{\\\"a\\\":\\n1}\"",
			at + "26: the method is not an HTTP method; write a word like GET or POST",
			at + "28: CONNECT requests a tunnel, not a response; use another method",
			at + `31: "": no file is named for the body; its name is relative to the folder in which fetch is started`,
		}},
	})
}

func TestAria2(t *testing.T) {
	runListTests(t, []listTest{
		{"secret", "aria2", "magnet:?s3cr3t&tr=http://t/\n  Bearer s3cr3t==\nhttp://h/1\n  Bearer s3cr3t==\nhttp://h/2", []string{
			at + `1: "magnet:?…": the scheme is neither http:// nor https://; only these can be fetched`,
			at + "4: the text before = is not an option of aria2's input files; remove the line, or write it as aria2 does",
			"http://h/2",
		}},
		{"all", "aria2", "# downloads\nhttp://h/1\n  out=one file\n\theader=Accept: text/csv\n  header=X: a\n  header=X: b\n  split=5\n  dir=/tmp\n\n" +
			"ftp://m/2\thttp://h/2\thttps://n/2\n  user-agent=me/1\n  referer=http://r/\n  http-no-cache=true\n  use-head=false\nhttp://h/3 x\n\n#  out=x\n  out=three", []string{
			`http://h/1 name="one file" Accept=["text/csv"] X=["a" "b"]`,
			`http://h/2 Cache-Control=["no-cache"] Pragma=["no-cache"] Referer=["http://r/"] User-Agent=["me/1"]`,
			`http://h/3%20x name="three"`,
		}},
		{"bad", "aria2", "  out=x\nhttp://h/1\n  http-passwd=s3cr3t\n  out=x\nhttp://h/2\n  all-proxy=s3cr3t\nhttp://h/3\n  referer=*\nmagnet:?xt=s3cr3t\n  out=x\n" +
			"http://h/4\n  oute=x\nhttp://h/5\n  header=s3cr3t\nhttp://h/6\n  header=X: a\x01\nhttp://h/7\n  parameterized-uri=true\nhttp://h/8\n  x\nhttp://h/9\n  checksum=md5=1\nhttp://h/ok", []string{
			at + "1: an option precedes the first URL; write it below the URL that it is for",
			at + "3: the option http-passwd changes what is fetched, and is not supported; remove it, and use -u or --netrc",
			at + "6: the option all-proxy changes what is fetched, and is not supported; remove it, and use -x",
			at + "8: the option referer changes what is fetched, and is not supported; remove it, or write the URL itself",
			at + `9: "magnet:?…": there is no http:// or https://; write one URL on each line, with the scheme`,
			at + "12: oute is not an option of aria2's input files; remove the line, or write it as aria2 does",
			at + "14: the header has no colon; write header=Name: value",
			at + "16: the value of header field X contains a character that is not allowed; remove line ends and other control characters",
			at + "18: the option parameterized-uri changes what is fetched, and is not supported; remove it, and use --set",
			at + "20: an option without =; write it as name=value",
			at + "22: the option checksum changes what is fetched, and is not supported; remove it, or do without it",
			"http://h/ok",
		}},
	})
}

func TestSitemap(t *testing.T) {
	runListTests(t, []listTest{
		{"all", "", `<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand -->
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
  <url><loc>http://h/?a=1&amp;b=2</loc><lastmod>2026-01-01</lastmod></url>
  <url><image:image><image:loc>http://h/i.png</image:loc></image:image><image:loc>http://h/j.png</image:loc><loc>
    http://h/2<!-- x -->3 </loc></url>
  <url><loc><![CDATA[http://h/ü?x&y]]></loc></url>
  <url><lastmod>2026</lastmod></url>
  <loc>http://h/outside</loc>
  <url><loc>h/relative</loc></url>
  <url><loc/></url>
  <url><loc>http://h/4</loc></url>
</urlset>
`, []string{
			"http://h/?a=1&b=2", "http://h/23", "http://h/%C3%BC?x&y",
			at + `10: "h/relative": there is no http:// or https://; write one URL on each line, with the scheme`,
			at + "11: there is no URL; write one, beginning with http:// or https://",
			"http://h/4",
		}},
		{"bare", "", "<urlset><url><loc>http://h/</loc></url></urlset>", []string{"http://h/"}},
		{"index", "", "<?xml version='1.0'?><sitemapindex><sitemap><loc>http://h/s.xml</loc></sitemap></sitemapindex>", []string{
			"! standard input: is an index of sitemaps, not a sitemap; fetch the sitemaps that it lists first, and name them",
		}},
		{"other XML", "", "<?xml version='1.0'?>\n<rss></rss>", []string{
			"! standard input: is XML, but not a sitemap: its root is <rss>, not <urlset>; name a sitemap, or say --input-format",
		}},
		{"cut", "", "<urlset><url><loc>http://h/1</loc></url><url><loc>http://h/2", []string{
			"http://h/1", "! standard input: ends too early: an element is not closed; make or fetch the file again",
		}},
		{"damaged", "", "<urlset>\n<url><loc>http://h/1</loc></url>\n<url></loc></urlset>", []string{
			"http://h/1", "! standard input: is not valid XML, line 3; make or fetch the file again",
		}},
		{"other encoding", "", `<?xml version="1.0" encoding="ISO-8859-1"?><urlset/>`, []string{"! standard input: is not encoded in UTF-8; save it as UTF-8"}},
		{"entity", "sitemap", `<!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/passwd">]><urlset><url><loc>http://h/&x;</loc></url></urlset>`, []string{
			"! standard input: is not valid XML, line 1; make or fetch the file again",
		}},
		{"long", "sitemap", "<urlset><url><loc>http://h/" + strings.Repeat("x", 1<<20+8192) + "</loc></url></urlset>", []string{
			"! standard input: has an element of more than 1 MiB; make or fetch the file again",
		}},
		{"deep location", "sitemap", "<urlset><url><loc>" + strings.Repeat("<a>", 1000), []string{
			"! standard input: is nested too deeply for a sitemap; name a sitemap",
		}},
		{"deep", "", "<urlset>" + strings.Repeat("<a>", 1000), []string{
			"! standard input: is nested too deeply for a sitemap; name a sitemap",
		}},
		{"empty", "", "<urlset></urlset>", []string{"! no requests in standard input; write one URL on each line"}},
	})
}

func TestHAR(t *testing.T) {
	const entries = `{"log": {"version": "1.2", "creator": {"name": "x", "entries": [{}]}, "pages": [], "entries": [
  {"startedDateTime": "x", "request": {"method": "GET", "url": "http://h/1?a=b#c", "httpVersion": "h2", "cookies": [{"name": "c", "value": "s3cr3t"}],
    "headers": [{"name": ":authority", "value": "h"}, {"name": "Host", "value": "h"}, {"name": "accept", "value": "text/html"}, {"name": "cookie", "value": "c=s3cr3t"},
      {"name": "Accept-Encoding", "value": "br"}, {"name": "Connection", "value": "keep-alive"}, {"name": "if-none-match", "value": "x"}, {"name": "Authorization", "value": "Bearer t"}]},
   "response": {"content": {"text": "a \" \\ } ] <b>"}, "url": "http://h/no"}},
  {"response": {}, "request": {"method": "POST", "url": "http://h/2", "headers": [{"name": "content-length", "value": "3"}], "postData": {"mimeType": "text/plain;charset=UTF-8", "text": "a\nb"}}},
  {"request": {"method": "POST", "url": "http://h/3", "postData": {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a b", "value": "ü&"}, {"name": "c", "value": ""}]}}},
  {"request": {"method": "GET", "url": "data:text/plain,http://h/x"}},
  {"request": {"method": "GET", "url": "wss://h/socket"}}, {"response": {}},
  {"request": {"method": "GET\r\n", "url": "http://h/4"}},
  {"request": {"method": "GE T", "url": "http://h/4"}},
  {"request": {"method": "GET", "url": "http://u:s3cr3t@h:0/"}},
  {"request": {"method": "GET", "url": "http://h/5", "headers": [{"name": "X", "value": "s3cr3t\r\nY: z"}]}},
  {"request": {"method": 7}},
  {"request": {"method": "POST", "url": "http://h/6", "postData": {"mimeType": "multipart/form-data; boundary=x", "params": [{"name": "f", "fileName": "g"}]}}},
  {"request": {"method": "GET", "url": "http://h/7", "postData": {"mimeType": "", "text": ""}}}
], "comment": "x"}, "more": [1, -2.5e3, true, null]}
`
	want := []string{
		`GET http://h/1?a=b Accept=["text/html"] Authorization=["Bearer t"]`,
		`POST http://h/2 Content-Type=["text/plain;charset=UTF-8"] body="a\nb"`,
		`POST http://h/3 Content-Type=["application/x-www-form-urlencoded"] body="a+b=%C3%BC%26&c="`,
		"standard input, entry 6: the request does not have the form of a HAR file; save the HAR file again",
		"GET http://h/4",
		"standard input, entry 8: the method is not an HTTP method; write a word like GET or POST",
		`standard input, entry 9: "http://***@h:0/": the port is not a number from 1 to 65535; write it as http://HOST:PORT/PATH, or leave it out`,
		"standard input, entry 10: the value of header field X contains a character that is not allowed; remove line ends and other control characters",
		"standard input, entry 11: the request does not have the form of a HAR file; save the HAR file again",
		"standard input, entry 12: the body is not in the file, only its parts; save the HAR file with bodies, or remove the request",
		"GET http://h/7",
	}
	runListTests(t, []listTest{
		{"all", "", entries, want},
		{"no log", "har", `{"entries": []}`, []string{noLog}},
		{"no entries", "har", `{"log": {}}`, []string{noLog}},
		{"no object", "har", `7`, []string{noLog}},
		{"empty", "har", ` `, []string{"! standard input: ends too early; save the HAR file again"}},
		{"cut", "", entries[:len(entries)-40], append(want[:len(want):len(want)], "! standard input: ends too early; save the HAR file again")},
		{"damaged, not CRLF", "", `{"log": {"entries": [{"request": {"url": "http://h/"}} {}]}}`, []string{
			"http://h/", "! standard input: is not valid JSON after 55 bytes; save the HAR file again",
		}},
		{"damaged in an answer", "", `{"log": {"entries": [{"request": {"url": "http://h/"}, "response": {"x": 01}}]}}`, []string{
			"! standard input: is not valid JSON after 74 bytes; save the HAR file again",
		}},
		{"more behind it", "", `{"log": {"entries": [{"request": {"url": "http://h/"}}]}}{}`, []string{
			"http://h/", "! standard input: is not valid JSON after 57 bytes; save the HAR file again",
		}},
	})

	large := `{"log": {"entries": [{"request": {"url": "` + strings.Repeat("x", 16<<20) + `"}}, {"request": {"url": "http://h/"}}]}}`
	want = []string{"standard input, entry 1: the request is larger than 16 MiB; remove it", "http://h/"}
	if d := cmp.Diff(want, results(t, strings.NewReader(large), Options{})); d != "" {
		t.Error(d)
	}

	for text, want := range map[string]string{
		entries: `GET http://h/1?a=b Accept=["text/html"] Authorization=["Bearer t"] Cookie=["c=s3cr3t"]`,
		`{"log": {"entries": [{"request": {"url": "http://h/", "cookies": [{"name": "a", "value": "b"}, {"name": "c", "value": "d"}]}}]}}`: `http://h/ Cookie=["a=b; c=d"]`,
	} {
		if got := results(t, strings.NewReader(text), Options{Cookies: true})[0]; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

const noLog = "! standard input: has no log.entries, as a HAR file has; say --input-format jsonl if each line is a request"

// harOf gives a HAR file of n entries with answers of a mebibyte each.
type harOf struct {
	n    int
	rest string
	last bool
}

var largeEntry = `{"request": {"url": "http://h/"}, "response": {"content": {"text": "` + strings.Repeat(`\"}]`, 1<<18) + `"}}},`

func (h *harOf) Read(p []byte) (int, error) {
	if h.rest == "" {
		switch {
		case h.last:
			return 0, io.EOF
		case h.n == 0:
			h.rest, h.last = "{}]}}", true
		default:
			h.n--
			h.rest = largeEntry
		}
	}
	n := copy(p, h.rest)
	h.rest = h.rest[n:]
	return n, nil
}

// TestHARTakesConstantMemory: the answers in it may be of any size.
func TestHARTakesConstantMemory(t *testing.T) {
	l := mustOpen(t, &harOf{n: 10, rest: `{"log": {"entries": [`}, Options{SkipBad: true}, "-")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n := 0
	for _, err := range l.Requests(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++ // the last entry is bad
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; n != 11 || grown > 1<<20 {
		t.Errorf("%d requests took %d bytes", n, grown)
	}
}

// repeated gives a text, and another again and again.
type repeated struct{ first, again string }

func (r *repeated) Read(p []byte) (int, error) {
	if r.first == "" {
		r.first = r.again
	}
	n := copy(p, r.first)
	r.first = r.first[n:]
	return n, nil
}

func BenchmarkFormats(b *testing.B) {
	for _, bench := range []struct{ name, format, first, again string }{
		{"csv", "csv", "CID,name,url\n", "702,ethanol,https://api.example.com/v1/items/0123456789?format=json\n"},
		{"jsonl", "jsonl", "", `{"url":"https://api.example.com/v1/items/0123456789","name":"ethanol","row":{"CID":702}}` + "\n"},
		{"vegeta", "vegeta", "", "GET https://api.example.com/v1/items/0123456789?format=json\nAccept: text/csv\n\n"},
		{"aria2", "aria2", "", "https://api.example.com/v1/items/0123456789?format=json\n  out=ethanol\n"},
		{"har", "har", `{"log":{"entries":[{"request":{"url":"http://h/"}}`, `,{"request":{"method":"GET","url":"https://api.example.com/v1/items/0123456789","headers":[{"name":"accept","value":"text/csv"}]},"response":{"content":{"text":"xxxxxxxxxxxxxxxxxxxx"}}}`},
		{"sitemap", "sitemap", "<urlset>", "<url><loc>https://api.example.com/v1/items/0123456789</loc></url>\n"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			l, err := Open(b.Context(), []string{"-"}, &repeated{bench.first, bench.again}, Options{Format: bench.format})
			if err != nil {
				b.Fatal(err)
			}
			for _, err := range l.Requests(b.Context()) {
				if err != nil {
					b.Fatal(err)
				}
				if !b.Loop() {
					break
				}
			}
		})
	}
}
