package sipmsg

// Method is a SIP method; case matters (RFC 3261 §7.1).
type Method string

// The methods known to this package.
const (
	INVITE    Method = "INVITE"
	ACK       Method = "ACK"
	BYE       Method = "BYE"
	CANCEL    Method = "CANCEL"
	OPTIONS   Method = "OPTIONS"
	REGISTER  Method = "REGISTER"
	PRACK     Method = "PRACK"
	UPDATE    Method = "UPDATE"
	SUBSCRIBE Method = "SUBSCRIBE"
	NOTIFY    Method = "NOTIFY"
	REFER     Method = "REFER"
	MESSAGE   Method = "MESSAGE"
	INFO      Method = "INFO"
	PUBLISH   Method = "PUBLISH"
)

// Known reports whether m is one of the methods listed here.
func (m Method) Known() bool { return m != "" && knownMethod(string(m)) == m }

// knownMethod returns the constant equal to s, or "".
func knownMethod(s string) Method {
	switch m := Method(s); m {
	case INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, PRACK, UPDATE, SUBSCRIBE,
		NOTIFY, REFER, MESSAGE, INFO, PUBLISH:
		return m
	}
	return ""
}
