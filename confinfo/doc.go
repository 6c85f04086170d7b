// Package confinfo holds conference-information documents (RFC 4575), the
// bodies of the conference event package: the roster of a conference as a
// notification service sends it and a subscriber keeps it.
//
// A [Document] is written by Append, or by way of a [Template] when many
// subscribers get the same content under their own version numbers, and read by
// [Unmarshal]. [Diff] makes the partial document that leads from one full state
// to the next; [Apply] carries a received document into a subscriber's local
// state and says when a refresh is needed. What is written is valid against the
// schema of the RFC; what is read may hold elements, attributes and values that
// nobody here knows.
//
// The notification service and the participant use it. It never decides who
// may see whom, nor when a document is sent.
package confinfo
