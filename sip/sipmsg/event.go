package sipmsg

// Event names an event package and its parameters (RFC 6665 §8.2.1).
type Event struct {
	// Package is the event type with its templates: "conference", "refer",
	// "presence.winfo". Compare it octet by octet.
	Package string
	// Params hold the id and the parameters of the package.
	Params Params
}

// ID returns the id parameter, "" if there is none.
func (e Event) ID() string {
	id, _ := e.Params.Lookup("id")
	return id
}

// String returns the value of the header field.
func (e Event) String() string { return e.Package + e.Params.String() }

// Event returns the Event field.
func (h *Header) Event() (Event, error) {
	value, params, err := h.tokenParams("Event")
	return Event{Package: value, Params: params}, err
}

// tokenParams reads a field of the form token *( SEMI generic-param ).
func (h *Header) tokenParams(name string) (string, Params, error) {
	i := h.index(name)
	if i < 0 {
		return "", nil, missing(name)
	}
	return parseTokenParams(h.Fields[i].Value, name)
}

func parseTokenParams(s, field string) (string, Params, error) {
	value, rest := cutParams(s)
	if !classToken.all(value) {
		return "", nil, malformed(field, "no token")
	}
	params, err := parseParams(nil, rest, field)
	if err != nil {
		return "", nil, err
	}
	return value, params, nil
}
