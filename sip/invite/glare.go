package invite

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
)

// backOff is how long to wait after 491 before the re-INVITE is tried once more:
// 2.1 to 4 s for the owner of the Call-ID, 0 to 2 s for the other side, in steps of
// 10 ms (RFC 3261 §14.1). [FOC-MOD-03]
func backOff(ownsCallID bool) time.Duration {
	if ownsCallID {
		return time.Duration(210+rand.IntN(191)) * 10 * time.Millisecond //nolint:gosec // no secret
	}
	return time.Duration(rand.IntN(201)) * 10 * time.Millisecond //nolint:gosec // no secret
}

// overlapping answers an INVITE that came before the one before it was answered
// (RFC 3261 §14.2). [FOC-MOD-02]
func overlapping(tx *transaction.ServerTx) {
	seconds := strconv.Itoa(rand.IntN(11)) //nolint:gosec // no secret
	dialog.Reply(tx, 500, "", sipmsg.Field{Name: "Retry-After", Value: seconds})
}
