package msrpwire

// fieldID names a header field that the decoder interprets.
type fieldID uint8

// fieldSet is a set of fieldIDs.
type fieldSet uint16

const (
	fieldOther fieldID = iota
	fieldToPath
	fieldFromPath
	fieldMessageID
	fieldByteRange
	fieldSuccessReport
	fieldFailureReport
	fieldStatus
	fieldUseNickname
	fieldContentType
)

// identifyField recognises the registry spelling at once and any other letter
// case after that: names are ABNF literals (RFC 4975 §9). [MSRP-FRM-06]
func identifyField(name []byte) fieldID {
	switch string(name) {
	case "Message-ID":
		return fieldMessageID
	case "Byte-Range":
		return fieldByteRange
	case "Content-Type":
		return fieldContentType
	case "To-Path":
		return fieldToPath
	case "From-Path":
		return fieldFromPath
	case "Success-Report":
		return fieldSuccessReport
	case "Failure-Report":
		return fieldFailureReport
	case "Status":
		return fieldStatus
	case "Use-Nickname":
		return fieldUseNickname
	}
	return identifyFolded(name)
}

func identifyFolded(name []byte) fieldID {
	switch {
	case equalFold(name, "to-path"):
		return fieldToPath
	case equalFold(name, "from-path"):
		return fieldFromPath
	case equalFold(name, "message-id"):
		return fieldMessageID
	case equalFold(name, "byte-range"):
		return fieldByteRange
	case equalFold(name, "success-report"):
		return fieldSuccessReport
	case equalFold(name, "failure-report"):
		return fieldFailureReport
	case equalFold(name, "status"):
		return fieldStatus
	case equalFold(name, "use-nickname"):
		return fieldUseNickname
	case equalFold(name, "content-type"):
		return fieldContentType
	default:
		return fieldOther
	}
}

// isMIMEField reports whether the field describes the body and therefore stands
// right before Content-Type. [MSRP-FRM-09]
func isMIMEField(name []byte) bool {
	return len(name) >= 8 && equalFold(name[:8], "content-") || len(name) >= 5 && equalFold(name[:5], "mime-")
}

// appendFieldName appends the name in the spelling of the registry, since several
// peers compare it case-sensitively; another name as it is. [MSRP-FRM-06]
func appendFieldName(dst, name []byte) []byte {
	for _, s := range [...]string{
		"Use-Path", "Expires", "Min-Expires", "Max-Expires", "WWW-Authenticate", "Authorization",
		"Authentication-Info", "Content-ID", "Content-Description", "Content-Disposition",
		"MIME-Version", "Room-Seq", "Room-History",
	} {
		if len(s) == len(name) && foldEqual(name, s) {
			return append(dst, s...)
		}
	}
	return append(dst, name...)
}

// isFieldName reports whether name is a letter followed by token octets
// (RFC 4975 §9).
func isFieldName(name []byte) bool {
	return len(name) > 0 && lowerASCII(name[0]) >= 'a' && lowerASCII(name[0]) <= 'z' && all(name, classToken)
}
