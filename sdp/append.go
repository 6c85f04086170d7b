package sdp

import (
	"strconv"
	"strings"
)

// Append writes the description in the order of RFC 8866 §5 with CRLF line
// ends. The caller answers for field values without CR and LF; what came from
// [Parse] has none.
func (s *Session) Append(dst []byte) []byte {
	dst = append(dst, "v=0\r\n"...)
	dst = s.Origin.append(dst)
	// RFC 3264 §5: "s=-" and "t=0 0" say that neither matters. [SDP-24]
	dst = append(dst, "s="...)
	dst = append(dst, orDefault(s.Name, "-")...)
	dst = append(dst, "\r\n"...)
	dst = s.Connection.append(dst)
	dst = append(dst, "t=0 0\r\n"...)
	dst = appendAttributes(dst, s.Attributes)
	for i := range s.Media {
		dst = s.Media[i].append(dst)
	}
	return dst
}

// String returns the description as text.
func (s *Session) String() string { return string(s.Append(nil)) }

func (o Origin) append(dst []byte) []byte {
	dst = append(dst, "o="...)
	dst = append(dst, orDefault(o.Username, "-")...)
	dst = append(dst, ' ')
	dst = strconv.AppendUint(dst, o.SessionID, 10)
	dst = append(dst, ' ')
	dst = strconv.AppendUint(dst, o.Version, 10)
	dst = append(dst, ' ')
	return appendAddress(dst, o.NetType, o.AddressType, o.Address)
}

func (c Connection) append(dst []byte) []byte {
	if c.IsZero() {
		return dst
	}
	dst = append(dst, "c="...)
	return appendAddress(dst, c.NetType, c.AddressType, c.Address)
}

func appendAddress(dst []byte, net, kind, address string) []byte {
	dst = append(dst, orDefault(net, "IN")...)
	dst = append(dst, ' ')
	dst = append(dst, orDefault(kind, addressType(address))...)
	dst = append(dst, ' ')
	dst = append(dst, orDefault(address, "0.0.0.0")...)
	return append(dst, "\r\n"...)
}

func (m *Media) append(dst []byte) []byte {
	dst = append(dst, "m="...)
	dst = append(dst, m.Type...)
	dst = append(dst, ' ')
	dst = strconv.AppendUint(dst, uint64(m.Port), 10)
	dst = append(dst, ' ')
	dst = append(dst, m.Proto...)
	for _, f := range m.Formats {
		dst = append(dst, ' ')
		dst = append(dst, f...)
	}
	dst = append(dst, "\r\n"...)
	dst = m.Connection.append(dst)
	return appendAttributes(dst, m.Attributes)
}

func appendAttributes(dst []byte, list []Attribute) []byte {
	for _, a := range list {
		dst = append(dst, "a="...)
		dst = append(dst, a.Name...)
		if a.Value != "" {
			dst = append(dst, ':')
			dst = append(dst, a.Value...)
		}
		dst = append(dst, "\r\n"...)
	}
	return dst
}

func addressType(address string) string {
	if strings.Contains(address, ":") {
		return "IP6"
	}
	return "IP4"
}

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
