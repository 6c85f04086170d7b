// Package server is the only assembly: it builds focus, mixer, notification
// service and what they stand on from one configuration, plugs them into each
// other, and owns start and shutdown.
//
//	config ─► journal ─► directory ─┬─► focus ───┐
//	                                ├─► mixer ◄──┤ legs
//	                                └─► notify   │
//	          SIP stack ◄───────────── handlers ─┘
//	          MSRP endpoint ◄─ mixer
//
// It decides nothing about conferences and parses nothing.
package server
