package focus

import (
	"bytes"
	"slices"
	"strings"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// again calls once more in a way that the refusal of the first call asks for:
// without the extensions that are not supported there, or without preconditions.
// Challenges and intervals too small are answered below; redirections count as
// failures, since they would lead around consent. D-52 [FOC-OUT-11]
func (i *invitation) again(e *sip.Error) bool {
	if i.adapted || i.isSettled() {
		return false
	}
	var without []string
	switch e.Status {
	case 420:
		h := sipmsg.Header{Fields: e.Header}
		without = h.Tokens("Unsupported")
	case 580:
		without = []string{preconditionTag}
	}
	supported := i.call.focus.dialogs.Supported()
	left := slices.DeleteFunc(strings.Split(supported, ", "), func(tag string) bool {
		return slices.ContainsFunc(without, func(w string) bool { return strings.EqualFold(w, tag) })
	})
	if len(without) == 0 || strings.Join(left, ", ") == supported {
		return false
	}
	i.adapted, i.supported = true, strings.Join(left, ", ")
	if !slices.Contains(left, preconditionTag) {
		i.withoutPreconditions()
	}
	i.dial()
	return true
}

// withoutPreconditions takes the status lines out of the offer (RFC 3312 §4).
func (i *invitation) withoutPreconditions() {
	c := i.call
	c.mu.Lock()
	defer c.mu.Unlock()
	lines := slices.DeleteFunc(bytes.SplitAfter(i.offer, []byte("\n")), func(line []byte) bool {
		return bytes.HasPrefix(line, []byte("a=curr:")) || bytes.HasPrefix(line, []byte("a=des:")) ||
			bytes.HasPrefix(line, []byte("a=conf:"))
	})
	i.offer = bytes.Join(lines, nil)
}
