// Package limits keeps one peer, or all of them together, from taking more of the
// server than there is.
//
// [Connections] counts the connections of an address over all protocols, [Files] knows
// whether the process has file descriptors for more. [Load]
// measures how long work waits for a processor, and says which new requests to turn
// away (503 with Retry-After) so that those who are in keep being served. [Sampled] is
// a log handler that keeps floods of refusals out of the log. Each refusal is counted.
//
// The packages below take these through small interfaces or functions of their own.
package limits
