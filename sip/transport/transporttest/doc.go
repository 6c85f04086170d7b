// Package transporttest is a network in memory for tests of everything that
// stands on sip/transport. It runs under testing/synctest, where hours of
// timers pass in milliseconds, and it loses, repeats and delays datagrams as a
// test wants it to.
//
// It imitates UDP and TCP as far as package transport uses them: datagrams that
// find no socket vanish, connections to ports without listener are refused.
package transporttest
