// Package certs keeps the certificates of a server: it reads them from files,
// reads them again when told to or when the files have changed, and hands out
// TLS configurations that always use the newest that were in order. A broken
// file is logged and what was there before stays in use.
//
// Server makes one [Store] and gives its configurations to SIP, MSRP and HTTPS,
// which never touch files themselves.
package certs
