// Package event is SIP event notification (RFC 6665): notifier and subscriber.
//
// As a notifier an [Agent] serves the packages registered with [Agent.Register]. It
// checks what does not depend on the package (Event, Expires), asks the package's
// [Notifier], and keeps each [Subscription]: expiry, refreshes, the final NOTIFY. Only
// one NOTIFY of a subscription is open at a time, and its body is taken from the
// subscription's [Feed] at the moment it may leave, so that a package can merge what
// happened since the last one.
//
// As a subscriber it keeps each [Watch]: the NOTIFY that overtakes the 200, Timer N,
// refreshes before expiry, the end.
//
// Subscriptions are dialogs of their own: a SUBSCRIBE inside the dialog of something
// else is refused (RFC 6665 §4.5.2).
//
// Callbacks run on the serial executor of the Call-ID and must not block. Methods may
// be called from any goroutine unless their documentation says otherwise. Callbacks can
// come before a method returns that was not called on the executor: its caller must
// hold no lock that they take.
package event
