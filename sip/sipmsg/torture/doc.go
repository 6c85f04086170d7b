// Package torture holds the 49 messages of RFC 4475, octet by octet as in the
// archive of its appendix A, with what this product answers to each. Tests of the
// parser, the transport and the server replay them; nothing else imports it.
package torture
