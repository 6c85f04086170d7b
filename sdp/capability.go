package sdp

// Capability describes what a side can do, for the answer to OPTIONS and for a
// 488 (RFC 3264 §9). l.URI and l.Direction are not used; l.Address is the host
// for o= and c=. [SDP-27] [OPT-03]
func Capability(l Local, protos ...Proto) *Session {
	c := ConnectionOf(l.Address)
	s := &Session{
		Origin:     Origin{NetType: c.NetType, AddressType: c.AddressType, Address: c.Address},
		Connection: c,
	}
	for _, proto := range protos {
		m := l.message(proto, SetupNone, SendRecv)
		m.Port, m.Path, m.Fingerprints, m.CEMA = 0, nil, nil, false
		if l.Resources.Used { // RFC 3312 §12
			m.Preconditions = []Precondition{{
				Kind: kindDesired, Type: TypeQoS, Strength: StrengthNone.String(), Status: localSegment.String(), Direction: tagBoth,
			}}
		}
		s.Media = append(s.Media, m.Media())
	}
	return s
}
