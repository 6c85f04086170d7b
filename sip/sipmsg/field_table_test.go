package sipmsg

import (
	"strings"
	"testing"
)

// names are all header fields that the parser knows by name.
const names = `
Accept Accept-Contact Accept-Encoding Accept-Language Alert-Info Allow Allow-Events Answer-Mode
Authentication-Info Authorization Call-ID Call-Info Contact Content-Disposition Content-Encoding
Content-ID Content-Language Content-Length Content-Type Contribution-ID Conversation-ID CSeq Date
Error-Info Event Expires Feature-Caps From Geolocation History-Info Identity In-Reply-To
Info-Package Join Max-Breadth Max-Forwards MIME-Version Min-Expires Min-SE Organization
P-Access-Network-Info P-Asserted-Identity P-Asserted-Service P-Associated-URI P-Called-Party-ID
P-Charging-Function-Addresses P-Charging-Vector P-Early-Media P-Preferred-Identity
P-Preferred-Service P-Visited-Network-ID Path Permission-Missing Priority Privacy
Proxy-Authenticate Proxy-Authorization Proxy-Require RAck Reason Record-Route Recv-Info
Refer-Events-At Refer-Sub Refer-To Referred-By Reject-Contact Replaces Reply-To Request-Disposition
Require Resource-Priority Retry-After Route RSeq Server Service-Route Session-Expires Session-ID
SIP-ETag SIP-If-Match Subject Subscription-State Supported Suppress-If-Match Target-Dialog
Timestamp To Unsupported User-Agent User-to-User Via Warning WWW-Authenticate
`

func TestEveryNameHasOneSpelling(t *testing.T) {
	for _, name := range strings.Fields(names) {
		known, traits := knownName(name)
		if known != name {
			t.Errorf("%s is not known", name)
		}
		for _, spelling := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			if got, s := canonicalName(spelling); got != name || s != traits {
				t.Errorf("%s becomes %s with traits %d, want %s with %d", spelling, got, s, name, traits)
			}
		}
	}
}

func TestUnknownNamesGetCapitals(t *testing.T) {
	long := strings.Repeat("x", 50)
	for in, want := range map[string]string{
		"x-my-id": "X-My-Id", "X-My-Id": "X-My-Id", "X-MY-ID": "X-My-Id", "p": "P", long: "X" + long[1:], "%-a": "%-A",
	} {
		if got, traits := canonicalName(in); got != want || traits != 0 {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
}
