// Package fanout measures what it costs a server to give every message to many
// receivers, in CPU time and on the clock, beside a bare server in the same run:
// one that moves as many octets with a goroutine for each connection and knows
// no protocol. It measures the memory of idle receivers, too.
//
// The servers run in processes of their own, so that their CPU time can be told
// from that of the load. A benchmark is its own server program: its TestMain
// calls [Main], and [Run] and [Idle] start the test binary again.
//
// It is imported by tests only.
package fanout
