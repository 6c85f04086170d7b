package refer

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// fragmentType is the Content-Type of a report (RFC 3515 §2.4.5).
const fragmentType = "message/sipfrag;version=2.0"

// fragment writes a status line; its phrase is never empty. [FOC-REF-06]
func fragment(status int, reason string) []byte {
	reason = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return -1
		}
		return c
	}, reason)
	if strings.TrimSpace(reason) == "" {
		reason = sipmsg.ReasonPhrase(status)
	}
	return []byte("SIP/2.0 " + strconv.Itoa(status) + " " + reason + "\r\n")
}

// parseFragment reads the status line that a report begins with.
func parseFragment(body []byte) (status int, reason string, ok bool) {
	line, _, _ := bytes.Cut(body, []byte("\n"))
	version, rest, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
	code, reason, _ := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	ok = err == nil && strings.EqualFold(version, "SIP/2.0") && status >= 100 && status <= 699 && len(code) == 3
	if !ok {
		return 0, "", false
	}
	return status, strings.TrimSpace(reason), true
}
