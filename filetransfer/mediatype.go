package filetransfer

import (
	"mime"
	"net/url"
	"strings"
)

// selector turns the value of a Content-Type header field into that of a type selector,
// whose parameters are always quoted, without blanks between them (RFC 5547 §6). It is
// empty for what is no media type.
func selector(contentType string) string {
	t, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.Contains(t, "/") {
		return ""
	}
	escape := strings.NewReplacer("%", "%25", `"`, "%22", "\r", "%0D", "\n", "%0A", "\x00", "%00")
	for _, k := range fields(params) {
		t += ";" + k + `="` + escape.Replace(params[k]) + `"`
	}
	return t
}

// ContentType turns the value of a type selector into that of a Content-Type header
// field; "application/octet-stream" for what is no media type.
func ContentType(selector string) string {
	const unknown = "application/octet-stream"
	t, params, err := mime.ParseMediaType(selector)
	if err != nil || !strings.Contains(t, "/") {
		return unknown
	}
	for k, v := range params {
		if plain, err := url.PathUnescape(v); err == nil {
			params[k] = plain
		}
	}
	if text := mime.FormatMediaType(t, params); text != "" {
		return text
	}
	return unknown
}

// essence is a media type without parameters, in lower case.
func essence(t string) string {
	t, _, _ = strings.Cut(t, ";")
	return strings.ToLower(strings.TrimSpace(t))
}
