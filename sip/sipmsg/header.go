package sipmsg

import "slices"

// Field is one header field.
type Field struct {
	// Name in canonical form: "Call-ID", never "i" or "call-id".
	Name string
	// Value without folds and without white space at its ends.
	Value string
}

// Header is the header of a message, in wire order. Names given to its methods
// are canonical. The zero value is an empty header.
type Header struct {
	Fields []Field
}

// Value returns the text of the first field of that name, "" if there is none.
func (h *Header) Value(name string) string {
	if i := h.index(name); i >= 0 {
		return h.Fields[i].Value
	}
	return ""
}

// Has reports whether a field of that name is there, even an empty one.
func (h *Header) Has(name string) bool { return h.index(name) >= 0 }

func (h *Header) index(name string) int {
	for i := range h.Fields {
		if h.Fields[i].Name == name {
			return i
		}
	}
	return -1
}

// Values returns every value of that name in order. Fields that are lists by
// definition are split at commas outside quotes and angle brackets.
func (h *Header) Values(name string) []string {
	_, t := knownName(name)
	var out []string
	for i := range h.Fields {
		if h.Fields[i].Name != name {
			continue
		}
		if t&list == 0 {
			out = append(out, h.Fields[i].Value)
			continue
		}
		out = appendElements(out, h.Fields[i].Value)
	}
	return out
}

// appendElements splits s at its commas and drops empty elements.
func appendElements(out []string, s string) []string {
	for more := true; more; {
		var element string
		if element, s, more = nextElement(s); element != "" {
			out = append(out, element)
		}
	}
	return out
}

// Tokens returns the elements of a comma-separated field, whatever its name:
// option tags, methods, event packages.
func (h *Header) Tokens(name string) []string {
	var out []string
	for i := range h.Fields {
		if h.Fields[i].Name == name {
			out = appendElements(out, h.Fields[i].Value)
		}
	}
	return out
}

// HasToken reports whether a comma-separated field holds token, without regard
// to case.
func (h *Header) HasToken(name, token string) bool {
	for i := range h.Fields {
		if h.Fields[i].Name != name {
			continue
		}
		rest := h.Fields[i].Value
		for more := true; more; {
			var element string
			if element, rest, more = nextElement(rest); equalFold(element, token) {
				return true
			}
		}
	}
	return false
}

// Set replaces all fields of that name by one, in the place of the first or at
// the end.
func (h *Header) Set(name, value string) {
	i := h.index(name)
	if i < 0 {
		h.Add(name, value)
		return
	}
	h.Fields[i].Value = value
	for j := len(h.Fields) - 1; j > i; j-- {
		if h.Fields[j].Name == name {
			h.Fields = slices.Delete(h.Fields, j, j+1)
		}
	}
}

// Add puts a field at the end.
func (h *Header) Add(name, value string) {
	h.Fields = append(h.Fields, Field{Name: name, Value: value})
}

// Prepend puts a field before all others of that name, which for Via, Route and
// Record-Route makes it the topmost; without such a field, before all fields.
func (h *Header) Prepend(name, value string) {
	h.Fields = slices.Insert(h.Fields, max(h.index(name), 0), Field{Name: name, Value: value})
}

// Del removes all fields of that name.
func (h *Header) Del(name string) {
	h.Fields = slices.DeleteFunc(h.Fields, func(f Field) bool { return f.Name == name })
}

// Clone returns a copy that shares no slice with h.
func (h *Header) Clone() Header { return Header{Fields: slices.Clone(h.Fields)} }
