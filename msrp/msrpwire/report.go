package msrpwire

import "strconv"

// FailureReport is the value of a Failure-Report field (RFC 4975 §7.1.1). The
// zero value is the default of an absent field. [MSRP-RPT-01]
type FailureReport uint8

// Values of Failure-Report.
const (
	FailureYes     FailureReport = iota // answer everything
	FailurePartial                      // answer errors only
	FailureNo                           // answer nothing
)

// String returns the value as written in the field.
func (f FailureReport) String() string {
	switch f {
	case FailurePartial:
		return "partial"
	case FailureNo:
		return "no"
	default:
		return "yes"
	}
}

func parseFailureReport(v []byte) (FailureReport, bool) {
	switch {
	case equalFold(v, "yes"):
		return FailureYes, true
	case equalFold(v, "no"):
		return FailureNo, true
	case equalFold(v, "partial"):
		return FailurePartial, true
	default:
		return FailureYes, false
	}
}

// ReportStatus is the value of the Status field of a REPORT (RFC 4975 §7.1.3).
// The zero value means that the field is absent.
type ReportStatus struct {
	Namespace int    // 0 for the codes registered for MSRP
	Code      int    // three digits
	Comment   []byte // may be empty
}

// IsZero reports whether the field is absent.
func (s ReportStatus) IsZero() bool { return s.Code == 0 }

func parseReportStatus(v []byte) (ReportStatus, bool) {
	if len(v) < 7 || v[3] != ' ' || len(v) > 7 && v[7] != ' ' {
		return ReportStatus{}, false
	}
	ns, ok1 := threeDigits(v[:3])
	code, ok2 := threeDigits(v[4:7])
	s := ReportStatus{Namespace: ns, Code: code}
	if len(v) > 8 {
		s.Comment = v[8:]
	}
	return s, ok1 && ok2 && code > 0
}

// Append appends the status as in a Status field, such as "000 200 OK".
func (s ReportStatus) Append(dst []byte) []byte {
	dst = appendThreeDigits(dst, s.Namespace)
	dst = append(dst, ' ')
	dst = appendThreeDigits(dst, s.Code)
	if len(s.Comment) > 0 {
		dst = append(dst, ' ')
		dst = append(dst, s.Comment...)
	}
	return dst
}

func (s ReportStatus) valid() bool {
	return s.Namespace >= 0 && s.Namespace <= statusHighest &&
		s.Code > 0 && s.Code <= statusHighest && !hasControl(s.Comment)
}

func threeDigits(s []byte) (int, bool) {
	if len(s) != 3 {
		return 0, false
	}
	a, b, c := s[0]-'0', s[1]-'0', s[2]-'0'
	return int(a)*100 + int(b)*10 + int(c), a <= 9 && b <= 9 && c <= 9
}

func appendThreeDigits(dst []byte, n int) []byte {
	for limit := 100; limit > n && limit > 1; limit /= 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, int64(n), 10)
}
