package sipmsg

import "strconv"

// RAck names the provisional response that a PRACK acknowledges (RFC 3262 §7.2).
type RAck struct {
	RSeq uint32
	CSeq CSeq
}

// String returns the value of the header field.
func (r RAck) String() string {
	return strconv.FormatUint(uint64(r.RSeq), 10) + " " + r.CSeq.String()
}

// RAck returns the RAck field.
func (h *Header) RAck() (RAck, error) {
	i := h.index("RAck")
	if i < 0 {
		return RAck{}, missing("RAck")
	}
	first, rest, _ := cut(h.Fields[i].Value, ' ')
	n, ok := parseSeconds(first)
	cseq, err := parseCSeq(rest)
	if !ok || err != nil {
		return RAck{}, malformed("RAck", "malformed")
	}
	return RAck{RSeq: n, CSeq: cseq}, nil
}

// RSeq returns the RSeq field, and whether it is there and well formed
// (RFC 3262 §7.1).
func (h *Header) RSeq() (uint32, bool) { return parseSeconds(h.Value("RSeq")) }
