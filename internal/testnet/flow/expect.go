package flow

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// fits reports what a message lacks of what a step expects, nil if nothing. What it
// learns stays in w also if it does not fit.
func (a *actor) fits(s *step, m sipmsg.Message, w words) error {
	start, method := bracket(s.what)
	got, _, _ := strings.Cut(string(m.Append(nil)), "\r\n")
	if !w.fits(start, got) {
		return fmt.Errorf("another start line: %q", got)
	}
	if err := a.belongs(m, method); err != nil {
		return err
	}
	if err := headers(s.lines, m.Head(), w); err != nil {
		return err
	}
	if s.noBody && len(m.Content()) > 0 {
		return fmt.Errorf("a body:\n%s", m.Content())
	}
	if len(s.body) == 0 {
		return nil
	}
	kind, _ := m.Head().ContentType()
	return body(kind, s.body, m.Content(), w)
}

// belongs holds a message against what the actor knows of its dialog.
func (a *actor) belongs(m sipmsg.Message, method string) error {
	c := a.call(m.Head().CallID())
	if req, ok := m.(*sipmsg.Request); ok {
		return c.holds(req)
	}
	number, err := m.Head().CSeq()
	if err != nil || method != "" && string(number.Method) != method {
		return fmt.Errorf("a response to %s", number.Method)
	}
	return c.answered(c.sent[number.Method], m.Head())
}

// holds holds a request against the dialog that it is in (RFC 3261 §12.2.1.1).
func (c *call) holds(req *sipmsg.Request) error {
	own, theirs := tag(c.own, ""), tag(c.theirs, "")
	if own == "" || theirs == "" || req.Method == sipmsg.CANCEL { // which is as the INVITE was
		return nil
	}
	if tag(req.Header.Value("To"), "") != own || tag(req.Header.Value("From"), "") != theirs {
		return fmt.Errorf("not of the dialog of %q and %q", own, theirs)
	}
	return nil
}

// answered holds the header of a response against its request (RFC 3261 §8.2.6.2).
func (c *call) answered(req *sipmsg.Request, h *sipmsg.Header) error {
	if req == nil {
		return errors.New("no such request of that Call-ID was sent")
	}
	for _, name := range []string{"From", "CSeq"} {
		if h.Value(name) != req.Header.Value(name) {
			return fmt.Errorf("%s is not that of the request: %q", name, h.Value(name))
		}
	}
	ours, _ := req.Header.Via()
	via, err := h.Via()
	if err != nil || via.Branch() != ours.Branch() {
		return errors.New("the branch is not that of the request")
	}
	if to := req.Header.Value("To"); !strings.HasPrefix(h.Value("To"), to) {
		return fmt.Errorf("the To is not that of the request: %q", h.Value("To"))
	}
	return nil
}

// headers holds header lines against a header.
func headers(lines []string, h *sipmsg.Header, w words) error {
	for _, line := range lines {
		if name, ok := strings.CutPrefix(line, "no "); ok {
			if i := slices.IndexFunc(h.Fields, func(f sipmsg.Field) bool { return strings.EqualFold(f.Name, name) }); i >= 0 {
				return fmt.Errorf("unwanted: %s: %s", name, h.Fields[i].Value)
			}
			continue
		}
		name, want, ok := strings.Cut(line, ": ")
		if !ok {
			return fmt.Errorf("no header line: %q", line)
		}
		if !field(name, want, h, w) {
			return fmt.Errorf("not there: %s\n(%s: %q)", line, name, h.Values(name))
		}
	}
	return nil
}

// field reports whether a header has a field as it is written, or all elements of it.
func field(name, want string, h *sipmsg.Header, w words) bool {
	for _, f := range h.Fields {
		if f.Name == name && w.fits(want, f.Value) {
			return true
		}
	}
	got := h.Values(name)
	elements := (&sipmsg.Header{Fields: []sipmsg.Field{{Name: name, Value: want}}}).Values(name)
	for _, element := range elements {
		if !among(element, got, w) {
			return false
		}
	}
	return len(elements) > 0
}

// among reports whether one of the texts fits.
func among(want string, got []string, w words) bool {
	for _, text := range got {
		if w.fits(want, text) {
			return true
		}
	}
	return false
}
