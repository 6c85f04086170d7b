// Package api is the HTTP API of the conferences: an administrator's way to see
// them, to allocate and change them, to bring users in and take them out, to
// end them, and to read what was said.
//
// Everything is JSON under /api/v1, described by an OpenAPI 3.1 document at
// /api/v1/openapi.json. Errors are problem documents (RFC 9457), lists are paged.
// A bearer token opens it; without one configured it answers programs on this
// host only, and no web pages.
//
//	HTTP ──► guard ──► operation ──► instance.Directory, Instance.Do, Focus
//	                        ▲                                │
//	                        └── result, or a problem ◄───────┘
//
// The package decides nothing about conferences: the administration may do what
// can be done, and what can be done is the model's to say.
package api
