// Package participant is the user's side of a messaging conference, the UE of
// 3GPP TS 24.247 clause 7.3.1, as a library: it creates and joins conferences,
// sends and receives messages, follows the roster and leaves.
//
// A [UE] is one device of one user with a SIP stack and an MSRP endpoint of its
// own; nothing is shared between UEs, and many fit into one process. [UE.Join] and
// [UE.Create] place the call (INVITE with an MSRP offer), bind the MSRP session and
// subscribe to the conference event package; the [Conference] they return carries
// messages until it is left. What happens arrives as [Event] values on a channel.
//
// By itself the package answers re-INVITEs, refreshes and renews subscriptions,
// asks for a full roster when a document is missing, replaces a broken MSRP
// connection once by a re-INVITE, and tells senders who ask for it that their message
// has arrived (RFC 5438), unless the user is anonymous or Config.NoNotifications is set.
//
// [Message.Ask] asks recipients for such notifications, which come as [Notified];
// [Conference.Displayed] tells that the user has seen a message, and
// [Conference.Typing] that he writes one (RFC 3994).
//
// With [UE.Listen] it takes invitations, too: calls of a focus (INVITE) and requests to
// join a conference (REFER), which the application accepts or declines.
//
// [UE.SendFile] and [UE.FetchFile] transfer a file to and from another user (RFC 5547);
// what others offer and ask for comes by [UE.FileOffers].
//
// With [UE.Register] others reach the user under his address of record.
//
// It never decides what to show.
package participant
