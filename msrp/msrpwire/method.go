package msrpwire

// Method is the method of a request, compared case-sensitively.
type Method string

// Registered methods.
const (
	SEND     Method = "SEND"
	REPORT   Method = "REPORT"
	NICKNAME Method = "NICKNAME" // RFC 7701 §7.1
	AUTH     Method = "AUTH"     // RFC 4976 §5.1
)

// parseMethod allocates only for a method that is not registered.
//
// RFC 4975 §9 allows upper-case letters; FILE_OFFSET is in use, so "_" is taken
// too. [MSRP-FRM-24]
func parseMethod(tok []byte) (Method, bool) {
	switch string(tok) {
	case "SEND":
		return SEND, true
	case "REPORT":
		return REPORT, true
	case "NICKNAME":
		return NICKNAME, true
	case "AUTH":
		return AUTH, true
	}
	for i, c := range tok {
		if (c < 'A' || c > 'Z') && (c != '_' || i == 0) {
			return "", false
		}
	}
	return Method(tok), len(tok) > 0
}
