package sdp

import (
	"strconv"
	"strings"
)

// File is the description of one file (RFC 5547 §6). An empty field means that
// the attribute or selector is absent.
type File struct {
	Name        string // decoded; chosen by the peer, so not fit for a file system
	Type        string // "type/subtype;param="value"", values percent-encoded as written
	Size        int64  // octets; -1 when not stated
	Hashes      []FileHash
	TransferID  string
	Disposition string
	Icon        string // cid URL
	Date        string // the attribute's value
	Range       string // "start-stop"
}

// FileHash is a hash selector; deployed clients write sha-1 only.
type FileHash struct {
	Algorithm string // lower case
	Digest    []byte
}

const (
	attrFileSelector   = "file-selector"
	attrFileTransferID = "file-transfer-id"
)

// Complete reports whether an offer may carry the description: it needs a
// transfer id, and one that pushes a file also its type, size or a hash
// (RFC 5547 §8.2.1).
func (f *File) Complete(push bool) bool {
	if f.TransferID == "" {
		return false
	}
	return !push || f.Type != "" || f.Size >= 0 || len(f.Hashes) > 0
}

// parseSelector reads the selectors in any order. The name is cut out by its
// quotes first, since names contain blanks. [FT-03]
func (f *File) parseSelector(value string) bool {
	for _, sel := range splitQuoted(value) {
		key, v, ok := strings.Cut(sel, ":")
		if !ok || !f.readSelector(strings.ToLower(key), v) {
			return false
		}
	}
	return true
}

func (f *File) readSelector(key, v string) (ok bool) {
	switch key {
	case "name":
		f.Name, ok = unquoteSelector(v)
	case "type":
		f.Type, ok = v, validFileType(v)
	case "size":
		size, err := strconv.ParseUint(v, 10, 63)
		f.Size, ok = int64(size), err == nil
	case "hash":
		var h FileHash
		alg, digits, _ := strings.Cut(v, ":")
		h.Algorithm = strings.ToLower(alg)
		if h.Digest, ok = parseColonHex(digits); ok {
			f.Hashes = append(f.Hashes, h)
		}
	default:
		ok = true // RFC 5547 §6 leaves room for more selectors
	}
	return ok
}

func unquoteSelector(v string) (string, bool) {
	if len(v) < 3 || v[0] != '"' || v[len(v)-1] != '"' {
		return "", false
	}
	return unescapePercent(v[1 : len(v)-1])
}

func validFileType(v string) bool {
	major, rest, _ := strings.Cut(v, "/")
	minor, _, _ := strings.Cut(rest, ";")
	return major != "" && minor != ""
}

func unescapePercent(s string) (string, bool) {
	if strings.IndexByte(s, '%') < 0 {
		return s, true
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			out = append(out, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		b, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", false
		}
		out = append(out, byte(b))
		i += 2
	}
	return string(out), true
}

// selector writes the file-selector value; "" when nothing is known.
func (f *File) selector() string {
	var parts []string
	if f.Name != "" {
		parts = append(parts, `name:"`+escapePercent(f.Name)+`"`)
	}
	if f.Type != "" {
		parts = append(parts, "type:"+f.Type)
	}
	if f.Size >= 0 {
		parts = append(parts, "size:"+strconv.FormatInt(f.Size, 10))
	}
	for _, h := range f.Hashes {
		parts = append(parts, "hash:"+h.Algorithm+":"+colonHex(h.Digest))
	}
	return strings.Join(parts, " ")
}

// escapePercent encodes what a filename-string may not hold, and what divides the
// names of folders (RFC 5547 §6).
func escapePercent(s string) string {
	return strings.NewReplacer("%", "%25", `"`, "%22", "\r", "%0D", "\n", "%0A", "\x00", "%00", "/", "%2F", `\`, "%5C").Replace(s)
}

func (f *File) appendAttributes(list []Attribute) []Attribute {
	list = append(list, Attribute{attrFileSelector, f.selector()})
	for _, a := range [...]Attribute{
		{attrFileTransferID, f.TransferID},
		{"file-disposition", f.Disposition},
		{"file-date", f.Date},
		{"file-icon", f.Icon},
		{"file-range", f.Range},
	} {
		if a.Value != "" {
			list = append(list, a)
		}
	}
	return list
}
