package sipmsg

// ChargingVector ties the charging records of a session together (RFC 7315 §4.6).
type ChargingVector struct {
	// ICIDValue identifies the session.
	ICIDValue string
	// Params are icid-generated-at, orig-ioi, term-ioi and others, in order.
	Params Params
}

// String returns the value of the header field.
func (c ChargingVector) String() string {
	params := append(Params{{Name: "icid-value", Value: c.ICIDValue, Quoted: true}}, c.Params...)
	return params.String()[1:]
}

// ChargingVector returns the P-Charging-Vector field.
func (h *Header) ChargingVector() (ChargingVector, error) {
	const field = "P-Charging-Vector"
	i := h.index(field)
	if i < 0 {
		return ChargingVector{}, missing(field)
	}
	params, err := parseParams(nil, ";"+h.Fields[i].Value, field)
	if err != nil {
		return ChargingVector{}, err
	}
	icid, ok := params.Lookup("icid-value")
	if !ok || icid == "" {
		return ChargingVector{}, malformed(field, "no icid-value")
	}
	return ChargingVector{ICIDValue: icid, Params: params.Without("icid-value")}, nil
}
