package filename

import (
	"slices"
	"strings"

	"example.com/fetch/internal/charset"
)

// usual are the extensions by which a name already says what the file contains, including all that a content type
// can lead to.
var usual = func() map[string]string {
	all := map[string]string{}
	for _, e := range Usual {
		all[e] = e
	}
	return all
}()

// Usual are all usual extensions, in small letters.
var Usual = strings.Fields(`
	.7z .arrow .atom .avi .avif .avro .bin .bmp .br .bz2 .cif .css .csv .dat .deb .dmg .doc .docx .dta .epub .fasta .feather
	.fits .flac .geojson .gif .gml .gpkg .gpx .graphml .gz .h5 .htm .html .ico .ics .img .iso .jar .jp2 .jpeg .jpg .js
	.json .jsonl .jsonld .kml .log .m4a .md .mjs .mkv .mol .mol2 .mov .mp3 .mp4 .nc .ndjson .npy .nt .ods .odt .ogg .orc
	.parquet .pb .pdb .pdf .png .ppt .pptx .ps .rar .rdf .rds .rpm .rss .rtf .sav .sdf .shp .smi .sql .svg .svgz .tar .tex .tgz
	.tif .tiff .toml .tsv .ttl .txt .vcf .wasm .wav .webm .webp .whl .woff .woff2 .xhtml .xls .xlsx .xml .xz .yaml .yml
	.zip .zst`)

// byType maps media types to extensions.
var byType = func() map[string]string {
	all := map[string]string{}
	for pair := range slices.Chunk(typeExtensions, 2) {
		all[pair[0]] = pair[1]
	}
	for _, media := range sameName {
		_, kind, _ := strings.Cut(media, "/")
		all[media] = "." + strings.TrimPrefix(kind, "x-")
	}
	return all
}()

// typeExtensions are media types and their extensions.
var typeExtensions = strings.Fields(`
	application/atom+xml .atom  application/epub+zip .epub  application/geo+json .geojson  application/gzip .gz
	application/javascript .js  application/ld+json .jsonld  application/msword .doc  application/n-triples .nt
	application/postscript .ps  application/rdf+xml .rdf  application/rss+xml .rss
	application/vnd.apache.parquet .parquet  application/vnd.ms-excel .xls  application/x-7z-compressed .7z
	application/x-bzip2 .bz2  application/x-gzip .gz  application/x-javascript .js  application/x-protobuf .pb
	application/x-zip-compressed .zip  application/xhtml+xml .html  application/zstd .zst  audio/mpeg .mp3
	chemical/x-mdl-molfile .mol  chemical/x-mdl-sdfile .sdf  image/jpeg .jpg  image/svg+xml .svg
	image/vnd.microsoft.icon .ico  image/x-icon .ico  text/calendar .ics  text/javascript .js  text/markdown .md
	text/tab-separated-values .tsv  text/turtle .ttl  application/vnd.oasis.opendocument.spreadsheet .ods
	application/vnd.oasis.opendocument.text .odt
	application/vnd.openxmlformats-officedocument.presentationml.presentation .pptx
	application/vnd.openxmlformats-officedocument.spreadsheetml.sheet .xlsx
	application/vnd.openxmlformats-officedocument.wordprocessingml.document .docx`)

// sameName are the media types whose extension is the name of the subtype.
var sameName = strings.Fields(`
	application/csv application/json application/ndjson application/pdf application/rtf application/sql application/toml
	application/wasm application/x-ndjson application/x-tar application/x-xz application/x-yaml application/xml
	application/yaml application/zip audio/flac audio/ogg audio/wav font/woff font/woff2 image/avif image/bmp image/gif
	image/png image/tiff image/webp text/css text/csv text/html text/json text/rtf text/xml text/yaml video/mp4
	video/webm`)

// OfType returns the extension for a Content-Type (RFC 9110, section 8.3), with its dot; empty if it is
// unspecific, like application/octet-stream.
func OfType(contentType string) string {
	media := charset.MediaType(contentType)
	if e := byType[media]; e != "" {
		return e
	}
	switch {
	case strings.HasSuffix(media, "+json"): // RFC 6839
		return ".json"
	case strings.HasSuffix(media, "+xml"):
		return ".xml"
	case strings.HasSuffix(media, "+zip"):
		return ".zip"
	case strings.HasPrefix(media, "text/"):
		return ".txt"
	}
	return ""
}

// Extension returns the part from the last dot on; empty if there is none.
func Extension(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 && i < len(name)-1 {
		return name[i:]
	}
	return ""
}

// UsualExtension returns the extension of a name in lower case if it is a usual one; otherwise empty.
func UsualExtension(name string) string {
	e := Extension(name)
	if u := usual[e]; u != "" || len(e) > len(".parquet") {
		return u
	}
	return usual[strings.ToLower(e)]
}

// SplitExtension splits a name before its extension, ".tar.gz" being one.
func SplitExtension(name string) (stem, tail string) {
	stem = strings.TrimSuffix(name, Extension(name))
	if n := len(stem) - len(".tar"); n > 0 && strings.EqualFold(stem[n:], ".tar") && len(stem) < len(name) {
		stem = stem[:n]
	}
	return stem, name[len(stem):]
}
