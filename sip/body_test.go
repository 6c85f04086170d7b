package sip_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// multipart writes parts, each of fields, an empty line and a body.
func multipart(boundary string, parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteString("--" + boundary + "\r\n" + part + "\r\n")
	}
	return b.String() + "--" + boundary + "--\r\n"
}

func TestBody(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-07")
	const (
		sdp      = "Content-Type: application/sdp\r\n\r\nv=0"
		foreign  = "Content-Type: application/foo\r\n\r\nx"
		optional = "Content-Type: application/foo\r\nContent-Disposition: icon;handling=optional\r\n\r\nx"
		required = "Content-Type: application/foo\r\nContent-Disposition: icon;handling=required\r\n\r\nx"
		gzipped  = "Content-Type: application/sdp\r\nContent-Encoding: gzip\r\n\r\nx"
		list     = "Content-Type: application/resource-lists+xml\r\n\r\n<x/>"
	)
	nested := "Content-Type: multipart/mixed;boundary=in\r\n\r\n" + multipart("in", list, sdp)
	deep := sdp
	for depth := range 9 {
		boundary := "b" + strconv.Itoa(depth)
		deep = "Content-Type: multipart/mixed;boundary=\"" + boundary + "\"\r\n\r\n" + multipart(boundary, deep)
	}
	for name, tt := range map[string]struct {
		whole  string // fields and body
		wanted string
		want   string // the body, or the status with the field that goes with it
	}{
		"none":                  {"\r\n\r\n", "application/sdp", ""},
		"as it is":              {sdp, "application/sdp", "v=0"},
		"among others":          {"Content-Type: multipart/mixed;boundary=\"b b\"\r\n\r\n" + multipart("b b", list, sdp), "application/sdp", "v=0"},
		"inside":                {"Content-Type: multipart/mixed;boundary=b\r\n\r\n" + multipart("b", nested), "application/sdp", "v=0"},
		"too deep":              {deep, "application/sdp", "400"},
		"no type":               {"Content-Language: en\r\n\r\nx", "application/sdp", "400"},
		"no boundary":           {"Content-Type: multipart/mixed\r\n\r\nx", "application/sdp", "400"},
		"foreign":               {foreign, "application/sdp", "415 Accept: application/sdp, application/resource-lists+xml, multipart/mixed"},
		"foreign and optional":  {optional, "application/sdp", ""},
		"foreign and required":  {required, "application/sdp", "415 Accept: application/sdp, application/resource-lists+xml, multipart/mixed"},
		"foreign, among others": {"Content-Type: multipart/mixed;boundary=b\r\n\r\n" + multipart("b", sdp, foreign), "application/sdp", "415 Accept: application/sdp, application/resource-lists+xml, multipart/mixed"},
		"optional among others": {"Content-Type: multipart/mixed;boundary=b\r\n\r\n" + multipart("b", optional, sdp), "application/sdp", "v=0"},
		"encoded":               {gzipped, "application/sdp", "415 Accept-Encoding: identity"},
		"nothing wanted":        {sdp, "", "415 Accept: application/resource-lists+xml, multipart/mixed"},
		"nothing but known":     {list, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fields, body, _ := strings.Cut(tt.whole, "\r\n\r\n")
			var h sipmsg.Header
			for line := range strings.SplitSeq(fields, "\r\n") {
				if name, value, ok := strings.Cut(line, ": "); ok {
					h.Add(name, value)
				}
			}
			found, refused := sip.Body(&h, []byte(body), tt.wanted, "application/resource-lists+xml")
			got := string(found)
			if refused != nil {
				got = strings.Fields(refused.Error())[1]
				for _, f := range refused.Header {
					got += " " + f.Name + ": " + f.Value
				}
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
