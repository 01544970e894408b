package format

import (
	"testing"
)

func TestFormatIsTold(t *testing.T) {
	const har = "{ \"log\": {\"entries\": [{\"request\": {\"url\": \"http://h/\"}}]}}"
	const xml = `<?xml version="1.0"?><urlset><url><loc>http://h/</loc></url></urlset>`
	lists := map[string]struct {
		text string
		want format
	}{
		"lines":          {"# x\n\nname http://h/\n", linesFormat},
		"indented":       {"http://a/\n  water http://h/\n", linesFormat},
		"equals":         {"http://a/\n  x=http://h/\n", linesFormat},
		"quotes":         {"[x](http://h/)\n", linesFormat},
		"brace":          {"{a} http://h/\n", linesFormat},
		"capitals":       {"WATER http://h/\n", linesFormat},
		"GET it":         {"GET it http://h/\n", linesFormat},
		"url in a name":  {"the url, http://h/\n", linesFormat},
		"nothing":        {"", linesFormat},
		"vegeta":         {"# x\nGET http://h/\n", vegetaFormat},
		"vegeta tab":     {"DELETE \t http://h/", vegetaFormat},
		"aria2":          {"# x\nhttp://h/\n out=x\n", aria2Format},
		"aria2 later":    {"http://a/\n\nhttp://h/\n\theader=A: b\n", aria2Format},
		"aria2 mirrors":  {"http://a/\thttp://b/\n", aria2Format},
		"csv":            {"name,URL\n", csvFormat},
		"csv quotes":     {"\"url\",\"name\"\nhttp://h/,x\n", csvFormat},
		"csv semicolons": {"name;Url;x\n", csvFormat},
		"csv one column": {"url\nhttp://h/\n", csvFormat},
		"tsv":            {"name\turl\n", tsvFormat},
		"json":           {`{"url": "http://h/"}`, someJSONFormat},
		"json list":      {`[{"url": "http://h/"}]`, jsonlFormat},
		"har":            {har, harFormat},
		"har pretty":     {"{\n  \"log\": {", harFormat},
		"sitemap":        {"\n" + xml, sitemapFormat},
		"sitemap bare":   {"<urlset>", sitemapFormat},
		"sitemap index":  {"<sitemapindex>", sitemapFormat},
		"html":           {"<a href='http://h/x'>", linesFormat},
	}
	for name, tt := range lists {
		if got := byBeginning([]byte(tt.text)); got != tt.want {
			t.Errorf("%s: format %d, want %d", name, got, tt.want)
		}
	}
	for name, want := range map[string]format{
		"a.csv": csvFormat, "A.CSV.GZ": csvFormat, "x/a.tsv": tsvFormat, "a.tab": tsvFormat, "a.jsonl": jsonlFormat, "a.ndjson.gz": jsonlFormat,
		"a.har": harFormat, "sitemap.xml.gz": sitemapFormat, "a.txt": untold, "a.json": untold, "csv": untold, "a.gz": untold,
	} {
		if got := byExtension(name); got != want {
			t.Errorf("%s: format %d, want %d", name, got, want)
		}
	}
}
