package dialog

import "github.com/confab-chat/confab/sip"

func badRequest(reason string) error {
	return &sip.Error{Status: 400, Reason: reason}
}
