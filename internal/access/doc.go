// Package access answers the two questions that come before every procedure of
// the server: which of our resources a request addresses, and who is asking.
//
// A [Gate] asks them in the order of the row IDN-09: scheme, whether the URI is
// allocated, identity; for peers outside the trust domain the identity comes
// first, so that nobody can find out URIs by trying. It also knows how the
// server names itself, since a Contact must lead back to where the Request-URI
// is looked for. What the caller may then do is for the conference to decide.
//
// Focus and notification service share one Gate.
package access
