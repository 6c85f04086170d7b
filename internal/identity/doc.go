// Package identity says who a SIP request comes from: the order of RFC 3325 and
// TS 24.229 §5.7.1.4, as the rows IDN-* of the conformance page give it.
//
// A [Verifier] trusts the P-Asserted-Identity of configured peers and of nobody
// else. Everybody else must prove an account to an [Authenticator]; where there
// is none, nobody untrusted gets in. The single exception is the local profile,
// in which every peer on this host is who it says.
//
// The focus and the notification service call it for each request outside a
// dialog. It never looks at conferences or policies: what the caller may do is
// decided by internal/conference.
package identity
