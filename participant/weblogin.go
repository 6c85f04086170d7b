package participant

import (
	"net/http"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sip/digest"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// webLogin returns what logs in to the WebSocket of a mixer: with the password that
// is for SIP, too; nil if there is none. [WS-06]
func (u *UE) webLogin() func() msrp.WebLogin {
	if u.login == nil {
		return nil
	}
	return func() msrp.WebLogin { return webLogin{u.login.Exchange()} }
}

// webLogin is one handshake with its challenges.
type webLogin struct{ exchange *digest.Exchange }

// Answer implements [msrp.WebLogin].
func (l webLogin) Answer(challenge http.Header, uri string) http.Header {
	resp := &sipmsg.Response{Status: http.StatusUnauthorized}
	for _, value := range challenge.Values("WWW-Authenticate") {
		resp.Header.Add("WWW-Authenticate", value)
	}
	if !l.exchange.Challenged(resp) {
		return nil
	}
	fields := make(http.Header)
	for _, f := range l.exchange.Credentials(http.MethodGet, uri) {
		fields.Add(f.Name, f.Value)
	}
	return fields
}
