package focus

import (
	"slices"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// referral is what the roster shows of a Referred-By: a claim, no more. One that
// cannot be read is as good as none. [FOC-JOI-12]
func referral(referredBy string, at time.Time) *conference.Referral {
	if referredBy == "" {
		return nil
	}
	by, err := sipmsg.ParseAddress(referredBy)
	if err != nil {
		return nil
	}
	return &conference.Referral{By: conference.User(identity.Of(by.URI)), At: at}
}

// claim refuses an INVITE that says whose referral it comes from, and refers to a
// token for it that is not there or is none (RFC 3892 §2.3, §4.1). Who has signed
// a token is not looked at, and nothing follows from it. [FOC-JOI-12]
func claim(req *sipmsg.Request) *sip.Error {
	by, err := req.Header.ReferredBy()
	if err != nil {
		return nil //nolint:nilerr // none, or one that cannot be read: no claim
	}
	cid, ok := by.Params.Lookup("cid")
	if !ok {
		return nil
	}
	if token, found := sipmsg.Named(req, cid); found {
		t, _ := token.Header.ContentType()
		if slices.ContainsFunc(tokenTypes(), t.Is) {
			return nil
		}
	}
	return &sip.Error{Status: 429}
}

// tokenTypes are the types that a token may have.
func tokenTypes() []string { return []string{"multipart/signed", "message/sipfrag"} }
