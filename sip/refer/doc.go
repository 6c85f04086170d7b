// Package refer is the REFER usage (RFC 3515), both roles, with its relatives: the
// suppressed subscription (RFC 4488), the explicit one (RFC 7614), many targets in one request (RFC 5368)
// and Target-Dialog (RFC 4538).
//
// Who receives a REFER gets an [Incoming] from the [Agent]: its syntax is checked, its
// [Target] is read wherever the method is spelled. Accepting it makes a [Referral],
// which reports what comes of the request by NOTIFY: 100 at once, then what
// [Referral.Report] says, at most once a second, and the final status as last word. Who
// requires explicitsub is told where he can subscribe to that himself; what came of it
// can be asked for there until a minute after the end.
//
// Who sends one calls [Agent.Refer] or [Agent.ReferInside] and hears through a
// [Watcher] what came of it, also if a NOTIFY overtakes the 202 or the request forks.
//
// The focus and the participant use it. It does not carry out what a REFER asks for.
//
// Callbacks run on the serial executor of the Call-ID and must not block. Methods may
// be called from any goroutine unless their documentation says otherwise.
package refer
