package sipmsg

// knownName returns name and its traits if it is the usual spelling of a known
// header field, else "".
func knownName(name string) (string, trait) {
	switch name {
	case "From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length", "Content-Type",
		"Content-Disposition", "Content-ID", "Event", "Subscription-State", "Expires", "Min-Expires",
		"Refer-To", "Referred-By", "Refer-Sub", "Replaces", "Join", "Target-Dialog", "RAck", "RSeq",
		"Session-Expires", "Min-SE", "Retry-After", "Date", "MIME-Version", "Organization", "Priority",
		"Server", "Subject", "Timestamp", "User-Agent", "Reply-To", "Identity", "SIP-ETag",
		"SIP-If-Match", "Refer-Events-At", "Answer-Mode", "Max-Breadth", "Suppress-If-Match",
		"Info-Package", "Session-ID", "User-to-User", "Contribution-ID", "Conversation-ID":
		return name, single
	case "Via", "Contact", "Content-Encoding", "Content-Language", "Route", "Record-Route", "Allow",
		"Allow-Events", "Supported", "Require", "Proxy-Require", "Unsupported", "Accept",
		"Accept-Encoding", "Accept-Language", "Accept-Contact", "Reject-Contact", "Request-Disposition",
		"Reason", "Warning", "Alert-Info", "Call-Info", "Error-Info", "P-Asserted-Identity",
		"P-Preferred-Identity", "P-Access-Network-Info", "P-Asserted-Service", "P-Preferred-Service",
		"P-Early-Media", "P-Visited-Network-ID", "P-Associated-URI", "In-Reply-To", "Path",
		"Service-Route", "History-Info", "Geolocation", "Resource-Priority", "Permission-Missing",
		"Recv-Info", "Feature-Caps":
		return name, list
	case "Privacy", "P-Charging-Vector", "P-Charging-Function-Addresses", "P-Called-Party-ID",
		"WWW-Authenticate", "Authorization", "Proxy-Authenticate", "Proxy-Authorization",
		"Authentication-Info":
		return name, 0
	}
	return "", 0
}

// longForm returns the usual spelling for a name in lower case or compact form.
//
//nolint:cyclop,funlen // a table
func longForm(lower []byte) string {
	switch string(lower) {
	case "accept":
		return "Accept"
	case "accept-contact", "a":
		return "Accept-Contact"
	case "accept-encoding":
		return "Accept-Encoding"
	case "accept-language":
		return "Accept-Language"
	case "alert-info":
		return "Alert-Info"
	case "allow":
		return "Allow"
	case "allow-events", "u":
		return "Allow-Events"
	case "answer-mode":
		return "Answer-Mode"
	case "authentication-info":
		return "Authentication-Info"
	case "authorization":
		return "Authorization"
	case "call-id", "i":
		return "Call-ID"
	case "call-info":
		return "Call-Info"
	case "contact", "m":
		return "Contact"
	case "content-disposition":
		return "Content-Disposition"
	case "content-encoding", "e":
		return "Content-Encoding"
	case "content-id":
		return "Content-ID"
	case "content-language":
		return "Content-Language"
	case "content-length", "l":
		return "Content-Length"
	case "content-type", "c":
		return "Content-Type"
	case "contribution-id":
		return "Contribution-ID"
	case "conversation-id":
		return "Conversation-ID"
	case "cseq":
		return "CSeq"
	case "date":
		return "Date"
	case "error-info":
		return "Error-Info"
	case "event", "o":
		return "Event"
	case "expires":
		return "Expires"
	case "feature-caps":
		return "Feature-Caps"
	case "from", "f":
		return "From"
	case "geolocation":
		return "Geolocation"
	case "history-info":
		return "History-Info"
	case "identity", "y":
		return "Identity"
	case "in-reply-to":
		return "In-Reply-To"
	case "info-package":
		return "Info-Package"
	case "join":
		return "Join"
	case "max-breadth":
		return "Max-Breadth"
	case "max-forwards":
		return "Max-Forwards"
	case "mime-version":
		return "MIME-Version"
	case "min-expires":
		return "Min-Expires"
	case "min-se":
		return "Min-SE"
	case "organization":
		return "Organization"
	case "p-access-network-info":
		return "P-Access-Network-Info"
	case "p-asserted-identity":
		return "P-Asserted-Identity"
	case "p-asserted-service":
		return "P-Asserted-Service"
	case "p-associated-uri":
		return "P-Associated-URI"
	case "p-called-party-id":
		return "P-Called-Party-ID"
	case "p-charging-function-addresses":
		return "P-Charging-Function-Addresses"
	case "p-charging-vector":
		return "P-Charging-Vector"
	case "p-early-media":
		return "P-Early-Media"
	case "p-preferred-identity":
		return "P-Preferred-Identity"
	case "p-preferred-service":
		return "P-Preferred-Service"
	case "p-visited-network-id":
		return "P-Visited-Network-ID"
	case "path":
		return "Path"
	case "permission-missing":
		return "Permission-Missing"
	case "priority":
		return "Priority"
	case "privacy":
		return "Privacy"
	case "proxy-authenticate":
		return "Proxy-Authenticate"
	case "proxy-authorization":
		return "Proxy-Authorization"
	case "proxy-require":
		return "Proxy-Require"
	case "rack":
		return "RAck"
	case "reason":
		return "Reason"
	case "record-route":
		return "Record-Route"
	case "recv-info":
		return "Recv-Info"
	case "refer-events-at":
		return "Refer-Events-At"
	case "refer-sub":
		return "Refer-Sub"
	case "refer-to", "r":
		return "Refer-To"
	case "referred-by", "b":
		return "Referred-By"
	case "reject-contact", "j":
		return "Reject-Contact"
	case "replaces":
		return "Replaces"
	case "reply-to":
		return "Reply-To"
	case "request-disposition", "d":
		return "Request-Disposition"
	case "require":
		return "Require"
	case "resource-priority":
		return "Resource-Priority"
	case "retry-after":
		return "Retry-After"
	case "route":
		return "Route"
	case "rseq":
		return "RSeq"
	case "server":
		return "Server"
	case "service-route":
		return "Service-Route"
	case "session-expires", "x":
		return "Session-Expires"
	case "session-id":
		return "Session-ID"
	case "sip-etag":
		return "SIP-ETag"
	case "sip-if-match":
		return "SIP-If-Match"
	case "subject", "s":
		return "Subject"
	case "subscription-state":
		return "Subscription-State"
	case "supported", "k":
		return "Supported"
	case "suppress-if-match":
		return "Suppress-If-Match"
	case "target-dialog":
		return "Target-Dialog"
	case "timestamp":
		return "Timestamp"
	case "to", "t":
		return "To"
	case "unsupported":
		return "Unsupported"
	case "user-to-user":
		return "User-to-User"
	case "user-agent":
		return "User-Agent"
	case "via", "v":
		return "Via"
	case "warning":
		return "Warning"
	case "www-authenticate":
		return "WWW-Authenticate"
	}
	return ""
}
